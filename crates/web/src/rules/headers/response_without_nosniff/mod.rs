//! Whether every response carries `X-Content-Type-Options`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    Report, Site, WebRule,
    headers::{Header, judge},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "response-without-nosniff",
    title: "Responses let browsers guess what they are",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Send `X-Content-Type-Options: nosniff` with every response, files included",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

fn check(site: &Site<'_>, report: &mut Report) {
    judge(Header::ContentTypeOptions, site.headers, &RULE, report);
}
