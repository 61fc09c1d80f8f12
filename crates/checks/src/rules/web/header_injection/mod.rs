//! Outside data as name or value of a response header.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "header-injection",
    title: "Outside data is written into a response header",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[113],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/http-response-splitting"],
    effort_minutes: 15,
    audit: false,
    advice: "Refuse values with line ends, choose header names and values from a fixed table, or convert them to numbers",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
