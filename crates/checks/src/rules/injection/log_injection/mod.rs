//! Outside data in a log line.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "log-injection",
    title: "Outside data is written to the log with its line ends",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[117],
    owasp_2021: "A09",
    owasp_2025: "A09",
    aliases: &["py/log-injection"],
    effort_minutes: 10,
    audit: false,
    advice: "Write values with %r or take line ends out; or log in a structured format such as JSON",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
