//! Outside data matched against an expression that backtracks without bound.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "slow-regex-input",
    title: "Outside data is matched with a slow regular expression",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[1333, 400],
    owasp_2021: "A04",
    owasp_2025: "A06",
    aliases: &["py/polynomial-redos"],
    effort_minutes: 20,
    audit: false,
    advice: "Rewrite the expression so that no two of its repetitions can match the same text, or bound the length of the text first",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
