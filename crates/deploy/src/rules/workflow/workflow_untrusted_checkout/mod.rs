//! Check-outs of pull requests in privileged workflows.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-untrusted-checkout",
    title: "Code of strangers runs with secrets",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[829, 94],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &[
        "dangerous-triggers",
        "semgrep:pull-request-target-code-checkout",
        "DangerousWorkflowID",
        "actions/untrusted-checkout",
    ],
    effort_minutes: 60,
    audit: false,
    advice: "Use pull_request for what builds or tests the change, and a second workflow without its code for what needs secrets",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in &deployment.model.workflows {
        let file = &deployment.files[workflow.file];
        let privileged = ["pull_request_target", "workflow_run", "issue_comment"]
            .iter()
            .find_map(|name| Some((*name, workflow.trigger(name)?)));
        let Some((trigger, trigger_span)) = privileged else { continue };
        report.judged(file);
        for job in &workflow.jobs {
            for (position, step) in job.steps.iter().enumerate() {
                let Some((_, span)) =
                    step.uses.as_ref().filter(|(name, _)| name.starts_with("actions/checkout@"))
                else {
                    continue;
                };
                let Some(reference) = ["ref", "repository"]
                    .iter()
                    .find_map(|name| step.input(name))
                    .filter(|node| node.text().is_some_and(is_of_stranger))
                else {
                    continue;
                };
                let message = format!(
                    "{trigger} has the repository's secrets, and the code of the pull request is checked out"
                );
                let runs = job.steps[position + 1..]
                    .iter()
                    .any(|later| later.script.is_some() || later.uses.is_some());
                let draft = deployment.draft(&RULE, workflow.file, *span, message).symbol(&job.name);
                let draft = draft.label(file, reference.span, "the code of the pull request").label(
                    file,
                    trigger_span,
                    "with secrets",
                );
                let is_guarded = job.node.get("environment").is_some()
                    || [Some(&job.node), step.node.as_ref()]
                        .into_iter()
                        .flatten()
                        .any(|node| node.text_at("if").is_some_and(is_guard));
                report.take(if is_guarded {
                    draft.severity(Severity::Medium, "a condition or an approval stands before it")
                } else if runs {
                    draft
                } else {
                    draft.severity(Severity::Medium, "nothing of it seems to be run")
                });
            }
        }
    }
}

fn is_of_stranger(text: &str) -> bool {
    ["github.event.pull_request.head", "github.head_ref", "github.event.workflow_run.head", "refs/pull/"]
        .iter()
        .any(|part| text.contains(part))
}

fn is_guard(condition: &str) -> bool {
    [
        "label",
        "author_association",
        "head.repo.full_name ==",
        "sender",
        "actor",
        "fork == false",
        "!github.event.pull_request.head.repo.fork",
        "head_repository.full_name ==",
    ]
    .iter()
    .any(|part| condition.contains(part))
}
