//! Pipelines without security checks.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, workflow::Service};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-no-security-check",
    title: "The pipeline runs no security check",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1053],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Add a job that checks code, dependencies and secrets, and let it fail the build",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Programs whose pipelines test the application.
const TESTS: &[&str] = &[
    "pytest",
    "tox",
    "nox",
    "unittest",
    "nosetests",
    "ruff",
    "flake8",
    "mypy",
    "pylint",
    "coverage",
    "manage.py",
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let model = deployment.model;
    let deployed = |index: usize| deployment.files[index].is_deployed();
    for check in &model.checks {
        report.judged(&deployment.files[model.workflows[check.workflow].file]);
    }
    if model.checks.iter().any(|check| deployed(model.workflows[check.workflow].file)) {
        return;
    }
    // The pipeline that tests the application is where a check belongs.
    let tests = model
        .workflows
        .iter()
        .filter(|workflow| workflow.service != Service::Action && deployed(workflow.file))
        .find_map(|workflow| {
            let (job, _) = workflow.steps().find(|(_, step)| {
                step.commands.iter().any(|command| {
                    command
                        .words
                        .iter()
                        .take(5)
                        .any(|word| TESTS.contains(&word.text.rsplit('/').next().unwrap_or_default()))
                })
            })?;
            Some((workflow, job))
        });
    if let Some((workflow, job)) = tests {
        let message = "The application is tested here, and no pipeline looks for weaknesses in code, dependencies or secrets";
        report.take(deployment.draft(&RULE, workflow.file, job.span, message).symbol(&job.name));
    }
}
