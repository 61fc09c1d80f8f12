//! Passwords are hashed with a fast or unsalted function.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "password-hasher-weak",
    title: "Passwords are hashed with a fast or unsalted function",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[916, 327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Put `django.contrib.auth.hashers.Argon2PasswordHasher` or the default PBKDF2 hasher first",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("PASSWORD_HASHERS") else { continue };
        let Some(first) = value.texts().first().copied() else { continue };
        report.examined();
        let name = first.rsplit('.').next().unwrap_or(first);
        let weak = ["MD5", "SHA1PasswordHasher", "Unsalted", "Crypt"]
            .iter()
            .any(|word| name.contains(word) && !name.contains("PBKDF2"));
        if weak {
            say(
                report,
                &RULE,
                app,
                Some(value),
                &format!(
                    "New passwords are hashed with {name} in production: what is stolen is guessed quickly"
                ),
            );
        } else {
            hold(report, &RULE, app, value, &format!("new passwords are hashed with {name}"));
        }
    }
}
