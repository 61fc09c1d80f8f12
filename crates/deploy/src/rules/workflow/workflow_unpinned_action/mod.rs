//! The versions of actions.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, Span, workflow::Service};

/// The rule.
pub static RULE: Rule = Rule {
    id: "workflow-unpinned-action",
    title: "An action of others is not pinned",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[829, 494],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &[
        "unpinned-uses",
        "CKV_GHA_7",
        "PinnedDependenciesID",
        "semgrep:third-party-action-not-pinned-to-commit-sha",
    ],
    effort_minutes: 5,
    audit: false,
    advice: "Name the commit (uses: owner/name@<40 hexadecimal digits> # v1.2.3), and let a bot renew it",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for workflow in &deployment.model.workflows {
        if !matches!(workflow.service, Service::GitHub | Service::Action) {
            continue;
        }
        // One action is one thing to repair, however often a file uses it.
        let mut seen: Vec<&str> = Vec::new();
        for job in &workflow.jobs {
            let uses = job.uses.iter().chain(job.steps.iter().filter_map(|step| step.uses.as_ref()));
            for (name, span) in uses {
                if seen.contains(&name.as_str()) {
                    continue;
                }
                seen.push(name);
                one(deployment, report, workflow.file, &job.name, name, *span);
            }
        }
    }
}

fn one(deployment: &Deployment<'_>, report: &mut Report, index: usize, job: &str, name: &str, span: Span) {
    let file = &deployment.files[index];
    if name.starts_with("./") || name.starts_with("${{") {
        return;
    }
    if let Some(image) = name.strip_prefix("docker://") {
        report.judged(file);
        if !image.contains('@') {
            let draft =
                deployment.draft(&RULE, index, span, format!("The image {image} may come to be another one"));
            report.take(draft.symbol(job));
        }
        return;
    }
    let Some((action, version)) = name.split_once('@') else { return };
    report.judged(file);
    let is_commit = version.len() >= 40 && version.bytes().all(|b| b.is_ascii_hexdigit());
    if is_commit {
        return report.hold(&RULE, file, span, format!("{action} is pinned to a commit"));
    }
    let owner = action.split('/').next().unwrap_or_default();
    let is_own = matches!(owner, "actions" | "github");
    let message = format!("{action} is whatever its owner makes of {version}");
    let draft = deployment.draft(&RULE, index, span, message).symbol(job);
    report.take(if is_branch(version) {
        let severity = if is_own { Severity::Low } else { Severity::Medium };
        draft.severity(severity, "a branch moves with every change")
    } else if is_own {
        draft.severity(Severity::Info, "an action of GitHub itself")
    } else {
        draft
    });
}

/// Whether a version is the name of a branch: versions hold a digit.
fn is_branch(version: &str) -> bool {
    let named =
        matches!(version, "main" | "master" | "develop" | "dev" | "trunk" | "latest" | "stable" | "release");
    named || !version.bytes().any(|b| b.is_ascii_digit())
}
