//! Outside data as the whole address, or the host, of an outgoing request.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "server-side-request-forgery",
    title: "Outside data chooses the server of an outgoing request",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[918],
    owasp_2021: "A10",
    owasp_2025: "A01",
    aliases: &["py/full-ssrf"],
    effort_minutes: 30,
    audit: false,
    advice: "Compare scheme and host with a fixed list before the request, and do not follow redirects blindly",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
