//! Versions are not pinned.

use clearance_finding::{Confidence, Finding, Label, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dependency-unpinned",
    title: "Versions are not pinned",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1357],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Write a lock file (uv lock, poetry lock, pip-compile --generate-hashes) and install from it",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for manifest in supply.manifests {
        let mut open = Vec::new();
        let mut all = 0;
        for dependency in supply.dependencies().filter(|dependency| dependency.is_direct()) {
            if *dependency.location().path == *manifest.path && dependency.counts() {
                all += 1;
                report.examined();
                if dependency.version.is_none() && dependency.is_from_index() {
                    open.push(dependency);
                }
            }
        }
        let Some(first) = open.first() else { continue };
        let message = match (open.len(), all) {
            (1, 1) => format!("`{}` has no exact version, and no lock file decides", first.name),
            (open, all) => {
                format!("{open} of {all} requirements have no exact version, and no lock file decides")
            }
        };
        let mut finding = Finding::new(&RULE, first.location(), message);
        finding.symbol = "unpinned".to_owned();
        finding.labels = open
            .iter()
            .skip(1)
            .take(8)
            .map(|dependency| Label { location: dependency.location(), text: "nor here".to_owned() })
            .collect();
        report.finding(finding);
    }
}
