//! A tool for development is installed in production.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Ecosystem, Report, Supply, SupplyRule, tables};

/// The rule.
pub static RULE: Rule = Rule {
    id: "development-tool-in-production",
    title: "A tool for development is installed in production",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[489],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Move it to a group for development (requirements-dev.txt, [dependency-groups])",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for dependency in supply.dependencies().filter(|dependency| dependency.is_direct() && dependency.counts())
    {
        report.examined();
        if dependency.ecosystem != Ecosystem::PyPi {
            continue;
        }
        let Some(what) = tables::development_tool(dependency.name.as_str()) else { continue };
        let message = format!("`{}` ({what}) is among what production installs", dependency.name);
        let mut finding = Finding::new(&RULE, dependency.location(), message);
        finding.symbol = dependency.name.to_string();
        if what.contains("debugger") || what.contains("debug toolbar") {
            finding.severity = Severity::Medium;
            finding.severity_reason = "it shows what is inside to whoever reaches it".to_owned();
        }
        report.finding(finding);
    }
}
