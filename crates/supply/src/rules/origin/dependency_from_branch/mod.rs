//! A dependency is taken from a branch.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{Report, Supply, SupplyRule, manifest::Origin};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dependency-from-branch",
    title: "A dependency is taken from a branch",
    plane: Plane::Supply,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[829],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Name the commit, or use a released version",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for requirement in supply.requirements() {
        let Origin::Vcs { url, revision } = &requirement.origin else { continue };
        report.examined();
        let weak = match revision.as_deref() {
            None => "no revision: whatever the default branch holds".to_owned(),
            Some(revision) if is_commit(revision) => continue,
            // The lock file names the commit.
            Some(_) if supply.is_locked(requirement) => continue,
            Some(revision) if looks_like_tag(revision) => format!("the tag `{revision}`, which can be moved"),
            Some(revision) => format!("the branch `{revision}`"),
        };
        if revision.is_none() && supply.is_locked(requirement) {
            continue;
        }
        let tag = revision.as_deref().is_some_and(looks_like_tag);
        let message = format!("`{}` is taken from `{url}` by {weak}", requirement.name);
        let mut finding = Finding::new(&RULE, requirement.location.clone(), message);
        finding.symbol = requirement.name.to_string();
        if tag {
            finding.severity = Severity::Low;
            finding.severity_reason = "tags are seldom moved".to_owned();
        }
        crate::plane::bound(&mut finding, requirement.scope);
        report.finding(finding);
    }
}

/// A full or shortened commit hash.
fn is_commit(revision: &str) -> bool {
    (7..=64).contains(&revision.len()) && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `v1.2`, `1.2.3`, `release-1.2`, `refs/tags/…`
fn looks_like_tag(revision: &str) -> bool {
    let digits = revision.bytes().filter(u8::is_ascii_digit).count();
    revision.starts_with("refs/tags/") || (digits > 0 && revision.contains('.'))
}
