//! Templates do not escape.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "autoescape-setting-off",
    title: "Templates do not escape",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[79],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Take `\"autoescape\": False` out of the options of the template engine",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("TEMPLATES") else { continue };
        for engine in value.items() {
            let Some(backend) = engine.entry("BACKEND") else { continue };
            report.examined();
            let Some(flag) = engine.entry("OPTIONS").and_then(|options| options.entry("autoescape")) else {
                continue;
            };
            if flag.truth() == Some(false) {
                let name = backend.text().unwrap_or("an engine").to_owned();
                say(
                    report,
                    &RULE,
                    app,
                    Some(flag),
                    &format!("The template engine {name} does not escape what it shows"),
                );
            }
        }
    }
}
