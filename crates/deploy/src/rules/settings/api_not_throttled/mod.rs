//! Calls of the API are not limited.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, has_rest_framework, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "api-not-throttled",
    title: "Calls of the API are not limited",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[770, 307],
    owasp_2021: "A04",
    owasp_2025: "A06",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Set `DEFAULT_THROTTLE_CLASSES` and `DEFAULT_THROTTLE_RATES`, or limit calls in front of the application",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django).filter(|app| has_rest_framework(app)) {
        let Some(value) = app.get("REST_FRAMEWORK").filter(|value| value.is_whole()) else { continue };
        report.examined();
        match value.entry("DEFAULT_THROTTLE_CLASSES") {
            Some(classes) if classes.truth() == Some(true) => {
                hold(report, &RULE, app, classes, "calls of the API are limited")
            }
            Some(classes) if classes.truth().is_none() => {}
            _ => say(
                report,
                &RULE,
                app,
                Some(value),
                "`REST_FRAMEWORK` names no DEFAULT_THROTTLE_CLASSES: calls are not limited in number",
            ),
        }
    }
}
