//! Limits and probes of containers.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub static RULE: Rule = Rule {
    id: "kubernetes-no-limits",
    title: "A container has no limits or is never asked how it is",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[770],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &["CKV_K8S_8", "CKV_K8S_9", "CKV_K8S_11", "CKV_K8S_13", "KSV011", "KSV018"],
    effort_minutes: 15,
    audit: false,
    advice: "Set limits of memory and CPU, and a liveness and readiness probe",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for manifest in &deployment.model.manifests {
        let file = &deployment.files[manifest.file];
        for pod in &manifest.pods {
            let runs_on =
                matches!(pod.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "DeploymentConfig");
            for container in pod.containers.iter().filter(|container| runs_on && !container.is_init) {
                // What a template puts in is not seen.
                if file.text.contains("{{") {
                    continue;
                }
                let has_probe = container.node.get("livenessProbe").or(container.node.get("readinessProbe"));
                if let Some(probe) = has_probe {
                    report.judged(file);
                    report.hold(
                        &RULE,
                        file,
                        probe.span,
                        format!("the container {} is asked how it is", container.name),
                    );
                } else {
                    let message = format!("Nothing asks the container {} whether it works", container.name);
                    report.take(
                        deployment
                            .draft(&RULE, manifest.file, container.span, message)
                            .symbol(&container.name),
                    );
                }
                if container.node.at(&["resources", "limits"]).is_none() {
                    let message =
                        format!("The container {} may use up its node: it has no limits", container.name);
                    report.take(
                        deployment
                            .draft(&RULE, manifest.file, container.span, message)
                            .symbol(&container.name),
                    );
                }
            }
        }
    }
}
