//! Middleware stands in an order that does not work.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "middleware-order-wrong",
    title: "Middleware stands in an order that does not work",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Put the middleware into the order that its documentation asks for",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// What must stand before what, by the ends of the paths.
const ORDER: &[(&str, &str)] = &[
    ("SecurityMiddleware", "SessionMiddleware"),
    ("SessionMiddleware", "AuthenticationMiddleware"),
    ("SessionMiddleware", "MessageMiddleware"),
    ("AuthenticationMiddleware", "OTPMiddleware"),
    ("CorsMiddleware", "CommonMiddleware"),
    ("SecurityMiddleware", "WhiteNoiseMiddleware"),
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(value) = app.get("MIDDLEWARE").filter(|list| list.is_whole()) else { continue };
        let names = value.texts();
        let at = |wanted: &str| names.iter().position(|name| name.rsplit('.').next() == Some(wanted));
        report.examined();
        for (first, second) in ORDER {
            if let (Some(a), Some(b)) = (at(first), at(second))
                && a > b
            {
                let text = format!("`MIDDLEWARE` has {first} after {second}, but it works only before it");
                say(report, &RULE, app, Some(value), &text);
            }
        }
    }
}
