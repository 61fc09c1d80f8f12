//! Whom the server believes what the client's address and scheme are.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    server::{Server, python, variables},
    shell::option,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "trusted-proxy-any",
    title: "Forwarded headers are believed from anyone",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[348, 290],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Name the address of the proxy instead of `*`",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

const MESSAGE: &str = "Anyone who reaches the server may say which address and scheme a request has";

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for start in &deployment.model.starts {
        let Server::Production(_) = start.server else { continue };
        let given = option(&start.words, &["--forwarded-allow-ips", "--trusted-proxy"]);
        let Some((value, span)) = given else { continue };
        let file = &deployment.files[start.file];
        // What is believed from everyone is no evidence, however little it weighs.
        if value.trim_matches(['"', '\'']) == "*" {
            report.take(deployment.draft(&RULE, start.file, span, MESSAGE));
        } else {
            report.judged(file);
            report.hold(&RULE, file, span, "forwarded headers are believed from named addresses only");
        }
    }
    for (index, _, variable) in variables(deployment) {
        if variable.name == "FORWARDED_ALLOW_IPS" {
            if variable.value.as_deref() == Some("*") {
                report.take(deployment.draft(&RULE, index, variable.span.to(variable.value_span), MESSAGE));
            } else {
                report.judged(&deployment.files[index]);
            }
        }
    }
    let application = |role| matches!(role, clearance_source::Role::Application);
    for setting in python::gunicorn_settings(deployment.program) {
        if setting.name != "forwarded_allow_ips" {
            continue;
        }
        if setting.known.possibilities().iter().any(|known| known.as_str() == Some("*")) {
            report.finding(clearance_finding::Finding::new(&RULE, setting.location, MESSAGE));
        } else if setting.known.as_str().is_some() && application(setting.role) {
            report.examined();
            let text = "forwarded headers are believed from named addresses only".to_owned();
            report.fact(clearance_finding::Fact { rule: RULE.id, text, location: setting.location });
        }
    }
    for (known, location, role) in python::arguments(deployment.program, "uvicorn.run", "forwarded_allow_ips")
    {
        match known.as_ref().and_then(|known| known.as_str()) {
            Some("*") => report.finding(clearance_finding::Finding::new(&RULE, location, MESSAGE)),
            Some(_) if application(role) => report.examined(),
            _ => {}
        }
    }
    for (known, location, role) in
        python::arguments(deployment.program, "werkzeug.middleware.proxy_fix.ProxyFix", "x_for")
    {
        if !application(role) {
            continue;
        }
        report.examined();
        let count = match known.map(|known| known.as_int()) {
            None => "1".to_owned(),
            Some(Some(count)) => count.to_string(),
            Some(None) => "a number that is not known of".to_owned(),
        };
        let text = format!("ProxyFix believes the headers of {count} proxies in front");
        report.fact(clearance_finding::Fact { rule: RULE.id, text, location });
    }
}
