//! Field names from outside set attributes of an object.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "mass-assignment",
    title: "Outside data decides which fields are set",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[915],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Name the fields that a client may set, one by one or in a form or schema",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
