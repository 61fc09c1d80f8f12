//! A variable that the program needs is not set.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "required-variable-missing",
    title: "A variable that the program needs is not set",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[1188],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Set the variable where the others are set",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    if deployment.settings.in_force.is_empty() || !deployment.settings.read.iter().any(|read| read.is_set) {
        return;
    }
    let mut told: Vec<&str> = Vec::new();
    for read in deployment.settings.read.iter().filter(|read| !read.has_default) {
        if told.contains(&&*read.name) {
            continue;
        }
        told.push(&read.name);
        report.examined();
        if !read.is_set {
            let text = format!(
                "The program does not start without the environment variable {}, and the environment file in force does not set it",
                read.name
            );
            report.finding(Finding::new(&RULE, read.location.clone(), text));
        }
    }
}
