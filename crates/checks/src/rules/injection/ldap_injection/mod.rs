//! Outside data in an LDAP filter or distinguished name.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "ldap-injection",
    title: "Outside data becomes part of an LDAP filter or name",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[90],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/ldap-injection"],
    effort_minutes: 20,
    audit: false,
    advice: "Escape filters with escape_filter_chars and names with escape_dn_chars",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
