//! Outside data in the source of a template.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-injection",
    title: "Outside data becomes template source",
    plane: Plane::Code,
    severity: Severity::Critical,
    confidence: Confidence::High,
    cwe: &[1336, 94],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/template-injection"],
    effort_minutes: 30,
    audit: false,
    advice: "Keep the template constant and hand values over as its variables; where users write templates, use a sandboxed environment",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
