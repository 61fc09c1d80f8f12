use clearance_finding::{Confidence, Plane, Rule, Severity};

use std::collections::BTreeSet;

use crate::{
    LiveRule,
    report::{Draft, Report, count},
    seen::Seen,
};

/// A header arrives twice with different values.
static RULE: Rule = Rule {
    id: "live-headers-contradict",
    title: "A header arrives twice with different values",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[436],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Set the header in one place only: the application or the proxy, which can hide what the application sends (`proxy_hide_header`)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// Headers of which only one value can count.
const HEADERS: &[&str] = &[
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "content-type",
    "access-control-allow-origin",
    "cross-origin-opener-policy",
];

fn check(seen: &Seen, report: &mut Report) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut looked = 0;
    for (exchange, answer) in seen.documents() {
        looked += 1;
        for &name in HEADERS {
            let values: Vec<&str> = answer.all(name).collect();
            let differs = values.iter().any(|value| !value.eq_ignore_ascii_case(values[0]));
            if differs && told.insert(name) {
                let shown: Vec<String> = values
                    .iter()
                    .take(3)
                    .map(|value| format!("`{}`", value.chars().take(40).collect::<String>()))
                    .collect();
                let message = format!(
                    "The answer to {} has `{name}` several times: {}",
                    exchange.what(),
                    shown.join(", ")
                );
                report.take(Draft::new(&RULE, exchange.at_header(name, 1), message).symbol(name));
            }
        }
    }
    report.examined(looked);
    if told.is_empty()
        && let Some((first, _)) = seen.documents().next()
    {
        report.hold(
            &RULE,
            first.at_status(),
            format!("{} checked contradict themselves in no header", count(looked, "answer")),
        );
    }
}
