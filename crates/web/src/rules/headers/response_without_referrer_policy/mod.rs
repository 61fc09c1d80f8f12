//! Whether every response carries `Referrer-Policy`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    Report, Site, WebRule,
    headers::{Header, judge},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "response-without-referrer-policy",
    title: "Pages do not say what other sites are told of their address",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[200],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Send `Referrer-Policy: strict-origin-when-cross-origin`, or a stricter one, with every page",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

fn check(site: &Site<'_>, report: &mut Report) {
    judge(Header::ReferrerPolicy, site.headers, &RULE, report);
}
