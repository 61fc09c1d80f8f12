//! Whether every response carries `Strict-Transport-Security`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    Report, Site, WebRule,
    headers::{Header, judge},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "response-without-hsts",
    title: "Browsers are not told to use HTTPS only by any response",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[523, 319],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Send `Strict-Transport-Security: max-age=31536000` with every response, from the application or from the server in front of it",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

fn check(site: &Site<'_>, report: &mut Report) {
    judge(Header::TransportSecurity, site.headers, &RULE, report);
}
