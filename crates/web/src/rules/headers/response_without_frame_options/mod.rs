//! Whether every response carries `X-Frame-Options`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    Report, Site, WebRule,
    headers::{Header, judge},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "response-without-frame-options",
    title: "Pages do not say who may frame them",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[1021],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Send `X-Frame-Options: DENY`, or a Content-Security-Policy with `frame-ancestors`, with every page",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

fn check(site: &Site<'_>, report: &mut Report) {
    judge(Header::FrameOptions, site.headers, &RULE, report);
}
