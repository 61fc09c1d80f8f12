//! The vulnerable part of a dependency is used.

use clearance_finding::{Confidence, Finding, Plane, Reachable, Rule, Severity};

use crate::{Report, Supply, SupplyRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "vulnerable-code-used",
    title: "The vulnerable part of a dependency is used",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1395],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Upgrade first where the vulnerable part is used",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    if supply.database.is_none() {
        return report.undecided();
    }
    for known in supply.known().filter(|known| known.dependency.counts()) {
        if known.dependency.version.is_none() {
            report.undecided();
            continue;
        }
        report.examined();
        for (matched, used) in supply.uses(known) {
            match used.reachable {
                Reachable::No => {}
                Reachable::Undecided => report.undecided(),
                Reachable::Yes => {
                    let Some(last) = used.steps.last() else { continue };
                    let message = format!(
                        "This is what {} is about in {}",
                        matched.advisory.id,
                        known.dependency.shown()
                    );
                    let mut finding = Finding::new(&RULE, last.location.clone(), message);
                    finding.symbol = format!("{} {}", known.dependency.name, matched.advisory.id);
                    finding.trace = used.steps.clone();
                    // One upgrade clears this as well.
                    finding.advice = supply.repair(known).advice.clone();
                    finding.package = crate::listed::affected(known, matched);
                    report.finding(finding);
                }
            }
        }
    }
}
