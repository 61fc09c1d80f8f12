use clearance_finding::{Confidence, Plane, Rule, Severity};

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    LiveRule,
    exchange::Exchange,
    report::{Draft, Report, count},
    seen::Seen,
};

/// Answers tell the version of the server.
static RULE: Rule = Rule {
    id: "live-version-disclosed",
    title: "Answers tell the version of the server",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[200],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Leave the version out: `server_tokens off` in nginx, `ServerTokens Prod` in Apache, and no header of the application that names one",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// Headers that tell what runs.
const HEADERS: &[&str] =
    &["server", "x-powered-by", "x-generator", "x-runtime-version", "x-aspnet-version", "via"];

/// A name with a version behind it. `Via` begins with a version of HTTP, which is none of these.
static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Za-z][\w.+-]*[/ ]v?\d+(?:\.\d+)+").expect("a constant"));

fn check(seen: &Seen, report: &mut Report) {
    let mut told: Vec<(&'static str, String, &Exchange)> = Vec::new();
    let mut looked = 0;
    for (exchange, answer) in seen.documents() {
        looked += 1;
        for &name in HEADERS {
            for value in answer.all(name) {
                let is_new = !told.iter().any(|(known, seen, _)| *known == name && seen == value);
                if is_new && VERSION.is_match(value) {
                    told.push((name, value.to_owned(), exchange));
                }
            }
        }
    }
    report.examined(looked);
    if told.is_empty()
        && let Some((first, _)) = seen.documents().next()
    {
        report.hold(
            &RULE,
            first.at_header("server", 0),
            format!("{} checked name no version", count(looked, "answer")),
        );
    }
    for (name, value, exchange) in told {
        let shown: String = value.chars().take(80).collect();
        let message = format!("The header `{name}` tells a version: `{shown}`");
        report.take(Draft::new(&RULE, exchange.at_header(name, 0), message).symbol(name));
    }
}
