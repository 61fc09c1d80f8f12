//! Plain HTTP is not redirected.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Flag, security_middleware};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "https-redirect-off",
    title: "Plain HTTP is not redirected",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["security.W008"],
    effort_minutes: 10,
    audit: false,
    advice: "Set `SECURE_SSL_REDIRECT = True`, or let the proxy redirect",
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
    framework: Framework::Django,
    name: "SECURE_SSL_REDIRECT",
    default: Some(false),
    want: true,
    wrong: "Django does not redirect plain HTTP: `SECURE_SSL_REDIRECT` is off in production",
    right: "`SECURE_SSL_REDIRECT` is on in production",
    applies: security_middleware,
}];
