//! The cookie that remembers a log-in is also sent over plain HTTP.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Flag, remembers};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "remember-cookie-not-secure",
    title: "The cookie that remembers a log-in is also sent over plain HTTP",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[614],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `REMEMBER_COOKIE_SECURE = True` in the settings that production uses",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for flag in FLAGS {
        flag.check(deployment, report, &RULE);
    }
}

const FLAGS: &[Flag] = &[Flag {
    framework: Framework::Flask,
    name: "REMEMBER_COOKIE_SECURE",
    default: Some(false),
    want: true,
    wrong: "The cookie that remembers a log-in is also sent over plain HTTP: `REMEMBER_COOKIE_SECURE` is off in production",
    right: "`REMEMBER_COOKIE_SECURE` is on in production",
    applies: remembers,
}];
