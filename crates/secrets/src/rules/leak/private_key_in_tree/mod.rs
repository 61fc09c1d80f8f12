//! A private key stands in the tree.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// The rule.
pub static RULE: Rule = Rule {
    id: "private-key-in-tree",
    title: "A private key stands in the tree",
    plane: Plane::Secrets,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[321, 798],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["semgrep:detected-private-key"],
    effort_minutes: 45,
    audit: false,
    advice: "Make a new key, put its certificate or public half in place of the old one, revoke the old one, and keep keys in a secret store",
    doc: include_str!("doc.md"),
};
