//! Outside data in a text that is run or compiled as Python.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "code-injection",
    title: "Outside data is run as Python code",
    plane: Plane::Code,
    severity: Severity::Critical,
    confidence: Confidence::High,
    cwe: &[94, 95],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/code-injection"],
    effort_minutes: 60,
    audit: false,
    advice: "Do not run text: read literals with ast.literal_eval or JSON, and choose functions from a table of allowed names",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
