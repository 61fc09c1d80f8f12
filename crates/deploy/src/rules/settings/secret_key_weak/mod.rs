//! The key that signs sessions is weak or known.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{because, finding, hold_at, is_from_file, refused, weigh};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Plain, Strength, is_signing_key, mask, strength},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "secret-key-weak",
    title: "The key that signs sessions is weak or known",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[321, 798, 521],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Make a random key for each deployment (`python -c 'import secrets; print(secrets.token_hex(32))'`) and hand it over through the environment",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in &deployment.settings.applications {
        for (name, value) in app.live().filter(|(name, _)| is_signing_key(name)) {
            if !value.vars.is_empty() || value.unsure {
                continue;
            }
            let Plain::Str(text) = &value.plain else {
                if let Plain::Unknown = value.plain {
                    report.undecided();
                    continue;
                }
                if matches!(value.plain, Plain::Random) {
                    report.examined();
                }
                continue;
            };
            if text.contains('…') {
                continue;
            }
            let from_file = is_from_file(value);
            let (what, reason) = match (strength(text), from_file) {
                (Strength::Absent, _) => continue,
                (Strength::Placeholder, _) => ("a placeholder", "anyone can guess it and sign sessions"),
                (Strength::Short, true) => ("too short", "it can be found by trying"),
                (Strength::Short, false) => {
                    ("a short constant in the code", "whoever reads the code can sign")
                }
                (Strength::Usable, false) => ("a constant in the code", "whoever reads the code can sign"),
                (Strength::Usable, true) => {
                    report.examined();
                    let found = value.steps.first().map_or(&app.location, |step| &step.location);
                    hold_at(
                        report,
                        &RULE,
                        &mask(found, &value.plain),
                        &format!("`{name}` comes from the environment"),
                    );
                    continue;
                }
            };
            report.examined();
            let finding = finding(&RULE, app, Some(value), &format!("`{name}` is {what} in production"));
            report.finding(if refused(deployment, text) {
                weigh(
                    finding,
                    Severity::Low,
                    "the program compares the key with this constant, as one that it refuses",
                )
            } else {
                because(finding, reason)
            });
        }
    }
}
