//! Django's security middleware is not in force.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, has_middleware, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "security-middleware-missing",
    title: "Django's security middleware is not in force",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W001"],
    effort_minutes: 10,
    audit: false,
    advice: "Put `django.middleware.security.SecurityMiddleware` at the top of `MIDDLEWARE`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("MIDDLEWARE").filter(|list| list.is_whole() && !list.texts().is_empty())
        else {
            continue;
        };
        report.examined();
        if has_middleware(app, "SecurityMiddleware") {
            hold(report, &RULE, app, value, "`SecurityMiddleware` is in force");
        } else {
            say(
                report,
                &RULE,
                app,
                Some(value),
                "`MIDDLEWARE` has no SecurityMiddleware in production: settings that begin with `SECURE_` do nothing",
            );
        }
    }
}
