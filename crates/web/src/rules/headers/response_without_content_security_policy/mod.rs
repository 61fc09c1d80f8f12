//! Whether every response carries `Content-Security-Policy`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    Report, Site, WebRule,
    headers::{Header, judge},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "response-without-content-security-policy",
    title: "Pages have no Content-Security-Policy that bounds scripts",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[693, 1021],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 120,
    audit: false,
    advice: "Send a Content-Security-Policy whose `script-src` names its sources, with a nonce for scripts in pages instead of `'unsafe-inline'`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

fn check(site: &Site<'_>, report: &mut Report) {
    judge(Header::SecurityPolicy, site.headers, &RULE, report);
}
