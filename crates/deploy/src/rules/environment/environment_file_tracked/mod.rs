//! An environment file with secrets is in git.

use std::sync::Arc;

use clearance_finding::{Confidence, Finding, Location, Plane, Rule, Severity};

use super::super::settings::common::{environment_files, hold_at, secrets_of};
use crate::{DeployRule, Deployment, Report};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "environment-file-tracked",
    title: "An environment file with secrets is in git",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[538, 312],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Take the file out of git (`git rm --cached`), replace the secrets in it, and keep a `.env.example` without values",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for file in environment_files(deployment) {
        let Some(tracked) = file.tracked else { continue };
        report.examined();
        let secrets = secrets_of(file);
        if !tracked {
            hold_at(
                report,
                &RULE,
                &Location::file(Arc::clone(&file.path)),
                "the environment file is not in git",
            );
            continue;
        }
        let Some((name, location)) = secrets.first() else { continue };
        let more = if secrets.len() > 1 { format!(" and {} more", secrets.len() - 1) } else { String::new() };
        let text = format!("The environment file is in git, and sets `{name}`{more}");
        report.finding(Finding::new(&RULE, location.clone(), text));
    }
}
