//! The text or stack trace of an exception in a response.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "exception-exposure",
    title: "Exception text is sent to the client",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[209],
    owasp_2021: "A04",
    owasp_2025: "A10",
    aliases: &["py/stack-trace-exposure"],
    effort_minutes: 10,
    audit: false,
    advice: "Log the exception with its trace and answer with a fixed text, or with an id under which the log has it",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
