//! Sessions are stored as pickles.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "session-serializer-pickle",
    title: "Sessions are stored as pickles",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[502],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Use `django.contrib.sessions.serializers.JSONSerializer`, the default",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("SESSION_SERIALIZER") else { continue };
        let Some(text) = value.text() else { continue };
        report.examined();
        if text.contains("Pickle") {
            say(
                report,
                &RULE,
                app,
                Some(value),
                "Sessions are pickles: whoever can write one, or knows the key of signed ones, runs code",
            );
        } else {
            hold(report, &RULE, app, value, "sessions are not pickles");
        }
    }
}
