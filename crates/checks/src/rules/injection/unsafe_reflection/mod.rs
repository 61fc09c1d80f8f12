//! Outside data as the name of what is imported, looked up or called.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "unsafe-reflection",
    title: "Outside data chooses a module, class or function",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[470],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Look the name up in a dict of what may be chosen",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
