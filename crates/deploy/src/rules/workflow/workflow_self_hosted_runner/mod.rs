//! Self-hosted runners and pull requests.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, workflow::Service};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-self-hosted-runner",
    title: "Pull requests run on a machine of one's own",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[653],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["self-hosted-runner", "semgrep:self-hosted-runner"],
    effort_minutes: 30,
    audit: false,
    advice: "Run pull requests on runners of the service, or on machines that are thrown away after each job",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in deployment.model.workflows.iter().filter(|workflow| workflow.service == Service::GitHub) {
        let file = &deployment.files[workflow.file];
        let by_pull_request =
            workflow.trigger("pull_request").is_some() || workflow.trigger("pull_request_target").is_some();
        for job in &workflow.jobs {
            report.judged(file);
            let Some(runs_on) = job.node.get("runs-on") else { continue };
            let label = runs_on.one_or_more().into_iter().find(|node| node.text() == Some("self-hosted"));
            if let Some(label) = label.filter(|_| by_pull_request) {
                let message = "In a public repository, anybody's pull request runs code on this machine";
                report.take(deployment.draft(&RULE, workflow.file, label.span, message).symbol(&job.name));
            }
        }
    }
}
