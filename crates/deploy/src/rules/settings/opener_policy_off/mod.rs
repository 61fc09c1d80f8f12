//! Windows of other sites stay connected.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, say, security_middleware};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Framework, Plain},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "opener-policy-off",
    title: "Windows of other sites stay connected",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W024"],
    effort_minutes: 5,
    audit: false,
    advice: "Leave `SECURE_CROSS_ORIGIN_OPENER_POLICY` at its default, `same-origin`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django).filter(|app| security_middleware(deployment, app))
    {
        let Some(value) = app.get("SECURE_CROSS_ORIGIN_OPENER_POLICY") else { continue };
        let weak = match &value.plain {
            Plain::None => true,
            Plain::Str(text) => matches!(&**text, "" | "unsafe-none"),
            _ => continue,
        };
        report.examined();
        if weak {
            say(
                report,
                &RULE,
                app,
                Some(value),
                "Windows of other sites stay connected with the pages: `SECURE_CROSS_ORIGIN_OPENER_POLICY` is off in production",
            );
        }
    }
}
