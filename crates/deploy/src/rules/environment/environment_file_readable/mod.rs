//! Every user of the machine can read secrets.

use std::sync::Arc;

use clearance_finding::{Confidence, Finding, Location, Plane, Rule, Severity};

use super::super::settings::common::{environment_files, hold_at, secrets_of};
use crate::{DeployRule, Deployment, Report};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "environment-file-readable",
    title: "Every user of the machine can read secrets",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[732],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Give the file to the user of the application alone: `chmod 600 .env`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for file in environment_files(deployment).filter(|file| file.tracked != Some(true)) {
        let Some(mode) = file.mode else { continue };
        let secrets = secrets_of(file);
        let Some((name, location)) = secrets.first() else { continue };
        report.examined();
        if mode & 0o004 != 0 {
            let text = format!(
                "Every user of the machine can read the environment file (0o{mode:o}), which sets `{name}`"
            );
            report.finding(Finding::new(&RULE, location.clone(), text));
        } else {
            hold_at(
                report,
                &RULE,
                &Location::file(Arc::clone(&file.path)),
                &format!("the environment file is private (0o{mode:o})"),
            );
        }
    }
}
