//! An acceptance that matches nothing.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// Raised by [`crate::acceptance::apply`].
pub static RULE: Rule = Rule {
    id: "acceptance-unused",
    title: "An acceptance matches no finding",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &[],
    effort_minutes: 2,
    audit: false,
    advice: "Remove the comment or the table; what it was for is gone, and it would hide the next one.",
    doc: include_str!("doc.md"),
};
