//! Outside data in path or query of an outgoing request to a fixed host.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "partial-server-side-request-forgery",
    title: "Outside data chooses the path of an outgoing request",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[918],
    owasp_2021: "A10",
    owasp_2025: "A01",
    aliases: &["py/partial-ssrf"],
    effort_minutes: 15,
    audit: false,
    advice: "Put the value through urllib.parse.quote with safe=\"\", hand it over as params, or convert it to a number",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
