//! A dependency is known to be hostile.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "malicious-dependency",
    title: "A dependency is known to be hostile",
    plane: Plane::Supply,
    severity: Severity::Critical,
    confidence: Confidence::High,
    cwe: &[506],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &["osv-scanner:MAL"],
    effort_minutes: 240,
    audit: false,
    advice: "Remove the package, and treat every machine that installed it as broken into: rotate all secrets that were on it",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    if supply.database.is_none() {
        return report.undecided();
    }
    for known in supply.known() {
        if known.dependency.version.is_none() {
            continue;
        }
        report.examined();
        for matched in known.matched.iter().filter(|matched| matched.advisory.malicious) {
            let message = format!("{} is hostile: {}", known.dependency.shown(), matched.advisory.id);
            let mut finding = Finding::new(&RULE, known.dependency.location(), message);
            finding.symbol = format!("{} {}", known.dependency.name, matched.advisory.id);
            finding.package = crate::listed::affected(known, matched);
            report.finding(finding);
        }
    }
}
