//! An address has a password in it.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// The rule.
pub static RULE: Rule = Rule {
    id: "password-in-address",
    title: "An address has a password in it",
    plane: Plane::Secrets,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[798, 522],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["semgrep:detected-username-and-password-in-uri"],
    effort_minutes: 20,
    audit: false,
    advice: "Put the password into the environment and build the address from it; then change the password",
    doc: include_str!("doc.md"),
};
