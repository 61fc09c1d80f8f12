//! Other sites' requests carry the session cookie.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::{
    code::in_code,
    common::{applications, finding, hold, sessions},
};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Framework, Plain},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "session-cookie-without-samesite",
    title: "Other sites' requests carry the session cookie",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1275],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `SESSION_COOKIE_SAMESITE = \"Lax\"` in the settings that production uses",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for framework in [Framework::Flask, Framework::Django] {
        for app in applications(deployment, framework).filter(|app| sessions(deployment, app)) {
            let value = app.get("SESSION_COOKIE_SAMESITE");
            if value.is_none() && (app.open.is_some() || framework == Framework::Django) {
                continue;
            }
            let wrong = match value.map(|value| &value.plain) {
                None | Some(Plain::None | Plain::Bool(false)) => true,
                Some(Plain::Str(text)) => text.eq_ignore_ascii_case("none"),
                _ => {
                    if value.is_some_and(|value| value.plain.is_unknown()) {
                        continue;
                    }
                    false
                }
            };
            report.examined();
            match (wrong, value) {
                (true, _) => {
                    let message = "Requests from other sites carry the session cookie: `SESSION_COOKIE_SAMESITE` is not set in production";
                    let mut finding = finding(&RULE, app, value, message);
                    finding.fix =
                        in_code(deployment, &finding, app, value, ("SESSION_COOKIE_SAMESITE", "\"Lax\""));
                    report.finding(finding);
                }
                (false, Some(value)) => {
                    hold(report, &RULE, app, value, "`SESSION_COOKIE_SAMESITE` is set in production")
                }
                _ => {}
            }
        }
    }
}
