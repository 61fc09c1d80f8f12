//! Commands that GitHub switched off.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, edit::without_entry};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-unsecure-commands",
    title: "Output of programs may set variables of the pipeline",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[77],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["insecure-commands", "CKV_GHA_1", "semgrep:allowed-unsecure-commands"],
    effort_minutes: 15,
    audit: false,
    advice: "Remove ACTIONS_ALLOW_UNSECURE_COMMANDS, and write to $GITHUB_ENV and $GITHUB_PATH",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

const NAME: &str = "ACTIONS_ALLOW_UNSECURE_COMMANDS";

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in &deployment.model.workflows {
        let file = &deployment.files[workflow.file];
        report.judged(file);
        let jobs = workflow.jobs.iter();
        let steps = workflow.steps().filter_map(|(_, step)| step.node.as_deref());
        let nodes = std::iter::once(&*workflow.root).chain(jobs.map(|job| &*job.node)).chain(steps);
        for node in nodes {
            let Some(env) = node.get("env") else { continue };
            if let Some(entry) = env.entry(NAME).filter(|entry| entry.value.is_true()) {
                let message =
                    "A line in the output of any program may set variables and the path of later steps";
                let span = entry.span.to(entry.value.span);
                let draft = deployment.draft(&RULE, workflow.file, span, message);
                let edit = without_entry(&file.text, env, NAME, "false");
                report.take(draft.repair("Switch the old commands off", false, edit));
            }
        }
    }
}
