use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    report::Report,
    rules::cookies::common::{as_it_is, each},
    seen::Seen,
};

/// A session cookie goes along with requests of other sites.
static RULE: Rule = Rule {
    id: "live-cookie-without-same-site",
    title: "A session cookie goes along with requests of other sites",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1275],
    owasp_2021: "A05",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `SameSite=Lax` or `Strict`: `SESSION_COOKIE_SAMESITE = 'Lax'`",
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
        "with `SameSite`",
        |_, cookie| match cookie.same_site.as_deref() {
            Some("lax" | "strict") => None,
            Some("none") if !cookie.secure => Some((
                "of a session has `SameSite=None` without `Secure`, and browsers throw it away".to_owned(),
                as_it_is(),
            )),
            Some("none") => Some((
                "of a session goes along with requests of other sites (`SameSite=None`)".to_owned(),
                Box::new(|draft| {
                    draft.severity(
                        Severity::Medium,
                        "only tokens stand between a visitor and forms of other sites",
                    )
                }),
            )),
            Some(_) => {
                Some(("of a session has a `SameSite` that browsers do not know".to_owned(), as_it_is()))
            }
            None => Some(("of a session is set without `SameSite`".to_owned(), as_it_is())),
        },
    );
}
