//! Views of the API are open unless they say otherwise.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, has_rest_framework, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "api-open-by-default",
    title: "Views of the API are open unless they say otherwise",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[862],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Set `DEFAULT_PERMISSION_CLASSES` to `rest_framework.permissions.IsAuthenticated`, and open single views",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django).filter(|app| has_rest_framework(app)) {
        let value = app.get("REST_FRAMEWORK");
        if value.is_some_and(|value| !value.is_whole()) || value.is_none() && app.open.is_some() {
            continue;
        }
        report.examined();
        match value.and_then(|value| value.entry("DEFAULT_PERMISSION_CLASSES")) {
            None => say(
                report,
                &RULE,
                app,
                value,
                "`REST_FRAMEWORK` names no DEFAULT_PERMISSION_CLASSES: every view is open unless it says otherwise",
            ),
            Some(classes) if classes.texts().iter().any(|name| name.ends_with("AllowAny")) => {
                say(
                    report,
                    &RULE,
                    app,
                    Some(classes),
                    "`REST_FRAMEWORK` allows any client by default: every view is open unless it says otherwise",
                );
            }
            Some(classes) => {
                hold(report, &RULE, app, classes, "views of the API ask for permission by default")
            }
        }
    }
}
