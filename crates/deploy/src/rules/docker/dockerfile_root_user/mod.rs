//! The user of an image.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    docker::Dockerfile,
    rules::docker::common::{ByDefault, by_default, entry_script},
};

mod repair;

const TITLE: &str = "Run as a user of its own";

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-root-user",
    title: "The image runs as root",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[250],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[
        "DL3002",
        "CKV_DOCKER_3",
        "CKV_DOCKER_8",
        "DS002",
        "AVD-DS-0002",
        "semgrep:missing-user",
        "semgrep:last-user-is-root",
    ],
    effort_minutes: 10,
    audit: false,
    advice: "Create a user in the image and switch to it with USER after everything is installed",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        one(deployment, report, image);
    }
}

fn one(deployment: &Deployment<'_>, report: &mut Report, image: &Dockerfile) {
    let file = &deployment.files[image.file];
    let Some(stage) = image.stages.last() else { return };
    let Some(base) = image.base() else { return };
    let user = image.last("USER").and_then(|user| user.words.first());
    if let Some(user) = user {
        let name = crate::docker::replace_variables(&user.text, |name| default_of(image, name));
        let name = name.split(':').next().unwrap_or_default();
        if name.contains('$') {
            return;
        }
        report.judged(file);
        if !matches!(name, "root" | "0") {
            return report.hold(&RULE, file, user.span, format!("the image runs as {name}"));
        }
        if drops(deployment, image) {
            return report.hold(&RULE, file, user.span, "the entry point gives up root");
        }
        let draft =
            deployment.draft(&RULE, image.file, user.span, "The image runs as root: its last USER says so");
        let edit = repair::edit(file, image, entry_script(deployment, image));
        return report.take(draft.repair(TITLE, false, edit));
    }
    if base.image.is_scratch() && image.last("ENTRYPOINT").is_none() && image.last("CMD").is_none() {
        return;
    }
    if drops(deployment, image) {
        report.judged(file);
        return report.hold(&RULE, file, stage.span, "the entry point gives up root");
    }
    let draft =
        deployment.draft(&RULE, image.file, stage.span, "The image runs as root: no USER in the last stage");
    let draft = match by_default(&base.image) {
        ByDefault::OwnUser => draft,
        _ => draft.repair(TITLE, false, repair::edit(file, image, entry_script(deployment, image))),
    };
    let starts = image.last("CMD").is_some() || image.last("ENTRYPOINT").is_some();
    let draft = match by_default(&base.image) {
        ByDefault::OwnUser => {
            draft.severity(Severity::Info, "the base image starts its service as a user of its own")
        }
        ByDefault::Unknown => draft
            .severity(Severity::Low, "the base image may have a user of its own")
            .confidence(Confidence::Low),
        ByDefault::Root if !starts => draft.severity(Severity::Low, "the image starts nothing by itself"),
        ByDefault::Root => {
            report.judged(file);
            draft
        }
    };
    report.take(draft);
}

/// The default of an argument or the value of a variable.
fn default_of(image: &Dockerfile, name: &str) -> Option<String> {
    let own = image
        .shipped_instructions()
        .filter(|instruction| matches!(instruction.keyword.as_str(), "ARG" | "ENV"));
    let mut all: Vec<_> = own.flat_map(|instruction| instruction.variables()).collect();
    all.extend(image.arguments.iter().cloned());
    all.into_iter().find(|variable| variable.name == name)?.value
}

/// Whether what the image starts changes to another user.
fn drops(deployment: &Deployment<'_>, image: &Dockerfile) -> bool {
    const TOOLS: &[&str] = &["gosu", "su-exec", "setpriv", "runuser", "chpst", "setuidgid", "s6-setuidgid"];
    let starts = ["ENTRYPOINT", "CMD"].iter().filter_map(|keyword| image.last(keyword));
    let direct = starts.flat_map(|start| &start.words).any(|word| TOOLS.contains(&word.text.as_str()));
    direct
        || entry_script(deployment, image).is_some_and(|script| {
            crate::shell::commands(&script.text, 0, false).iter().any(|command| {
                command.words.iter().take(3).any(|word| TOOLS.contains(&word.text.as_str()))
                    || (command.program() == "su" && command.words.len() > 1)
            })
        })
}
