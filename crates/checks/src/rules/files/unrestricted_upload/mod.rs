//! An upload that is stored without a check of what it is.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "unrestricted-upload",
    title: "An uploaded file is stored under the client's name and type",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[434],
    owasp_2021: "A04",
    owasp_2025: "A06",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Give the file a name of your own, accept a fixed list of types, and store it outside of what the web server serves",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
