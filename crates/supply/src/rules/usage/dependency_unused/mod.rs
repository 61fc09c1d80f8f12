//! Declared, but imported nowhere.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dependency-unused",
    title: "Declared, but imported nowhere",
    plane: Plane::Supply,
    severity: Severity::Info,
    confidence: Confidence::Low,
    cwe: &[1357],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 10,
    audit: true,
    advice: "Remove it from the manifest if nothing needs it",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    if !supply.has_code() {
        return;
    }
    for dependency in supply.dependencies().filter(|dependency| dependency.is_direct() && dependency.counts())
    {
        report.examined();
        if supply.is_idle(dependency) {
            let message = format!("`{}` is declared, and nothing imports or names it", dependency.name);
            let mut finding = Finding::new(&RULE, dependency.location(), message);
            finding.symbol = dependency.name.to_string();
            report.finding(finding);
        }
    }
}
