use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    report::Report,
    rules::cookies::common::{as_it_is, each},
    seen::Seen,
};

/// A cookie is sent over plain HTTP.
static RULE: Rule = Rule {
    id: "live-cookie-not-secure",
    title: "A cookie is sent over plain HTTP",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[614],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `Secure`: `SESSION_COOKIE_SECURE = True` in Flask and Django, `CSRF_COOKIE_SECURE = True` in Django, `https_only=True` in Starlette",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let is_plain_here = seen.base.scheme() == "http" && seen.is_loopback();
    each(
        seen,
        report,
        &RULE,
        |_| true,
        "with `Secure`",
        |_, cookie| {
            if cookie.secure {
                return None;
            }
            let why = "is set without `Secure`".to_owned();
            let weighs = cookie.is_session() || cookie.is_csrf_token();
            Some((
                why,
                match (weighs, is_plain_here) {
                    (false, _) => {
                        Box::new(|draft| draft.severity(Severity::Low, "it does not look like a session"))
                    }
                    (true, true) => Box::new(|draft| {
                        draft.severity(Severity::Low, "it was asked for over plain HTTP on this machine; in front of it there may be something that adds it")
                    }),
                    (true, false) => as_it_is(),
                },
            ))
        },
    );
}
