//! Security checks whose failure does not count.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-failure-ignored",
    title: "A failing security check does not fail the build",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[778, 693],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Let the check fail the build; accept single findings in its configuration instead",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for check in &deployment.model.checks {
        let workflow = &deployment.model.workflows[check.workflow];
        let file = &deployment.files[workflow.file];
        report.judged(file);
        let Some(tolerance) = &check.tolerance else {
            let text = format!("{} can fail the build", check.tool);
            report.hold(&RULE, file, check.span, text);
            continue;
        };
        let message = format!("Whatever {} finds, the build goes on ({})", check.tool, tolerance.by);
        let draft = deployment.draft(&RULE, workflow.file, tolerance.span, message).symbol(&check.job);
        let draft =
            if tolerance.span == check.span { draft } else { draft.label(file, check.span, "the check") };
        report.take(if check.uploads {
            draft.severity(Severity::Info, "its results go to the list of alerts, which may block")
        } else {
            draft
        });
    }
}
