//! The answer of a language model run as code, command or query.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "model-output-execution",
    title: "What a language model answers is run",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[94],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[],
    effort_minutes: 120,
    audit: false,
    advice: "Ask for structured output, choose from a fixed table of actions, and run what must be run in a sandbox without secrets",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
