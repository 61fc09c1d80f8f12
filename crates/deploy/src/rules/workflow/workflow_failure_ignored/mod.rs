//! Security checks whose failure does not count.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployFile, DeployRule, Deployment, Report, Span,
    edit::{Replaced, is_inline, own_entry, without_entry, without_word},
    workflow::{Check, Step, Tolerance, Workflow},
};

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
        let draft = match edits(file, workflow, check, tolerance) {
            Some((title, edits)) => draft.repair(title, false, edits),
            None => draft,
        };
        report.take(if check.uploads {
            draft.severity(Severity::Info, "its results go to the list of alerts, which may block")
        } else {
            draft
        });
    }
}

/// What lets the check fail the build.
fn edits(
    file: &DeployFile,
    workflow: &Workflow,
    check: &Check,
    tolerance: &Tolerance,
) -> Option<(String, Vec<Replaced>)> {
    let text = &file.text;
    let title = || format!("Take {} away", tolerance.by);
    let holder = |key: &str| {
        let jobs = workflow.jobs.iter().map(|job| &*job.node);
        let steps = workflow.steps().filter_map(|(_, step)| step.node.as_deref());
        jobs.chain(steps).find(|node| {
            node.entries()
                .iter()
                .any(|entry| entry.key == key && entry.span.to(entry.value.span) == tolerance.span)
        })
    };
    match tolerance.by {
        "continue-on-error: true" => {
            let node = holder("continue-on-error")?;
            Some((title(), vec![without_entry(text, node, "continue-on-error", "false")?]))
        }
        "allow_failure: true" => {
            let node = holder("allow_failure")?;
            Some((title(), vec![without_entry(text, node, "allow_failure", "false")?]))
        }
        "|| true" => {
            let inner = text.get(tolerance.span.start..tolerance.span.end)?;
            // What is done in place of the check may be more than one word; only what does nothing goes.
            let rest = inner.strip_suffix("true").or_else(|| inner.strip_suffix(':'))?;
            let kept = rest.trim_end().strip_suffix("||")?.trim_end();
            let tail = text[tolerance.span.end..].trim_start_matches([' ', '\t', '\r']);
            let ends = tail.is_empty() || tail.starts_with(['\n', '"', '\'', ';', '#']);
            let start = tolerance.span.start + kept.len();
            ends.then(|| (title(), vec![(Span::new(start, tolerance.span.end), String::new())]))
        }
        "--exit-zero" | "--continue-on-error" | "--soft-fail" | "--no-fail" => {
            Some((title(), vec![without_word(text, tolerance.span)]))
        }
        "--exit-code=0" => {
            let written = text.get(tolerance.span.start..tolerance.span.end)? == "--exit-code=0";
            written
                .then(|| ("Use --exit-code=1".to_owned(), vec![(tolerance.span, "--exit-code=1".to_owned())]))
        }
        "semgrep without --error" => {
            let end = check.span.end;
            // A word at the end of the command, if what is seen is what is written.
            let written = text.get(check.span.start..end)?.contains(&*check.tool);
            written.then(|| ("Add --error".to_owned(), vec![(Span::new(end, end), " --error".to_owned())]))
        }
        "fail-build: false" => input(workflow, check, text, "fail-build", "true"),
        "soft_fail: true" => input(workflow, check, text, "soft_fail", "false"),
        "exit_zero: true" => input(workflow, check, text, "exit_zero", "false"),
        _ => None,
    }
}

/// Another value for an input of the action that checks.
fn input(
    workflow: &Workflow,
    check: &Check,
    text: &str,
    name: &str,
    value: &str,
) -> Option<(String, Vec<Replaced>)> {
    let uses = |step: &&Step| step.uses.as_ref().is_some_and(|(_, span)| *span == check.span);
    let (_, step) = workflow.steps().find(|(_, step)| uses(step))?;
    let entry = own_entry(step.node.as_ref()?.get("with")?, name).filter(|entry| is_inline(text, entry))?;
    Some((format!("Set {name}: {value}"), vec![(entry.value.span, value.to_owned())]))
}
