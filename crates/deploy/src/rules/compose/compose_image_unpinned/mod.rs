//! The versions of images in compositions.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, docker::Pin};

/// The rule.
pub static RULE: Rule = Rule {
    id: "compose-image-unpinned",
    title: "The image of a service is not pinned",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[829],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &["CKV_K8S_14"],
    effort_minutes: 5,
    audit: false,
    advice: "Name a version of the image",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for composition in &deployment.model.compositions {
        let file = &deployment.files[composition.file];
        for service in &composition.services {
            // What is built here is named here.
            let Some((image, span)) = service.image.as_ref().filter(|_| !service.build) else { continue };
            match image.pin() {
                Pin::Unknown => continue,
                Pin::Digest | Pin::Tag => {
                    report.judged(file);
                    report.hold(&RULE, file, *span, format!("{} has a version", image.name));
                }
                Pin::Moving | Pin::Nothing => {
                    report.judged(file);
                    let message = format!("{} is another image with every release", image.name);
                    report.take(
                        deployment.draft(&RULE, composition.file, *span, message).symbol(&service.name),
                    );
                }
            }
        }
    }
}
