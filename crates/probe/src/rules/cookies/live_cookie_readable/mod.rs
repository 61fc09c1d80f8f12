use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    report::Report,
    rules::cookies::common::{as_it_is, each},
    seen::Seen,
};

/// Scripts can read a session cookie.
static RULE: Rule = Rule {
    id: "live-cookie-readable",
    title: "Scripts can read a session cookie",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1004],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `HttpOnly`: `SESSION_COOKIE_HTTPONLY = True`, which Flask and Django do by default",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    each(
        seen,
        report,
        &RULE,
        |cookie| cookie.is_session(),
        "with `HttpOnly`",
        |_, cookie| {
            (!cookie.http_only).then(|| ("of a session is set without `HttpOnly`".to_owned(), as_it_is()))
        },
    );
}
