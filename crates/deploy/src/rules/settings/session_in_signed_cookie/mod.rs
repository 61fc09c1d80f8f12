//! Sessions live in the browser.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "session-in-signed-cookie",
    title: "Sessions live in the browser",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[565],
    owasp_2021: "A04",
    owasp_2025: "A06",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Use a session engine that keeps data on the server, such as `django.contrib.sessions.backends.cached_db`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("SESSION_ENGINE") else { continue };
        let Some(text) = value.text() else { continue };
        report.examined();
        if text.ends_with("signed_cookies") {
            say(
                report,
                &RULE,
                app,
                Some(value),
                "Sessions live in a signed cookie: users can read them, and a log-out does not end them",
            );
        } else {
            hold(report, &RULE, app, value, "sessions are kept on the server");
        }
    }
}
