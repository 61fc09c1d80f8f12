//! A constant takes the place of the secret key.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{because, finding, hold, is_from_file, refused, weigh};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Effective, Framework, Plain, Strength, is_signing_key, strength},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "secret-key-fallback",
    title: "A constant takes the place of the secret key",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[321, 798],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Leave the default out, so that the application does not start without the key: `os.environ[\"SECRET_KEY\"]`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in &deployment.settings.applications {
        for (name, value) in app.live().filter(|(name, _)| is_signing_key(name)) {
            if app.framework == Framework::Asgi {
                continue;
            }
            let texts: Vec<&Effective> = value
                .each()
                .into_iter()
                .filter(|value| {
                    value.text().is_some_and(|text| strength(text) != Strength::Absent && !text.contains('…'))
                })
                .collect();
            match value.vars.first() {
                None => {
                    if value.plain.is_unknown() || matches!(value.plain, Plain::None) {
                        continue;
                    }
                    report.examined();
                    let bare =
                        deployment.bare.applications.iter().find(|other| other.location == app.location);
                    let other = bare
                        .and_then(|bare| bare.get(name))
                        .filter(|other| !other.vars.is_empty() && is_from_file(value));
                    let constant = other
                        .and_then(Effective::text)
                        .is_some_and(|text| strength(text) != Strength::Absent && !text.contains('…'));
                    if let (Some(other), true) = (other, constant) {
                        let text = format!(
                            "`{name}` falls back to a constant where the environment variable {} is not set",
                            other.vars[0]
                        );
                        report.finding(weigh(
                            finding(&RULE, app, Some(other), &text),
                            Severity::Medium,
                            "the files of deployment set it",
                        ));
                    }
                }
                Some(variable) if texts.is_empty() => {
                    report.examined();
                    if value.plain.is_unknown()
                        || matches!(value.plain, Plain::None | Plain::Random)
                        || value.plain.is_empty_text()
                    {
                        hold(
                            report,
                            &RULE,
                            app,
                            value,
                            &format!(
                                "`{name}` comes from the environment variable {variable} and has no constant to fall back to"
                            ),
                        );
                    }
                }
                Some(variable) => {
                    report.examined();
                    let text = format!(
                        "`{name}` falls back to a constant where the environment variable {variable} is not set, and nothing that deploys the application sets it"
                    );
                    let finding = finding(&RULE, app, Some(value), &text);
                    report.finding(
                        if texts.iter().filter_map(|value| value.text()).all(|text| refused(deployment, text))
                        {
                            weigh(
                                finding,
                                Severity::Low,
                                "the program compares the key with this constant, as one that it refuses",
                            )
                        } else {
                            because(finding, "whoever reads the code can sign where the variable is not set")
                        },
                    );
                }
            }
        }
    }
}
