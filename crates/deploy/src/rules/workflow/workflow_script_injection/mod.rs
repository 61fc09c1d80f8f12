//! Expressions with outside data in scripts.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    workflow::{Job, Service, Step, Workflow},
};

mod repair;

use repair::Expression;

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-script-injection",
    title: "Text of strangers becomes part of a script",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[94, 78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "template-injection",
        "CKV_GHA_2",
        "semgrep:run-shell-injection",
        "semgrep:github-script-injection",
        "actions/code-injection",
    ],
    effort_minutes: 10,
    audit: false,
    advice: "Give the text to the script as an environment variable (env: TITLE: ${{ … }}) and use \"$TITLE\" there",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in &deployment.model.workflows {
        if !matches!(workflow.service, Service::GitHub | Service::Action) {
            continue;
        }
        for (job, step) in workflow.steps() {
            if let Some(span) = step.script {
                script(deployment, report, workflow, (job, Some(step)), span);
            }
            let is_script =
                step.uses.as_ref().is_some_and(|(name, _)| name.starts_with("actions/github-script@"));
            if is_script && let Some(text) = step.input("script") {
                script(deployment, report, workflow, (job, None), text.span);
            }
        }
    }
}

/// Looks at a script; `step` is the one whose shell runs it.
fn script(
    deployment: &Deployment<'_>,
    report: &mut Report,
    workflow: &Workflow,
    (job, step): (&Job, Option<&Step>),
    span: Span,
) {
    let file = &deployment.files[workflow.file];
    report.judged(file);
    let text = file.slice(span);
    let mut at = 0;
    let mut found: Vec<(Expression, String)> = Vec::new();
    while let Some(open) = text[at..].find("${{") {
        let start = at + open;
        let Some(close) = text[start..].find("}}") else { break };
        let end = start + close + 2;
        at = end;
        let Some((path, source)) = outside(&text[start + 3..end - 2]) else { continue };
        let place = Span::new(span.start + start, span.start + end);
        found.push((Expression { place, path }, source));
    }
    let (expressions, sources): (Vec<Expression>, Vec<String>) = found.into_iter().unzip();
    // One environment for all of them: they are repaired together.
    let edits = step.and_then(|step| repair::edits(file, workflow, job, step, &expressions));
    for (expression, source) in expressions.iter().zip(sources) {
        let message = format!("{source} becomes part of the script");
        let draft = deployment.draft(&RULE, workflow.file, expression.place, message).symbol(&job.name);
        let draft = match &edits {
            Some((safe, edits)) => {
                draft.repair("Hand the text to the script as an environment variable", *safe, edits.clone())
            }
            None => draft,
        };
        let by_others = [
            "pull_request_target",
            "issues",
            "issue_comment",
            "discussion",
            "discussion_comment",
            "workflow_run",
            "pull_request_review",
            "pull_request_review_comment",
        ];
        let target = by_others.iter().find(|name| workflow.trigger(name).is_some());
        report.take(if source.starts_with("An input") {
            draft.severity(Severity::Low, "only who may start the workflow, or uses the action, gives it")
        } else if workflow.service == Service::GitHub
            && target.is_none()
            && workflow.trigger("pull_request").is_none()
        {
            draft.severity(Severity::Medium, "what starts the workflow comes from people who may write")
        } else {
            draft
        });
    }
}

/// What of an expression comes from outside: its path, and the same for a message.
fn outside(expression: &str) -> Option<(String, String)> {
    // The result of a comparison is no text.
    if ["==", "!=", "&&"].iter().any(|operator| expression.contains(operator))
        || expression.contains("toJSON") && !expression.contains("github.event")
    {
        return None;
    }
    let name = expression.trim();
    let is_path =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '*' | '[' | ']' | '\'');
    for path in name.split(|c: char| !is_path(c)).filter(|path| path.contains('.')) {
        if is_text_of_strangers(path) {
            return Some((path.to_owned(), format!("{path}, which strangers write,")));
        }
        if path.starts_with("inputs.") || path.starts_with("github.event.inputs.") {
            return Some((path.to_owned(), format!("An input ({path})")));
        }
    }
    None
}

fn is_text_of_strangers(path: &str) -> bool {
    const ENDS: &[&str] = &[
        ".title",
        ".body",
        ".label",
        ".message",
        ".name",
        ".email",
        ".ref",
        ".head_ref",
        ".page_name",
        ".default_branch",
        ".head_branch",
        ".display_title",
        ".description",
        ".homepage",
    ];
    if path == "github.head_ref" {
        return true;
    }
    let Some(rest) = path.strip_prefix("github.event.") else { return false };
    const OBJECTS: &[&str] = &[
        "issue",
        "pull_request",
        "comment",
        "review",
        "review_comment",
        "discussion",
        "pages",
        "commits",
        "head_commit",
        "workflow_run",
    ];
    let object = rest.split(['.', '[']).next().unwrap_or_default();
    if !OBJECTS.contains(&object) {
        return false;
    }
    // Names that the repository itself gives are no text of strangers.
    if path.ends_with(".base.ref")
        || path.contains(".base.")
        || rest == "workflow_run.name"
        || path.contains("milestone")
    {
        return false;
    }
    ENDS.iter().any(|end| path.ends_with(end))
}
