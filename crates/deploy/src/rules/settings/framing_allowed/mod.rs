//! Other sites may frame the pages.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{applications, has_middleware, hold, say};
use crate::{DeployRule, Deployment, Report, settings::Framework};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "framing-allowed",
    title: "Other sites may frame the pages",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1021],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W002", "security.W019"],
    effort_minutes: 10,
    audit: false,
    advice: "Add `XFrameOptionsMiddleware`, and leave `X_FRAME_OPTIONS` at `DENY`, or set `SAMEORIGIN`",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let Some(middleware) = app.get("MIDDLEWARE").filter(|list| list.is_whole()) else { continue };
        let csp = middleware.texts().iter().any(|name| name.to_ascii_lowercase().contains("csp"));
        report.examined();
        let value = app.get("X_FRAME_OPTIONS");
        if !has_middleware(app, "XFrameOptionsMiddleware") {
            if !csp {
                say(
                    report,
                    &RULE,
                    app,
                    Some(middleware),
                    "`MIDDLEWARE` has no XFrameOptionsMiddleware: other sites may frame the pages",
                );
            }
        } else if let Some(value) = value
            && let Some(text) = value.text()
            && !matches!(text.to_ascii_uppercase().as_str(), "DENY" | "SAMEORIGIN")
        {
            say(report, &RULE, app, Some(value), "`X_FRAME_OPTIONS` lets other sites frame the pages");
        } else {
            hold(report, &RULE, app, value.unwrap_or(middleware), "pages may not be framed by other sites");
        }
    }
}
