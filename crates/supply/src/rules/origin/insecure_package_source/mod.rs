//! Packages are fetched without protection.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{
    Report, Supply, SupplyRule,
    manifest::{IndexKind, Origin},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "insecure-package-source",
    title: "Packages are fetched without protection",
    plane: Plane::Supply,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[494, 319],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Use https, and give the index a certificate that is trusted",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for manifest in supply.manifests {
        for index in &manifest.indexes {
            report.examined();
            let message = match index.kind {
                IndexKind::TrustedHost => {
                    format!("The certificate of `{}` is not checked (`--trusted-host`)", index.url)
                }
                IndexKind::None => continue,
                _ if is_open(&index.url) => format!("The index `{}` is asked without TLS", index.url),
                _ => continue,
            };
            let mut finding = Finding::new(&RULE, index.location.clone(), message);
            finding.symbol = index.url.clone();
            crate::plane::bound(&mut finding, supply.scope_of(&manifest.path));
            report.finding(finding);
        }
    }
    for requirement in supply.requirements() {
        let url = match &requirement.origin {
            Origin::Url(url) | Origin::Vcs { url, .. } => url,
            Origin::Index | Origin::Path(_) => continue,
        };
        report.examined();
        if is_open(url) {
            let message = format!("`{}` is fetched without TLS from `{url}`", requirement.name);
            let mut finding = Finding::new(&RULE, requirement.location.clone(), message);
            finding.symbol = requirement.name.to_string();
            if !requirement.hashes.is_empty() {
                finding.severity = Severity::Low;
                finding.severity_reason = "its hash is checked".to_owned();
            }
            crate::plane::bound(&mut finding, requirement.scope);
            report.finding(finding);
        }
    }
}

fn is_open(url: &str) -> bool {
    let url = url.strip_prefix("git+").unwrap_or(url).to_ascii_lowercase();
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("git://")) else { return false };
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    !matches!(host, "localhost" | "127.0.0.1" | "[")
}
