//! An acceptance without a reason.

use clearance_finding::{Confidence, Plane, Rule, Severity};

/// Raised by [`crate::acceptance::apply`].
pub static RULE: Rule = Rule {
    id: "acceptance-unexplained",
    title: "An acceptance gives no reason",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Say why the finding may stay: `# clearance: accept[rule] reason, until=YYYY-MM-DD`.",
    doc: include_str!("doc.md"),
};
