//! Outside XML in a parser that expands entities without bound.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "xml-bomb",
    title: "Outside XML is parsed with entities that grow without bound",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[776],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["py/xml-bomb"],
    effort_minutes: 15,
    audit: false,
    advice: "Parse with defusedxml, which refuses entity declarations",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
