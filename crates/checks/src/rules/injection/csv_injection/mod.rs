//! Outside data in a cell of a spreadsheet.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "csv-injection",
    title: "Outside data is exported to a spreadsheet as it is",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[1236],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/csv-injection"],
    effort_minutes: 15,
    audit: false,
    advice: "Put a single quote before cells that begin with =, +, -, @, tab or carriage return",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
