//! Outside data as name or value of a cookie that is set.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "cookie-injection",
    title: "Outside data becomes a cookie",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[113, 20],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/cookie-injection"],
    effort_minutes: 15,
    audit: false,
    advice: "Set cookies to values that the server made, or check the value against the few that are meant",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
