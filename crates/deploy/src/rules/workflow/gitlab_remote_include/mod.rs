//! Includes and images of pipelines of GitLab.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    docker::{Image, Pin},
    workflow::Service,
    yaml::Node,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "gitlab-remote-include",
    title: "The pipeline takes in what others may change",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[829],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Take in files of the own server at a commit (project, ref), and name versions of images",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in deployment.model.workflows.iter().filter(|workflow| workflow.service == Service::GitLab) {
        let file = &deployment.files[workflow.file];
        for include in workflow.root.get("include").map(|node| node.one_or_more()).unwrap_or_default() {
            report.judged(file);
            let remote = include
                .get("remote")
                .map(|node| &**node)
                .or(Some(include))
                .filter(|node| node.text().is_some_and(|text| text.starts_with("http")));
            if let Some(remote) = remote.filter(|_| include.get("integrity").is_none()) {
                let message = "The pipeline runs what this address sends that day";
                report.take(deployment.draft(&RULE, workflow.file, remote.span, message));
            }
            if let Some(project) = include.get("project").filter(|_| include.get("ref").is_none()) {
                let draft = deployment.draft(
                    &RULE,
                    workflow.file,
                    project.span,
                    "The pipeline runs what the default branch of another project says",
                );
                report.take(draft.severity(Severity::Low, "a project of the same server"));
            }
        }
        let default = workflow.root.get("default").and_then(|node| node.get("image"));
        let images = workflow
            .root
            .get("image")
            .into_iter()
            .chain(default)
            .chain(workflow.jobs.iter().filter_map(|job| job.node.get("image")));
        for node in images {
            let name: Option<&Node> =
                if node.text().is_some() { Some(node) } else { node.get("name").map(|node| &**node) };
            let Some((name, text)) = name.and_then(|name| Some((name, name.text()?))) else { continue };
            let image = Image::parse(text);
            report.judged(file);
            if matches!(image.pin(), Pin::Moving | Pin::Nothing) {
                let draft = deployment.draft(
                    &RULE,
                    workflow.file,
                    name.span,
                    format!("The image {} is another one with every release", image.name),
                );
                report.take(draft.severity(Severity::Low, "an image without a version"));
            }
        }
    }
}
