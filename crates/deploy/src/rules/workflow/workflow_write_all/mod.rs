//! Permissions of workflows.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    edit::{Replaced, before_entry, column, line, own_entry},
    workflow::{
        Job, Service, Workflow,
        rights::{Needs, block, needs},
    },
    yaml::{Entry, Node},
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
        let silent: Vec<&Job> =
            workflow.jobs.iter().filter(|job| job.node.entry("permissions").is_none()).collect();
        if let Some(entry) = top {
            let edits = || {
                let top = (entry.span.to(entry.value.span), block(&Needs::default(), "  ").join("\n"));
                Some([vec![top], for_jobs(deployment, workflow, &silent)?].concat())
            };
            one(deployment, report, workflow, (entry, ""), &edits);
        }
        for job in &workflow.jobs {
            if let Some(entry) = job.node.entry("permissions") {
                let edits = || {
                    let blanks = format!("\n{}", " ".repeat(column(&file.text, &job.node)?));
                    let lines = block(&needs(deployment, workflow, job)?, "  ").join(&blanks);
                    Some(vec![(entry.span.to(entry.value.span), lines)])
                };
                one(deployment, report, workflow, (entry, &job.name), &edits);
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
            let draft = match named(deployment, workflow, &silent) {
                Some((safe, edits)) => draft.repair("Name the rights that the steps need", safe, edits),
                None => draft,
            };
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
    (entry, job): (&Entry, &str),
    edits: &dyn Fn() -> Option<Vec<Replaced>>,
) {
    let file = &deployment.files[workflow.file];
    let span = entry.span.to(entry.value.span);
    if entry.value.text() == Some("write-all") {
        let message =
            "The token of the pipeline may write everything: code, releases, packages, other workflows";
        let draft = deployment.draft(&RULE, workflow.file, span, message).symbol(job);
        report.take(match edits() {
            Some(edits) => draft.repair("Name the rights that the steps need", false, edits),
            None => draft,
        });
    } else {
        report.hold(&RULE, file, span, "permissions are named");
    }
}

/// `contents: read` above the jobs, and more for those that need it. With it, whether every step is known to need nothing more.
fn named(deployment: &Deployment<'_>, workflow: &Workflow, silent: &[&Job]) -> Option<(bool, Vec<Replaced>)> {
    let text = &deployment.files[workflow.file].text;
    let jobs = own_entry(&workflow.root, "jobs")?;
    if column(text, &workflow.root)? != 0 {
        return None;
    }
    let mut at = line(text, jobs.span.start).start;
    // Comments right above belong to the jobs.
    while at > 0 {
        let before = line(text, at - 1);
        if !text[before.start..before.end].starts_with('#') {
            break;
        }
        at = before.start;
    }
    let apart = at == 0 || text[line(text, at - 1).start..at].trim().is_empty();
    let blank = if apart { "" } else { "\n" };
    let top = (Span::new(at, at), format!("{blank}{}\n\n", block(&Needs::default(), "  ").join("\n")));
    let sure = silent.iter().all(|job| needs(deployment, workflow, job).is_some_and(|needs| needs.sure));
    Some((sure, [vec![top], for_jobs(deployment, workflow, silent)?].concat()))
}

/// Blocks for the jobs that need more than to read the code.
fn for_jobs(deployment: &Deployment<'_>, workflow: &Workflow, silent: &[&Job]) -> Option<Vec<Replaced>> {
    let mut edits = Vec::new();
    for job in silent {
        let needs = needs(deployment, workflow, job)?;
        if needs.write.is_empty() && needs.read.is_empty() {
            continue;
        }
        let node: &Node = &job.node;
        let place = own_entry(node, "steps").or_else(|| own_entry(node, "uses"))?;
        edits.push(before_entry(&deployment.files[workflow.file].text, node, place, &block(&needs, "  "))?);
    }
    Some(edits)
}
