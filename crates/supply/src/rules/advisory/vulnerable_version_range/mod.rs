//! A range allows vulnerable versions.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule, advisory::Reach};

/// The rule.
pub static RULE: Rule = Rule {
    id: "vulnerable-version-range",
    title: "A range allows vulnerable versions",
    plane: Plane::Supply,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[1395],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Raise the lower bound above the affected versions, and write a lock file so that it is known what is installed",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    if supply.database.is_none() {
        return report.undecided();
    }
    for known in supply.known() {
        let dependency = known.dependency;
        let Some(range) = known.range.as_ref() else { continue };
        report.examined();
        let what = match range.reach() {
            Reach::NothingKnown | Reach::None => continue,
            Reach::All => format!("every version that the advisories know ({} of them)", range.known),
            Reach::Some => format!("{} of {} versions that the advisories know", range.affected, range.known),
        };
        let newest = range.newest.as_ref().filter(|(_, outcome)| !outcome.matched.is_empty());
        let end = match newest {
            Some((version, _)) => format!(", {version}, the newest of them, included"),
            None => String::from("; the newest of them is not affected"),
        };
        let message = format!("The range of {} holds affected versions: {what}{end}", dependency.shown());
        let mut finding = Finding::new(&RULE, dependency.location(), message);
        finding.symbol = dependency.name.to_string();
        let ids: Vec<&str> =
            range.matched.iter().take(4).map(|matched| matched.advisory.id.as_str()).collect();
        let more = range.matched.len().saturating_sub(ids.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        finding.advice = Some(format!("{}. Advisories: {}{more}", RULE.advice, ids.join(", ")));
        if newest.is_none() {
            finding.severity = Severity::Info;
            finding.severity_reason = "a new installation takes a version that is not affected".to_owned();
        }
        crate::plane::bound(&mut finding, dependency.scope);
        report.finding(finding);
    }
}
