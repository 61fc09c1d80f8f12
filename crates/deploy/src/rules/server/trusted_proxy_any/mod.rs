//! Whom the server believes what the client's address and scheme are.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployFile, DeployRule, Deployment, Report, Span,
    edit::Replaced,
    server::{
        Server,
        python::{self, repaired},
        variables,
    },
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

const TITLE: &str = "Believe the machine itself only";

const MESSAGE: &str = "Anyone who reaches the server may say which address and scheme a request has";

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for start in &deployment.model.starts {
        let Server::Production(_) = start.server else { continue };
        let given = option(&start.words, &["--forwarded-allow-ips", "--trusted-proxy"]);
        let Some((value, span)) = given else { continue };
        let file = &deployment.files[start.file];
        // What is believed from everyone is no evidence, however little it weighs.
        if value.trim_matches(['"', '\'']) == "*" {
            let draft = deployment.draft(&RULE, start.file, span, MESSAGE);
            report.take(draft.repair(TITLE, false, local(file, span)));
        } else {
            report.judged(file);
            report.hold(&RULE, file, span, "forwarded headers are believed from named addresses only");
        }
    }
    for (index, _, variable) in variables(deployment) {
        if variable.name == "FORWARDED_ALLOW_IPS" {
            if variable.value.as_deref() == Some("*") {
                let place = variable.span.to(variable.value_span);
                let edit = local(&deployment.files[index], variable.value_span);
                report.take(deployment.draft(&RULE, index, place, MESSAGE).repair(TITLE, false, edit));
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
            let mut finding = clearance_finding::Finding::new(&RULE, setting.location, MESSAGE);
            finding.fix = repaired(deployment, &finding.location, "\"127.0.0.1\"", false, &["\"*\"", "'*'"]);
            report.finding(finding);
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

/// The address of the machine itself in place of the star that ends a range.
fn local(file: &DeployFile, span: Span) -> Option<Replaced> {
    let written = file.slice(span);
    let at = written.rfind('*').filter(|_| written.matches('*').count() == 1)?;
    let start = span.start + at;
    Some((Span::new(start, start + 1), "127.0.0.1".to_owned()))
}
