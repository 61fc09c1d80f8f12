//! Secrets in logs of pipelines.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, shell::Joint, workflow::Service};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-secret-printed",
    title: "A secret is printed into the log",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[532, 200],
    owasp_2021: "A09",
    owasp_2025: "A09",
    aliases: &["CKV_GHA_3", "secrets-outside-env"],
    effort_minutes: 10,
    audit: false,
    advice: "Do not print secrets, in no encoding; change the one that was printed",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in &deployment.model.workflows {
        if workflow.service == Service::Other {
            continue;
        }
        let file = &deployment.files[workflow.file];
        for (job, step) in workflow.steps() {
            if step.commands.is_empty() {
                continue;
            }
            report.judged(file);
            for command in &step.commands {
                let prints = matches!(command.program(), "echo" | "printf");
                // What is piped or written elsewhere is not in the log.
                let text = file.slice(command.span());
                let rest = file
                    .text
                    .get(command.span().end..)
                    .and_then(|rest| rest.lines().next())
                    .unwrap_or_default();
                if !prints
                    || command.after == Joint::Pipe
                    || rest.trim_start().starts_with('>')
                    || text.contains("::add-mask::")
                {
                    continue;
                }
                let Some(word) = command
                    .arguments()
                    .iter()
                    .find(|word| word.text.contains("secrets.") && word.text.contains("${{"))
                else {
                    continue;
                };
                let message =
                    "A secret goes to the log: GitHub only hides it where it stands there letter by letter";
                report.take(deployment.draft(&RULE, workflow.file, word.span, message).symbol(&job.name));
            }
            // `set -x` prints every command with its values.
            let traced = step.commands.iter().find(|command| {
                command.program() == "set"
                    && command.arguments().iter().any(|word| {
                        word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('x')
                    })
            });
            let in_script = step.script.is_some_and(|span| file.slice(span).contains("${{ secrets."));
            if let Some(traced) = traced.filter(|_| in_script) {
                let message = "Every command is printed with its values, and one of them holds a secret";
                report.take(deployment.draft(&RULE, workflow.file, traced.span(), message).symbol(&job.name));
            }
        }
    }
}
