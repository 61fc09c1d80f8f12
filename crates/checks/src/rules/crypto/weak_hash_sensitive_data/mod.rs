//! Passwords and other sensitive data in a hash that is broken or too fast for them.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-hash-sensitive-data",
    title: "Sensitive data goes through a weak hash",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[327, 328, 916],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["py/weak-sensitive-data-hashing"],
    effort_minutes: 45,
    audit: false,
    advice: "Hash passwords with argon2, scrypt or bcrypt; for other data use SHA-256 or BLAKE2, keyed with hmac where it must not be guessed",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
