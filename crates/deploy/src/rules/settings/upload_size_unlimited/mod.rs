//! Requests may be of any size.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, is_main, say, takes_files};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Framework, Plain},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "upload-size-unlimited",
    title: "Requests may be of any size",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[770],
    owasp_2021: "A04",
    owasp_2025: "A06",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `MAX_CONTENT_LENGTH` to what the largest upload needs",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Flask) {
        let value = app.get("MAX_CONTENT_LENGTH");
        if !takes_files(deployment) || !is_main(deployment, app) || value.is_none() && app.open.is_some() {
            continue;
        }
        match value.map(|value| &value.plain) {
            None | Some(Plain::None) => {
                report.examined();
                say(
                    report,
                    &RULE,
                    app,
                    value,
                    "Uploads may be of any size: `MAX_CONTENT_LENGTH` is not set in production",
                );
            }
            Some(Plain::Int(_)) => {
                report.examined();
                if let Some(value) = value {
                    hold(report, &RULE, app, value, "`MAX_CONTENT_LENGTH` bounds requests");
                }
            }
            _ => {}
        }
    }
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("DATA_UPLOAD_MAX_MEMORY_SIZE") else { continue };
        if matches!(value.plain, Plain::None) {
            report.examined();
            say(
                report,
                &RULE,
                app,
                Some(value),
                "Requests may be of any size: `DATA_UPLOAD_MAX_MEMORY_SIZE` is None in production",
            );
        }
    }
}
