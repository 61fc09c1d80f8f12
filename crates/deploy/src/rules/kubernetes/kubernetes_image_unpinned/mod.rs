//! The versions of images in pods.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, docker::Pin};

/// The rule.
pub static RULE: Rule = Rule {
    id: "kubernetes-image-unpinned",
    title: "The image of a pod is not pinned",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[829],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &["CKV_K8S_14", "CKV_K8S_43", "KSV013", "AVD-KSV-0013"],
    effort_minutes: 5,
    audit: false,
    advice: "Name a version of the image, or pin it by digest",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for manifest in &deployment.model.manifests {
        let file = &deployment.files[manifest.file];
        for container in manifest.pods.iter().flat_map(|pod| &pod.containers) {
            let Some((image, span)) = &container.image else { continue };
            match image.pin() {
                Pin::Unknown => continue,
                Pin::Digest | Pin::Tag => {
                    report.judged(file);
                    report.hold(&RULE, file, *span, format!("{} has a version", image.name));
                }
                Pin::Moving | Pin::Nothing => {
                    report.judged(file);
                    let message = format!(
                        "{} is another image with every release; nodes may run different ones",
                        image.name
                    );
                    report
                        .take(deployment.draft(&RULE, manifest.file, *span, message).symbol(&container.name));
                }
            }
        }
    }
}
