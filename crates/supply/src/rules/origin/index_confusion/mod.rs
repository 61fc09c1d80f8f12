//! Private packages can be taken over through the public index.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule, manifest::IndexKind, tables};

/// The rule.
pub static RULE: Rule = Rule {
    id: "index-confusion",
    title: "Private packages can be taken over through the public index",
    plane: Plane::Supply,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[427, 829],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &["CVE-2018-20225"],
    effort_minutes: 30,
    audit: false,
    advice: "Serve all packages from one index that mirrors the public one, or bind each private package to its index (uv sources, Poetry source, PDM source)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for manifest in supply.manifests {
        for index in manifest.indexes.iter().filter(|index| index.kind == IndexKind::Extra) {
            report.examined();
            let all = supply.requirements_under(manifest);
            let private: Vec<&str> = all
                .iter()
                .map(|requirement| requirement.name.as_str())
                .filter(|name| !tables::is_popular(name) && !tables::is_known_package(name))
                .take(5)
                .collect();
            let hashed = !all.is_empty() && all.iter().all(|requirement| !requirement.hashes.is_empty());
            let names = match private.as_slice() {
                [] => String::new(),
                names => format!("; perhaps private: {}", names.join(", ")),
            };
            let message = format!(
                "`{}` is asked beside the public index: whichever has the higher version wins{names}",
                index.url
            );
            let mut finding = Finding::new(&RULE, index.location.clone(), message);
            finding.symbol = index.url.clone();
            if is_for_builds(&index.url) {
                finding.severity = Severity::Info;
                finding.severity_reason = "it is a public index of builds of public packages".to_owned();
            } else if hashed {
                finding.severity = Severity::Info;
                finding.severity_reason = "the hash of each archive is checked".to_owned();
            } else if private.is_empty() {
                finding.severity = Severity::Low;
                finding.severity_reason =
                    "every name asked for is one of a well-known public package".to_owned();
            }
            crate::plane::bound(&mut finding, supply.scope_of(&manifest.path));
            report.finding(finding);
        }
    }
}

/// Indexes on which public projects publish builds of their own.
fn is_for_builds(url: &str) -> bool {
    [
        "download.pytorch.org",
        "pypi.nvidia.com",
        "www.piwheels.org",
        "wheels.vllm.ai",
        "pypi.anaconda.org",
        "pypi.org",
        "pypi.python.org",
    ]
    .iter()
    .any(|host| url.contains(host))
}
