//! A value under a name of secrecy looks like a secret.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// The rule.
pub static RULE: Rule = Rule {
    id: "random-secret-in-file",
    title: "A value under a name of secrecy looks like a secret",
    plane: Plane::Secrets,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[798, 540],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["generic-api-key"],
    effort_minutes: 20,
    audit: false,
    advice: "Change the secret, and read it from the environment or a secret store",
    doc: include_str!("doc.md"),
};
