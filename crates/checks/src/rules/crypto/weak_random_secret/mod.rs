//! The result of a predictable generator used as a secret.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-random-secret",
    title: "A secret is made by a predictable random generator",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[338, 330],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["py/insecure-randomness"],
    effort_minutes: 10,
    audit: false,
    advice: "Make secrets with the secrets module (token_urlsafe, token_hex, choice) or random.SystemRandom",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
