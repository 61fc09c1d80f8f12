//! Health checks of services.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub static RULE: Rule = Rule {
    id: "compose-no-healthcheck",
    title: "Nothing checks whether the service works",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[1053],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Add a `healthcheck` to the service, and let others wait for it (`condition: service_healthy`)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let in_image = deployment.model.images.iter().any(|image| image.last("HEALTHCHECK").is_some());
    for composition in &deployment.model.compositions {
        let file = &deployment.files[composition.file];
        for service in &composition.services {
            if let Some(entry) = service.node.entry("healthcheck") {
                if entry.value.get("disable").is_some_and(|node| node.is_true()) {
                    let message = format!("The health check of the service {} is switched off", service.name);
                    report.take(
                        deployment.draft(&RULE, composition.file, entry.span, message).symbol(&service.name),
                    );
                } else {
                    report.judged(file);
                    report.hold(
                        &RULE,
                        file,
                        entry.span,
                        format!("the service {} has a health check", service.name),
                    );
                }
            } else if service.build
                && !in_image
                && deployment.model.starts.iter().any(|start| {
                    start.file == composition.file
                        && start.origin == crate::server::Origin::Compose(service.name.clone())
                })
            {
                let message = format!("The service {} starts a server and has no health check", service.name);
                report.take(
                    deployment.draft(&RULE, composition.file, service.span, message).symbol(&service.name),
                );
            }
        }
    }
}
