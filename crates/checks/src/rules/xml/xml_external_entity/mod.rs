//! Outside XML in a parser that resolves external entities.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "xml-external-entity",
    title: "Outside XML is parsed with external entities",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[611],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["py/xxe"],
    effort_minutes: 15,
    audit: false,
    advice: "Parse with defusedxml, or with resolve_entities=False, no_network=True and load_dtd left off",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
