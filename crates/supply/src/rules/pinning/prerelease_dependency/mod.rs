//! A pre-release is installed in production.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule, version::Parsed};

/// The rule.
pub static RULE: Rule = Rule {
    id: "prerelease-dependency",
    title: "A pre-release is installed in production",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1357],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Use the last final release, or say why the pre-release is needed",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for dependency in supply.dependencies().filter(|dependency| dependency.counts()) {
        let Some(parsed) = dependency.version.as_ref().and_then(|version| version.parsed.as_ref()) else {
            continue;
        };
        report.examined();
        let early = match parsed {
            Parsed::Python(version) => version.any_prerelease(),
            Parsed::Semantic(version) => !version.pre_release().is_empty(),
        };
        if early {
            let message = format!("{} is a pre-release", dependency.shown());
            let mut finding = Finding::new(&RULE, dependency.location(), message);
            finding.symbol = dependency.name.to_string();
            if !dependency.is_direct() {
                finding.severity = Severity::Info;
                finding.severity_reason = "another package asks for it".to_owned();
            }
            report.finding(finding);
        }
    }
}
