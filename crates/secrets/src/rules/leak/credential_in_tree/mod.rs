//! A credential stands in the tree.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// The rule.
pub static RULE: Rule = Rule {
    id: "credential-in-tree",
    title: "A credential stands in the tree",
    plane: Plane::Secrets,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[798, 540],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["detect-secrets", "semgrep:detected-generic-api-key"],
    effort_minutes: 30,
    audit: false,
    advice: "Revoke it where it was issued, issue a new one and keep that in the environment or a secret store; taking it out of the file does not make it secret again",
    doc: include_str!("doc.md"),
};
