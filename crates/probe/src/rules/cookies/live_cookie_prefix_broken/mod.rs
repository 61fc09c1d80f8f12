use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    report::Report,
    rules::cookies::common::{as_it_is, each},
    seen::Seen,
};

/// A cookie does not keep what its name promises.
static RULE: Rule = Rule {
    id: "live-cookie-prefix-broken",
    title: "A cookie does not keep what its name promises",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[565],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `__Secure-` cookies with `Secure`, and `__Host-` cookies with `Secure`, `Path=/` and no `Domain`",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let has_prefix = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("__host-") || name.starts_with("__secure-")
    };
    each(
        seen,
        report,
        &RULE,
        |cookie| has_prefix(&cookie.name),
        "keep what their names promise",
        |_, cookie| {
            let is_host = cookie.name.to_ascii_lowercase().starts_with("__host-");
            let why = if !cookie.secure {
                "`Secure`"
            } else if is_host && cookie.path.as_deref() != Some("/") {
                "`Path=/`"
            } else if is_host && cookie.domain.is_some() {
                "leaving `Domain` out"
            } else {
                return None;
            };
            Some((
                format!("promises by its name what it does not keep, {why}; browsers throw it away"),
                as_it_is(),
            ))
        },
    );
}
