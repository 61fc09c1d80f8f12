//! Any password is accepted.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "password-validators-missing",
    title: "Any password is accepted",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[521],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Set `AUTH_PASSWORD_VALIDATORS` to the validators that `startproject` writes",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let with_users =
            app.get("INSTALLED_APPS").is_some_and(|apps| apps.texts().contains(&"django.contrib.auth"));
        let value = app.get("AUTH_PASSWORD_VALIDATORS");
        if !with_users || value.is_none() && app.open.is_some() {
            continue;
        }
        match value.map_or(Some(false), |value| value.truth()) {
            Some(false) => {
                report.examined();
                say(
                    report,
                    &RULE,
                    app,
                    value,
                    "`AUTH_PASSWORD_VALIDATORS` is empty in production: any password is accepted",
                );
            }
            Some(true) => {
                report.examined();
                if let Some(value) = value {
                    hold(report, &RULE, app, value, "`AUTH_PASSWORD_VALIDATORS` is set in production");
                }
            }
            None => {}
        }
    }
}
