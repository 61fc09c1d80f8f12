//! Health checks of images.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-no-healthcheck",
    title: "Nothing checks whether the container works",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[1053],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &["CKV_DOCKER_2", "AVD-DS-0026", "DS026"],
    effort_minutes: 15,
    audit: false,
    advice: "Add a HEALTHCHECK, or a health check where the container is run (compose, Kubernetes)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let elsewhere = deployment.model.compositions.iter().any(|composition| {
        composition.services.iter().any(|service| service.build && service.node.get("healthcheck").is_some())
    }) || deployment.model.manifests.iter().any(|manifest| {
        manifest
            .pods
            .iter()
            .flat_map(|pod| &pod.containers)
            .any(|container| container.node.get("livenessProbe").is_some())
    });
    for image in &deployment.model.images {
        let file = &deployment.files[image.file];
        if let Some(found) = image.last("HEALTHCHECK") {
            if found.words.first().is_some_and(|word| word.text.eq_ignore_ascii_case("NONE")) {
                report.take(deployment.draft(
                    &RULE,
                    image.file,
                    found.span,
                    "The health check of the base image is switched off",
                ));
            } else {
                report.judged(file);
                report.hold(&RULE, file, found.span, "the image has a health check");
            }
            continue;
        }
        // Only images that start something can be asked how it is.
        let starts = deployment.model.starts.iter().any(|start| start.file == image.file);
        if let Some(stage) = image.stages.last()
            && starts
            && !elsewhere
        {
            report.take(deployment.draft(
                &RULE,
                image.file,
                stage.span,
                "The image starts a server and has no health check",
            ));
        }
    }
}
