//! A package is called almost like a well-known one.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule, squat};

/// The rule.
pub static RULE: Rule = Rule {
    id: "typosquat-name",
    title: "A package is called almost like a well-known one",
    plane: Plane::Supply,
    severity: Severity::Medium,
    confidence: Confidence::Low,
    cwe: &[1357, 506],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Check that this is the package that was meant",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for requirement in supply.requirements().filter(|requirement| requirement.is_from_python_index()) {
        report.examined();
        let Some(meant) = squat::meant(requirement.name.as_str()) else { continue };
        let message = format!("`{}` is almost `{meant}`, a well-known package", requirement.name);
        let mut finding = Finding::new(&RULE, requirement.location.clone(), message);
        finding.symbol = requirement.name.to_string();
        report.finding(finding);
    }
}
