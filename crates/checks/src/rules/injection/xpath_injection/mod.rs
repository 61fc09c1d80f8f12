//! Outside data in the text of an XPath expression.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "xpath-injection",
    title: "Outside data becomes part of an XPath expression",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[643],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/xpath-injection"],
    effort_minutes: 20,
    audit: false,
    advice: "Hand values over as XPath variables: tree.xpath(\"//user[@name=$name]\", name=name)",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
