//! A credential stands in the history of the repository.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// The rule.
pub static RULE: Rule = Rule {
    id: "credential-in-history",
    title: "A credential stands in the history of the repository",
    plane: Plane::Secrets,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[540, 798],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 60,
    audit: false,
    advice: "Revoke it first: whoever cloned the repository has it. Rewriting the history (`git filter-repo --replace-text`) and purging the caches of the hosting comes after that",
    doc: include_str!("doc.md"),
};
