//! Sensitive data in a cipher or mode that is broken.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-cipher-sensitive-data",
    title: "Sensitive data goes through a weak cipher",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["py/weak-cryptographic-algorithm"],
    effort_minutes: 60,
    audit: false,
    advice: "Encrypt with AES-GCM, ChaCha20-Poly1305 or Fernet from the cryptography package",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
