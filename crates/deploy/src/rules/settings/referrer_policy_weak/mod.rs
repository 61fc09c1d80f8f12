//! Addresses of pages are told to other sites.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, say, security_middleware};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Framework, Plain},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "referrer-policy-weak",
    title: "Addresses of pages are told to other sites",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[200],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W022", "security.W023"],
    effort_minutes: 5,
    audit: false,
    advice: "Leave `SECURE_REFERRER_POLICY` at its default, `same-origin`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django).filter(|app| security_middleware(deployment, app))
    {
        let Some(value) = app.get("SECURE_REFERRER_POLICY") else { continue };
        let weak = match &value.plain {
            Plain::None => true,
            Plain::Str(text) => matches!(&**text, "" | "unsafe-url" | "no-referrer-when-downgrade"),
            _ => continue,
        };
        report.examined();
        if weak {
            say(
                report,
                &RULE,
                app,
                Some(value),
                "Other sites are told the addresses of pages: `SECURE_REFERRER_POLICY` is off or weak in production",
            );
        } else {
            hold(report, &RULE, app, value, "`SECURE_REFERRER_POLICY` is set in production");
        }
    }
}
