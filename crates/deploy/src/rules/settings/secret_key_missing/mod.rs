//! There is no key to sign sessions with.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, asks_for_sessions, is_main, say};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Framework, Plain},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "secret-key-missing",
    title: "There is no key to sign sessions with",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1188],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Read the key from the environment and refuse to start without it",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for framework in [Framework::Flask, Framework::Django] {
        for app in applications(deployment, framework) {
            let value = app.get("SECRET_KEY");
            if app.open.is_some()
                || framework == Framework::Flask
                    && !(asks_for_sessions(deployment) && is_main(deployment, app))
            {
                continue;
            }
            let missing = match value.map(|value| &value.plain) {
                None => true,
                Some(Plain::None) => value.is_some_and(|value| value.vars.is_empty()),
                Some(Plain::Str(text)) => text.is_empty() && value.is_some_and(|value| value.vars.is_empty()),
                Some(_) => false,
            };
            report.examined();
            if missing {
                say(
                    report,
                    &RULE,
                    app,
                    value,
                    "`SECRET_KEY` is not set in production, but sessions or forms need it",
                );
            }
        }
    }
}
