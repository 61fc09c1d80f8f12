//! Imported, but declared nowhere.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dependency-undeclared",
    title: "Imported, but declared nowhere",
    plane: Plane::Supply,
    severity: Severity::Info,
    confidence: Confidence::Medium,
    cwe: &[1357],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Add the package to the manifest",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    if !supply.has_python_manifest() {
        return;
    }
    for (top, step) in supply.undeclared(report) {
        let message = format!("`{top}` is imported, and no manifest declares a package that brings it");
        let mut finding = Finding::new(&RULE, step.location, message);
        finding.symbol = top.to_owned();
        report.finding(finding);
    }
}
