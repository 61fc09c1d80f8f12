//! A request header decides whether a request was secure.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "proxy-ssl-header-trusted",
    title: "A request header decides whether a request was secure",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[348],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Make sure that the proxy removes this header from what clients send, and sets it itself",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("SECURE_PROXY_SSL_HEADER") else { continue };
        if value.truth() == Some(true) {
            report.examined();
            say(
                report,
                &RULE,
                app,
                Some(value),
                "Django believes a header that says a request was secure: any client can send it unless the proxy removes it",
            );
        }
    }
}
