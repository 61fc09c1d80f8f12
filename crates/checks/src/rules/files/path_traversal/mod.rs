//! Outside data in the path of a file that is opened, sent, written or deleted.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "path-traversal",
    title: "Outside data chooses a file path",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[22, 73],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["py/path-injection"],
    effort_minutes: 30,
    audit: false,
    advice: "Resolve the path and check that it lies inside the intended folder, or keep only a file name with secure_filename; better still look the file up by an id",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
