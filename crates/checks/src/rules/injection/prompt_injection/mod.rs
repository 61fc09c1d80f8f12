//! Outside data in the system or developer message of a language model.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "prompt-injection",
    title: "Outside data becomes instructions of a language model",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[1427],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/prompt-injection"],
    effort_minutes: 30,
    audit: false,
    advice: "Keep instructions constant, send outside text as a message of the user role, and give the model no right that the user lacks",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
