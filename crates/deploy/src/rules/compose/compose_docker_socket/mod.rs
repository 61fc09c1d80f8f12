//! The socket of Docker in containers.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub static RULE: Rule = Rule {
    id: "compose-docker-socket",
    title: "A container controls Docker",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[250, 668],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["semgrep:exposing-docker-socket-volume", "CKV_K8S_27"],
    effort_minutes: 30,
    audit: false,
    advice: "Remove the mount, or put a proxy in between that lets only the needed requests through",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for composition in &deployment.model.compositions {
        let file = &deployment.files[composition.file];
        for service in &composition.services {
            report.judged(file);
            for volume in service.volumes.iter().filter(|volume| {
                volume.source.ends_with("docker.sock") || volume.source.ends_with("podman.sock")
            }) {
                let message = format!(
                    "The service {} can start containers on the host, and so do everything there",
                    service.name
                );
                let draft =
                    deployment.draft(&RULE, composition.file, volume.span, message).symbol(&service.name);
                let image = service.image.as_ref().map_or("", |(image, _)| image.short());
                report.take(if service.is_optional() {
                    draft.severity(Severity::Low, "the service belongs to a profile of development")
                } else if matches!(
                    image,
                    "traefik"
                        | "portainer"
                        | "portainer-ce"
                        | "watchtower"
                        | "docker-socket-proxy"
                        | "nginx-proxy"
                        | "dozzle"
                        | "autoheal"
                        | "docker-gen"
                ) {
                    draft.severity(Severity::Medium, "the image is made for it")
                } else {
                    draft
                });
            }
        }
    }
}
