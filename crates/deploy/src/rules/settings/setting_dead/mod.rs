//! A setting protects nothing, because nothing reads it.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "setting-dead",
    title: "A setting protects nothing, because nothing reads it",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[1164],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Take the setting out, or install and start what reads it",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Beginnings of names that promise protection.
const PROTECTION: &[&str] = &[
    "SECURE_",
    "CSRF_",
    "WTF_CSRF_",
    "X_FRAME",
    "RATELIMIT",
    "SECURITY_",
    "REMEMBER_COOKIE_",
    "SESSION_COOKIE_",
    "JWT_COOKIE_",
    "CSP_",
    "HSTS",
    "FORCE_HTTPS",
    "SSL_REDIRECT",
    "CORS_",
    "CONTENT_SECURITY",
    "TALISMAN_",
    "PASSWORD_MIN",
    "PASSWORD_POLICY",
    "LOGIN_ATTEMPTS",
    "MAX_LOGIN",
    "LOCKOUT",
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Flask).filter(|_| !deployment.settings.cut) {
        for (name, value) in
            app.settings.iter().filter(|(name, _)| PROTECTION.iter().any(|begin| name.starts_with(begin)))
        {
            report.examined();
            if app.dead.contains(name) && value.truth() != Some(false) {
                say(
                    report,
                    &RULE,
                    app,
                    Some(value),
                    &format!("`{name}` is set, but nothing reads it: it protects nothing"),
                );
            }
        }
    }
}
