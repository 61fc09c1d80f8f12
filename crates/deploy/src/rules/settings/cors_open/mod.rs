//! Every site may read the responses.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use super::common::{applications, finding, has_middleware, hold, weigh};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Framework, Plain},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "cors-open",
    title: "Every site may read the responses",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[942],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "List the origins that are meant, and leave credentials off where they are not needed",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in applications(deployment, Framework::Django) {
        let value = app.get("CORS_ALLOW_ALL_ORIGINS").or_else(|| app.get("CORS_ORIGIN_ALLOW_ALL"));
        let Some(value) = value else { continue };
        if !deployment.program.imports("corsheaders") && !has_middleware(app, "CorsMiddleware") {
            continue;
        }
        let credentials = app.get("CORS_ALLOW_CREDENTIALS").is_some_and(|flag| flag.truth() == Some(true));
        match value.truth() {
            Some(true) => {
                report.examined();
                report.finding(open(
                    finding(
                        &RULE,
                        app,
                        Some(value),
                        "Every site may read the responses: `CORS_ALLOW_ALL_ORIGINS` is on in production",
                    ),
                    credentials,
                ));
            }
            Some(false) => {
                report.examined();
                hold(report, &RULE, app, value, "`CORS_ALLOW_ALL_ORIGINS` is off in production");
            }
            None => {}
        }
    }
    for call in &deployment.settings.calls {
        let named =
            |name: &str| call.keywords.iter().find(|(known, _)| &**known == name).map(|entry| &entry.1);
        let middleware = call.path.ends_with(".add_middleware")
            && call
                .positional
                .iter()
                .any(|value| matches!(&value.plain, Plain::Named(path) if path.ends_with("CORSMiddleware")));
        let (origins, credentials) = if middleware {
            (named("allow_origins"), named("allow_credentials"))
        } else if &*call.path == "flask_cors.CORS" {
            (named("origins"), named("supports_credentials"))
        } else {
            continue;
        };
        let Some(origins) = origins else { continue };
        let all = origins.text() == Some("*") || origins.texts().contains(&"*");
        if origins.is_whole() {
            report.examined();
        }
        if all && credentials.is_some_and(|flag| flag.truth() == Some(true)) {
            let mut finding = Finding::new(
                &RULE,
                call.location.clone(),
                "Every site may read the responses, and requests carry cookies",
            );
            finding.trace = origins.steps.iter().rev().cloned().collect();
            report.finding(open(finding, true));
        }
    }
}

fn open(finding: Finding, credentials: bool) -> Finding {
    if credentials {
        weigh(finding, Severity::High, "requests carry the cookies of the user")
    } else {
        weigh(
            finding,
            Severity::Low,
            "without credentials: only what is public anyway, or inside a network, is read",
        )
    }
}
