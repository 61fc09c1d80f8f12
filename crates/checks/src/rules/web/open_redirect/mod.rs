//! Outside data as the target of a redirect.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "open-redirect",
    title: "Outside data chooses where a redirect goes",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[601],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["py/url-redirection"],
    effort_minutes: 20,
    audit: false,
    advice: "Redirect to named routes; where the target comes from outside, compare its host with your own or accept only paths that begin with a single slash",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
