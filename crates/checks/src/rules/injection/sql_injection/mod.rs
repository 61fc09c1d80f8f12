//! Outside data in the text of an SQL statement.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "sql-injection",
    title: "Outside data becomes SQL text",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[89],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/sql-injection"],
    effort_minutes: 30,
    audit: false,
    advice: "Pass values as parameters of the statement; choose column and table names from a fixed table",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
