//! Browsers may guess what a response is.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Flag, security_middleware};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "content-type-sniffing-allowed",
    title: "Browsers may guess what a response is",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W006"],
    effort_minutes: 5,
    audit: false,
    advice: "Leave `SECURE_CONTENT_TYPE_NOSNIFF` at its default, `True`",
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
    name: "SECURE_CONTENT_TYPE_NOSNIFF",
    default: Some(true),
    want: true,
    wrong: "Responses have no `X-Content-Type-Options`: `SECURE_CONTENT_TYPE_NOSNIFF` is off in production",
    right: "`SECURE_CONTENT_TYPE_NOSNIFF` is on in production",
    applies: security_middleware,
}];
