//! Archives are installed without a hash.

use clearance_finding::{Confidence, Fact, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dependency-without-hash",
    title: "Archives are installed without a hash",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[494],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Let the tool that writes the file add hashes, and install with --require-hashes",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for manifest in supply.manifests {
        let pinned: Vec<_> = supply
            .dependencies()
            .filter(|dependency| *dependency.location().path == *manifest.path && dependency.counts())
            .filter(|dependency| dependency.version.is_some() && dependency.is_from_index())
            .collect();
        let Some(first) = pinned.first() else { continue };
        for _ in &pinned {
            report.examined();
        }
        let bare: Vec<_> = pinned.iter().filter(|dependency| !dependency.hashed).collect();
        if bare.is_empty() {
            let text = format!("each of {} archives has a hash", pinned.len());
            report.fact(Fact { rule: RULE.id, text, location: first.location() });
            continue;
        }
        let message = format!("{} of {} pinned packages have no hash", bare.len(), pinned.len());
        let mut finding = Finding::new(&RULE, bare[0].location(), message);
        finding.symbol = "hashes".to_owned();
        report.finding(finding);
    }
}
