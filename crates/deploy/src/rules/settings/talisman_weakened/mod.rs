//! Flask-Talisman is told to leave protections off.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "talisman-weakened",
    title: "Flask-Talisman is told to leave protections off",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Leave the options at their defaults in production",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Options, and what is lost where they are off.
const OPTIONS: &[(&str, &str)] = &[
    ("force_https", "plain HTTP is not redirected"),
    ("strict_transport_security", "browsers are not told to use HTTPS only"),
    ("session_cookie_secure", "the session cookie is also sent over plain HTTP"),
    ("session_cookie_http_only", "scripts can read the session cookie"),
    ("content_security_policy", "pages have no Content-Security-Policy"),
    ("x_content_type_options", "browsers may guess what a response is"),
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for call in &deployment.settings.calls {
        if !matches!(
            &*call.path,
            "flask_talisman.Talisman"
                | "flask_talisman.Talisman.init_app"
                | "flask_talisman.talisman.Talisman"
                | "flask_talisman.talisman.Talisman.init_app"
        ) {
            continue;
        }
        report.examined();
        for (option, lost) in OPTIONS {
            let Some((_, value)) = call.keywords.iter().find(|(name, _)| &**name == *option) else {
                continue;
            };
            if value.truth() == Some(false) {
                let text = format!("Talisman is told `{option}={}`: {lost}", value.plain.python(0));
                let mut finding = Finding::new(&RULE, call.location.clone(), text);
                finding.trace = value.steps.iter().rev().cloned().collect();
                report.finding(finding);
            }
        }
    }
}
