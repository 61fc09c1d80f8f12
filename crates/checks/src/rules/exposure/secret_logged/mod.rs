//! Passwords, keys, tokens or personal data in a log line or on the console.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "secret-logged",
    title: "A secret or personal data is written to the log",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[532, 312],
    owasp_2021: "A09",
    owasp_2025: "A09",
    aliases: &["py/clear-text-logging-sensitive-data"],
    effort_minutes: 10,
    audit: false,
    advice: "Leave the value out, or log a part that gives nothing away, such as the user's id",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
