//! Outside data in a page, not escaped.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "cross-site-scripting",
    title: "Outside data is sent as HTML without escaping",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[79],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/reflective-xss"],
    effort_minutes: 20,
    audit: false,
    advice: "Let a template with automatic escaping build the page, or put the value through markupsafe.escape; answer data as JSON or plain text",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
