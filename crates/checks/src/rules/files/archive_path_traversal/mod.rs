//! An archive from outside is unpacked where its members say.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "archive-path-traversal",
    title: "An uploaded archive is unpacked without a look at its paths",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[22],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["py/tarslip"],
    effort_minutes: 20,
    audit: false,
    advice: "Unpack with filter=\"data\", or check for each member that its resolved target lies inside the folder",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
