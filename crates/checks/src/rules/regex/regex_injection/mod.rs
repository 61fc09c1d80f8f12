//! Outside data in the text of a regular expression.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "regex-injection",
    title: "Outside data becomes a regular expression",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1333, 400],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/regex-injection"],
    effort_minutes: 10,
    audit: false,
    advice: "Put the value through re.escape, or search for plain text with `in`",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
