//! Scripts can read the session cookie.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Flag, sessions};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "session-cookie-readable",
    title: "Scripts can read the session cookie",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1004],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Leave `SESSION_COOKIE_HTTPONLY` at its default, `True`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for flag in FLAGS {
        flag.check(deployment, report, &RULE);
    }
}

const FLAGS: &[Flag] = &[
    Flag {
        framework: Framework::Flask,
        name: "SESSION_COOKIE_HTTPONLY",
        default: Some(true),
        want: true,
        wrong: "Scripts can read the session cookie: `SESSION_COOKIE_HTTPONLY` is off in production",
        right: "`SESSION_COOKIE_HTTPONLY` is on in production",
        applies: sessions,
    },
    Flag {
        framework: Framework::Django,
        name: "SESSION_COOKIE_HTTPONLY",
        default: Some(true),
        want: true,
        wrong: "Scripts can read the session cookie: `SESSION_COOKIE_HTTPONLY` is off in production",
        right: "`SESSION_COOKIE_HTTPONLY` is on in production",
        applies: sessions,
    },
];
