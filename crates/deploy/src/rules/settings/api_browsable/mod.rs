//! The browsable API is on in production.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, has_rest_framework, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "api-browsable",
    title: "The browsable API is on in production",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[1295],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Name only `rest_framework.renderers.JSONRenderer` in the settings of production",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django).filter(|app| has_rest_framework(app)) {
        let Some(value) = app.get("REST_FRAMEWORK").filter(|value| value.is_whole()) else { continue };
        report.examined();
        match value.entry("DEFAULT_RENDERER_CLASSES") {
            None => say(
                report,
                &RULE,
                app,
                Some(value),
                "The browsable API shows forms and addresses to every visitor: `REST_FRAMEWORK` names no DEFAULT_RENDERER_CLASSES",
            ),
            Some(classes) if classes.texts().iter().any(|name| name.ends_with("BrowsableAPIRenderer")) => {
                say(
                    report,
                    &RULE,
                    app,
                    Some(classes),
                    "The browsable API shows forms and addresses to every visitor",
                );
            }
            Some(_) => {}
        }
    }
}
