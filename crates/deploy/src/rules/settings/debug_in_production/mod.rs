//! Debug mode is on in production.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Flag, always};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "debug-in-production",
    title: "Debug mode is on in production",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[489, 215],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set `DEBUG = False` in the settings that production uses, and let nothing but those of development turn it on",
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
        name: "DEBUG",
        default: Some(false),
        want: false,
        wrong: "Debug mode is on in production: errors show code and variables",
        right: "`DEBUG` is off in production",
        applies: always,
    },
    Flag {
        framework: Framework::Django,
        name: "DEBUG",
        default: Some(false),
        want: false,
        wrong: "Debug mode is on in production: errors show code and variables",
        right: "`DEBUG` is off in production",
        applies: always,
    },
];
