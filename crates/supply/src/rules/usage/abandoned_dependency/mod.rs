//! A package is no longer maintained.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Ecosystem, Report, Supply, SupplyRule, tables};

/// The rule.
pub static RULE: Rule = Rule {
    id: "abandoned-dependency",
    title: "A package is no longer maintained",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[1104],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 120,
    audit: false,
    advice: "Move to the successor",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    // No index is asked, so silence on a package that the list does not know proves nothing.
    report.undecided();
    for dependency in supply.dependencies().filter(|dependency| dependency.counts()) {
        let python = dependency.ecosystem == Ecosystem::PyPi;
        let listed = || tables::abandoned(dependency.name.as_str()).filter(|_| python).map(str::to_owned);
        let Some(why) = supply.deprecated(dependency).or_else(listed) else { continue };
        let message = format!("`{}` is no longer maintained: {why}", dependency.name);
        let mut finding = Finding::new(&RULE, dependency.location(), message);
        finding.symbol = dependency.name.to_string();
        if !dependency.is_direct() {
            finding.severity = Severity::Info;
            finding.severity_reason = "another package asks for it".to_owned();
        }
        report.finding(finding);
    }
}
