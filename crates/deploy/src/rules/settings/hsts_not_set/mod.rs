//! Browsers are not told to use HTTPS only.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, finding, has_middleware, hold, say, weigh};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "hsts-not-set",
    title: "Browsers are not told to use HTTPS only",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[523],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W004", "security.W005", "security.W021"],
    effort_minutes: 10,
    audit: false,
    advice: "Set `SECURE_HSTS_SECONDS`, small at first, once all of the site works over HTTPS",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in
        applications(deployment, Framework::Django).filter(|app| has_middleware(app, "SecurityMiddleware"))
    {
        let value = app.get("SECURE_HSTS_SECONDS");
        if value.is_none() && app.open.is_some() {
            continue;
        }
        match value.map_or(Some(false), |value| value.truth()) {
            Some(false) => {
                report.examined();
                say(
                    report,
                    &RULE,
                    app,
                    value,
                    "`SECURE_HSTS_SECONDS` is not set in production: browsers keep trying plain HTTP",
                );
            }
            Some(true) => {
                report.examined();
                if let Some(value) = value {
                    hold(report, &RULE, app, value, "`SECURE_HSTS_SECONDS` is set in production");
                    if app
                        .get("SECURE_HSTS_INCLUDE_SUBDOMAINS")
                        .is_none_or(|flag| flag.truth() == Some(false))
                    {
                        let finding = finding(
                            &RULE,
                            app,
                            Some(value),
                            "Strict transport security leaves subdomains out: `SECURE_HSTS_INCLUDE_SUBDOMAINS` is off",
                        );
                        report.finding(weigh(finding, Severity::Info, "subdomains may not all have HTTPS"));
                    }
                }
            }
            None => {}
        }
    }
}
