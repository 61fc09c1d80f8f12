//! `ADD` of an address.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    rules::docker::common::{flag, sources},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-remote-add",
    title: "A file from the network is added unchecked",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[494],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["DL3020", "CKV_DOCKER_4", "AVD-DS-0005"],
    effort_minutes: 10,
    audit: false,
    advice: "Give ADD a --checksum, or download in RUN and compare a checksum there",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        let file = &deployment.files[image.file];
        let instructions = image.stages.iter().flat_map(|stage| &stage.instructions);
        for instruction in instructions.filter(|instruction| instruction.keyword == "ADD") {
            let is_remote = |text: &str| text.starts_with("http://") || text.starts_with("https://");
            let Some(source) = sources(instruction).into_iter().find(|word| is_remote(&word.text)) else {
                continue;
            };
            report.judged(file);
            if flag(instruction, "--checksum").is_some() {
                report.hold(&RULE, file, instruction.span, "what is added is compared with a checksum");
                continue;
            }
            let draft = deployment.draft(
                &RULE,
                image.file,
                source.span,
                "What is downloaded becomes part of the image, whatever it is that day",
            );
            report.take(draft);
        }
    }
}
