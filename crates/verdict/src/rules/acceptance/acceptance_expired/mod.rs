//! An acceptance whose last day is past.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// Raised by [`crate::acceptance::apply`].
pub static RULE: Rule = Rule {
    id: "acceptance-expired",
    title: "An acceptance has expired",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Repair what was accepted, or look at it again and give a new last day.",
    doc: include_str!("doc.md"),
};
