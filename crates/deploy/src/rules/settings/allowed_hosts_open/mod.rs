//! Every host name is accepted.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "allowed-hosts-open",
    title: "Every host name is accepted",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[644],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W020"],
    effort_minutes: 10,
    audit: false,
    advice: "List the host names of the application in `ALLOWED_HOSTS`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("ALLOWED_HOSTS") else { continue };
        let texts = value.texts();
        if texts.contains(&"*") {
            report.examined();
            say(
                report,
                &RULE,
                app,
                Some(value),
                "`ALLOWED_HOSTS` accepts every host name in production: links in mails can be made to lead elsewhere",
            );
        } else if value.is_whole() && !texts.is_empty() {
            report.examined();
            hold(report, &RULE, app, value, "`ALLOWED_HOSTS` lists host names");
        }
    }
}
