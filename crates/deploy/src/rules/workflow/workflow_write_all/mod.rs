//! Permissions of workflows.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    workflow::{Service, Workflow},
    yaml::Node,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-write-all",
    title: "The pipeline's token may do everything",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[250, 732],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["excessive-permissions", "CKV2_GHA_1", "TokenPermissionsID"],
    effort_minutes: 10,
    audit: false,
    advice: "Give `permissions` that name what a job needs, with `contents: read` at the top",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in deployment.model.workflows.iter().filter(|workflow| workflow.service == Service::GitHub) {
        let file = &deployment.files[workflow.file];
        report.judged(file);
        let top = workflow.root.entry("permissions");
        if let Some(entry) = top {
            one(deployment, report, workflow, entry.span.to(entry.value.span), &entry.value, "");
        }
        let mut silent = Vec::new();
        for job in &workflow.jobs {
            match job.node.entry("permissions") {
                Some(entry) => one(
                    deployment,
                    report,
                    workflow,
                    entry.span.to(entry.value.span),
                    &entry.value,
                    &job.name,
                ),
                None => silent.push(job),
            }
        }
        if top.is_none()
            && let Some(job) = silent.first()
        {
            let message = match silent.len() {
                1 => format!(
                    "The job {} has the permissions that the repository's settings give, which may be all",
                    job.name
                ),
                count => format!(
                    "{count} jobs have the permissions that the repository's settings give, which may be all"
                ),
            };
            let draft = deployment.draft(&RULE, workflow.file, job.span, message);
            let is_untrusted = workflow.trigger("pull_request_target").is_some();
            report.take(if is_untrusted {
                draft.severity(Severity::Medium, "anybody can start the workflow")
            } else {
                draft.severity(Severity::Low, "nothing is said; new repositories give the right to read only")
            });
        }
    }
}

fn one(
    deployment: &Deployment<'_>,
    report: &mut Report,
    workflow: &Workflow,
    span: crate::Span,
    value: &Node,
    job: &str,
) {
    let file = &deployment.files[workflow.file];
    if value.text() == Some("write-all") {
        let message =
            "The token of the pipeline may write everything: code, releases, packages, other workflows";
        report.take(deployment.draft(&RULE, workflow.file, span, message).symbol(job));
    } else {
        report.hold(&RULE, file, span, "permissions are named");
    }
}
