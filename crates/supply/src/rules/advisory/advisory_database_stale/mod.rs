//! The advisory database is old.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "advisory-database-stale",
    title: "The advisory database is old",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1395],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 2,
    audit: false,
    advice: "Run clearance db update",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    let Some(age) = supply.database_age_days else { return };
    report.examined();
    let Some(first) = supply.manifests.first() else { return };
    if age > crate::plane::MAX_AGE_DAYS {
        let location = clearance_finding::Location::file(first.path.clone());
        let message =
            format!("The advisory database is {age} days old: what was published since is not known");
        report.finding(Finding::new(&RULE, location, message));
    }
}
