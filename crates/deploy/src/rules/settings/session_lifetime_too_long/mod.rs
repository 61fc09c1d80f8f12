//! Sessions live longer than a month.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, say, sessions};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Framework, Plain},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "session-lifetime-too-long",
    title: "Sessions live longer than a month",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[613],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Shorten `PERMANENT_SESSION_LIFETIME` or `SESSION_COOKIE_AGE`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Seconds of a month.
const MONTH: i64 = 31 * 86_400;

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for (framework, name) in
        [(Framework::Flask, "PERMANENT_SESSION_LIFETIME"), (Framework::Django, "SESSION_COOKIE_AGE")]
    {
        for app in applications(deployment, framework).filter(|app| sessions(deployment, app)) {
            let Some(value) = app.get(name) else { continue };
            let seconds = match value.plain {
                Plain::Duration(seconds) | Plain::Int(seconds) => seconds,
                _ => continue,
            };
            report.examined();
            if seconds > MONTH {
                let text = format!("Sessions live for {} days: `{name}` in production", seconds / 86_400);
                say(report, &RULE, app, Some(value), &text);
            } else {
                hold(report, &RULE, app, value, &format!("sessions end after {} minutes", seconds / 60));
            }
        }
    }
}
