//! The versions of base images.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, docker::Pin};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-base-image-unpinned",
    title: "The base image is not pinned",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[829],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &["DL3006", "DL3007", "CKV_DOCKER_7", "DS001", "AVD-DS-0001"],
    effort_minutes: 5,
    audit: false,
    advice: "Name a version, and pin it by digest (FROM python:3.13-slim@sha256:…); let a bot renew the digest",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        let file = &deployment.files[image.file];
        let shipped = image.shipped();
        for stage in &image.stages {
            let name = &stage.image.name;
            if stage.parent.is_some() || stage.image.is_scratch() || name.is_empty() {
                continue;
            }
            let is_shipped = shipped.iter().any(|other| std::ptr::eq(*other, stage));
            let message = match stage.image.pin() {
                Pin::Digest => {
                    report.judged(file);
                    report.hold(&RULE, file, stage.image_span, format!("{name} is pinned by digest"));
                    continue;
                }
                Pin::Unknown => continue,
                Pin::Tag => {
                    report.judged(file);
                    let tag = stage.image.tag.as_deref().unwrap_or_default();
                    let message = format!("{name}:{tag} is a tag that may come to mean another image");
                    let draft = deployment.draft(&RULE, image.file, stage.image_span, message);
                    report.take(draft.severity(Severity::Info, "it names a version"));
                    continue;
                }
                Pin::Moving => {
                    let tag = stage.image.tag.as_deref().unwrap_or_default();
                    format!("{name}:{tag} is another image with every release")
                }
                Pin::Nothing => format!("{name} has no version: it is another image with every release"),
            };
            report.judged(file);
            let draft = deployment.draft(&RULE, image.file, stage.image_span, message);
            report.take(if is_shipped {
                draft
            } else {
                draft.severity(Severity::Low, "the stage is not part of the image")
            });
        }
    }
}
