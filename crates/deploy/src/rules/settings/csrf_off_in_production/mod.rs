//! Forms are not protected in production.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Flag, forms};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "csrf-off-in-production",
    title: "Forms are not protected in production",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[352],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Leave `WTF_CSRF_ENABLED` at its default, `True`, and switch it off in the settings of tests only",
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
    name: "WTF_CSRF_ENABLED",
    default: Some(true),
    want: true,
    wrong: "Other sites can send forms in the name of users: `WTF_CSRF_ENABLED` is off in production",
    right: "`WTF_CSRF_ENABLED` is on in production",
    applies: forms,
}];
