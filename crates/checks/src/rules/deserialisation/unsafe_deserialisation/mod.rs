//! Outside data in a loader that can make any object.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "unsafe-deserialisation",
    title: "Outside data is deserialised in a way that runs code",
    plane: Plane::Code,
    severity: Severity::Critical,
    confidence: Confidence::High,
    cwe: &[502],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["py/unsafe-deserialization"],
    effort_minutes: 60,
    audit: false,
    advice: "Take JSON, or another format that holds data only, and check its shape; yaml.safe_load for YAML",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
