//! OWASP Top 10 and CWE tables, derived from controls and findings.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::Finding;

use crate::{
    policy::Policy,
    status::{Control, count},
    words::{Level, Status},
};

/// One row of a standard's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardRow {
    /// The category (`"A03:2021"`).
    pub id: String,
    /// Its name.
    pub title: &'static str,
    /// What controls and findings come to; `pass` only when every control of the row passed or does not apply.
    pub status: Status,
    /// Indices into [`crate::Assessment::controls`]; those that are off are left out.
    pub controls: Vec<usize>,
    /// Indices of the open findings that belong to the category by their rule.
    pub findings: Vec<usize>,
    /// What the status rests on, one clause (`"1 fail, 3 pass, 2 not verified"`).
    pub evidence: String,
}

/// One weakness and what was found of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CweRow {
    /// CWE number.
    pub cwe: u16,
    /// Open findings.
    pub open: usize,
    /// Accepted findings.
    pub accepted: usize,
    /// Ids of the rules that found it.
    pub rules: Vec<&'static str>,
}

/// OWASP Top 10:2021, <https://owasp.org/Top10/>.
pub const OWASP_2021: [&str; 10] = [
    "Broken Access Control",
    "Cryptographic Failures",
    "Injection",
    "Insecure Design",
    "Security Misconfiguration",
    "Vulnerable and Outdated Components",
    "Identification and Authentication Failures",
    "Software and Data Integrity Failures",
    "Security Logging and Monitoring Failures",
    "Server-Side Request Forgery (SSRF)",
];

/// OWASP Top 10:2025.
pub const OWASP_2025: [&str; 10] = [
    "Broken Access Control",
    "Security Misconfiguration",
    "Software Supply Chain Failures",
    "Cryptographic Failures",
    "Injection",
    "Insecure Design",
    "Authentication Failures",
    "Software or Data Integrity Failures",
    "Security Logging and Alerting Failures",
    "Mishandling of Exceptional Conditions",
];

/// Both tables: 2021, 2025.
pub(crate) fn owasp(
    controls: &[Control],
    findings: &[Finding],
    policy: &Policy,
) -> (Vec<StandardRow>, Vec<StandardRow>) {
    let table = |year,
                 titles: [&'static str; 10],
                 of_control: fn(&Control) -> &[String],
                 of_rule: fn(&Finding) -> &str| {
        titles
            .into_iter()
            .enumerate()
            .map(|(index, title)| {
                let category = format!("A{:02}", index + 1);
                let own: Vec<usize> = (0..controls.len())
                    .filter(|&at| {
                        controls[at].level != Level::Off && of_control(&controls[at]).contains(&category)
                    })
                    .collect();
                let found: Vec<usize> = (0..findings.len())
                    .filter(|&at| findings[at].acceptance.is_none() && of_rule(&findings[at]) == category)
                    .collect();
                row(format!("{category}:{year}"), title, own, found, controls, findings, Some(policy))
            })
            .collect()
    };
    (
        table(2021, OWASP_2021, |control| &control.definition.owasp_2021, |finding| finding.rule.owasp_2021),
        table(2025, OWASP_2025, |control| &control.definition.owasp_2025, |finding| finding.rule.owasp_2025),
    )
}

fn row(
    id: String,
    title: &'static str,
    own: Vec<usize>,
    found: Vec<usize>,
    controls: &[Control],
    findings: &[Finding],
    policy: Option<&Policy>,
) -> StandardRow {
    let blocks = |at: &usize| policy.is_some_and(|policy| policy.blocks(&findings[*at]));
    let warns = |at: &usize| policy.is_some_and(|policy| policy.warns(&findings[*at]));
    let has = |status| own.iter().any(|&at| controls[at].status == status);
    let status = if has(Status::Fail) || found.iter().any(blocks) {
        Status::Fail
    } else if has(Status::Warn) || found.iter().any(warns) {
        Status::Warn
    } else if has(Status::NotVerified) || own.is_empty() {
        Status::NotVerified
    } else if has(Status::Pass) {
        Status::Pass
    } else {
        Status::NotApplicable
    };
    let order = [Status::Fail, Status::Warn, Status::Pass, Status::NotVerified, Status::NotApplicable];
    let mut parts: Vec<String> = order
        .into_iter()
        .map(|status| (status, own.iter().filter(|&&at| controls[at].status == status).count()))
        .filter(|(_, number)| *number > 0)
        .map(|(status, number)| format!("{number} {}", status.as_str().replace('-', " ")))
        .collect();
    if own.is_empty() {
        parts.push("no control covers it".to_owned());
    }
    if !found.is_empty() {
        parts.push(count(found.len(), "open finding"));
    }
    StandardRow { id, title, status, controls: own, findings: found, evidence: parts.join(", ") }
}

/// A row that rests on controls alone.
pub(crate) fn row_of_controls(id: String, own: Vec<usize>, controls: &[Control]) -> StandardRow {
    row(id, "", own, Vec::new(), controls, &[], None)
}

/// Weaknesses with findings, by CWE number.
pub(crate) fn cwe(findings: &[Finding]) -> Vec<CweRow> {
    let mut rows: BTreeMap<u16, (usize, usize, BTreeSet<&'static str>)> = BTreeMap::new();
    for finding in findings {
        for &cwe in finding.rule.cwe {
            let row = rows.entry(cwe).or_default();
            if finding.acceptance.is_some() {
                row.1 += 1;
            } else {
                row.0 += 1;
            }
            row.2.insert(finding.rule.id);
        }
    }
    rows.into_iter()
        .map(|(cwe, (open, accepted, rules))| CweRow {
            cwe,
            open,
            accepted,
            rules: rules.into_iter().collect(),
        })
        .collect()
}
