//! A default password is in force.

use clearance_finding::{Confidence, Finding, Location, Plane, Rule, Severity};

use super::super::settings::common::finding;
use crate::{
    DeployRule, Deployment, Report,
    settings::{Plain, Strength, is_secret_name, is_signing_key, mask, strength, url_password},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "default-credentials-in-force",
    title: "A default password is in force",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[1392, 521],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Replace it with one made for this deployment, and hand it over through the environment or a secret store",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in &deployment.settings.applications {
        for (name, value) in app.live() {
            let Some(text) = value.text() else { continue };
            let secret = match url_password(text) {
                Some(password) => password.to_owned(),
                None if is_secret_name(name) && !is_signing_key(name) => text.to_owned(),
                None => continue,
            };
            if secret.contains('…') || strength(&secret) == Strength::Absent {
                continue;
            }
            report.examined();
            if strength(&secret) == Strength::Placeholder {
                let text = format!("`{name}` is a default or placeholder in production");
                report.finding(finding(&RULE, app, Some(value), &text));
            }
        }
    }
    let used: Vec<&Location> = report
        .findings()
        .iter()
        .flat_map(|found| found.trace.iter().map(|step| &step.location).chain([&found.location]))
        .collect();
    let used: Vec<Location> = used.into_iter().cloned().collect();
    for (name, value, location) in &deployment.settings.variables {
        let secret = match url_password(value) {
            Some(password) => password.to_owned(),
            None if is_secret_name(name) && !name.to_ascii_uppercase().ends_with("SECRET_KEY") => {
                value.clone()
            }
            None => continue,
        };
        if strength(&secret) == Strength::Absent {
            continue;
        }
        report.examined();
        let told =
            used.iter().any(|known| known.path == location.path && known.start.line == location.start.line);
        if strength(&secret) == Strength::Placeholder && !told {
            let place = mask(location, &Plain::Str(secret.as_str().into()));
            report.finding(Finding::new(
                &RULE,
                place,
                format!("The environment variable `{name}` is a default or placeholder"),
            ));
        }
    }
}
