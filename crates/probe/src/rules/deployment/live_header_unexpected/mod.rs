use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    report::{Draft, Report, count},
    seen::Seen,
};

/// A header is not as expected.
static RULE: Rule = Rule {
    id: "live-header-unexpected",
    title: "A header is not as expected",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Make the server send what the file for --expect says, or change the file",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    for (name, wanted) in &seen.expected.headers {
        let pages = seen.documents().filter(|(_, answer)| answer.is_html() && answer.status < 400);
        let mut pages: Vec<_> = pages.collect();
        if pages.is_empty() {
            pages = seen.documents().take(1).collect();
        }
        report.examined(pages.len());
        let is_good = |value: Option<&str>| {
            value.is_some_and(|value| wanted.is_empty() || value.trim() == wanted.trim())
        };
        let mut bad = pages.iter().filter(|(_, answer)| !is_good(answer.header(name)));
        match bad.next() {
            Some((exchange, answer)) => {
                let found = answer.header(name).map_or_else(
                    || "is missing".to_owned(),
                    |value| format!("is `{}`", value.chars().take(60).collect::<String>()),
                );
                let message =
                    format!("The header `{name}` of {} {found}, and `{wanted}` is expected", exchange.what());
                report.take(Draft::new(&RULE, exchange.at_header(name, 0), message).symbol(name.as_str()));
            }
            None => {
                if let Some((exchange, _)) = pages.first() {
                    let text = format!("`{name}` is as expected in {}", count(pages.len(), "answer"));
                    report.hold(&RULE, exchange.at_header(name, 0), text);
                }
            }
        }
    }
}
