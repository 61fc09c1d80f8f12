//! Published ports of databases, caches and brokers.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployFile, DeployRule, Deployment, Report, Span,
    compose::{Port, service_of},
    edit::Replaced,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "compose-database-port-exposed",
    title: "A database is reachable from outside",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[1327, 284],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Remove the port; services of one network reach each other without. For a look from this machine, publish it on 127.0.0.1",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for composition in &deployment.model.compositions {
        let file = &deployment.files[composition.file];
        for service in &composition.services {
            report.judged(file);
            for port in &service.ports {
                let target = port.target.split('-').next().unwrap_or_default();
                let Some(what) = service_of(target) else { continue };
                if port.is_loopback() {
                    report.hold(&RULE, file, port.span, format!("{what} is published on this machine only"));
                    continue;
                }
                if port.address.as_deref().is_some_and(|address| address.contains('$')) {
                    continue;
                }
                let message = format!(
                    "Port {target} ({what}) of the service {} is published on every interface",
                    service.name
                );
                let draft =
                    deployment.draft(&RULE, composition.file, port.span, message).symbol(&service.name);
                let draft = draft.repair("Publish it on this machine only", false, loopback(file, port));
                report.take(if service.is_optional() {
                    draft.severity(Severity::Low, "the service belongs to a profile of development")
                } else if what == "Flower" || port.published.is_none() && port.address.is_none() {
                    draft.severity(Severity::Medium, "which port of the host it gets is left to chance")
                } else {
                    draft
                });
            }
        }
    }
}

/// The port, bound to the address of the machine itself.
fn loopback(file: &DeployFile, port: &Port) -> Option<Replaced> {
    let written = file.slice(port.span);
    let start = port.span.start;
    // A map has a key for the address.
    if written.contains('\n') || written.contains("target") || written.contains('#') {
        return None;
    }
    match (&port.address, &port.published) {
        (Some(address), _) => {
            let rest = written.strip_prefix(address.as_str())?;
            rest.starts_with(':').then(|| (Span::new(start, start + address.len()), "127.0.0.1".to_owned()))
        }
        (None, Some(_)) => Some((Span::new(start, start), "127.0.0.1:".to_owned())),
        // `- 5432`, a number: what stands there has to become a text.
        (None, None) => Some((Span::new(start, start), "127.0.0.1::".to_owned())),
    }
}
