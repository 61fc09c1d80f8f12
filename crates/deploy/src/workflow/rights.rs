//! What the jobs of a workflow need the pipeline's token for, as far as their steps tell.

use super::{Job, Step, Workflow};
use crate::{DeployFile, Deployment, yaml::Node};

/// Rights that a job needs beside reading the code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    /// Names of rights to write, in the order of the alphabet.
    pub(crate) write: Vec<String>,
    /// Names of rights to read, without those to write.
    pub(crate) read: Vec<String>,
    /// Everything that it runs is known to need nothing more.
    pub(crate) sure: bool,
}

/// Actions that read the code or nothing, by the beginning of their names.
const READING: &[&str] = &[
    "actions/cache",
    "actions/checkout",
    "actions/download-artifact",
    "actions/setup-",
    "actions/upload-artifact",
    "astral-sh/",
    "azure/setup-",
    "codecov/codecov-action",
    "docker/build-push-action",
    "docker/metadata-action",
    "docker/setup-",
    "gitleaks/gitleaks-action",
    "hadolint/hadolint-action",
    "pre-commit/action",
    "psf/black",
    "pypa/gh-action-pip-audit",
    "pypa/gh-action-pypi-publish",
    "snok/install-poetry",
    "supercharge/",
];

/// Actions that write, by the beginning of their names, and with which rights.
const WRITING: &[(&str, &[&str])] = &[
    ("JamesIves/github-pages-deploy-action", &["contents"]),
    ("actions/deploy-pages", &["id-token", "pages"]),
    ("actions/first-interaction", &["issues", "pull-requests"]),
    ("actions/labeler", &["pull-requests"]),
    ("actions/stale", &["issues", "pull-requests"]),
    ("ad-m/github-push-action", &["contents"]),
    ("dessant/lock-threads", &["issues", "pull-requests"]),
    ("github/codeql-action", &["security-events"]),
    ("googleapis/release-please-action", &["contents", "pull-requests"]),
    ("marocchino/sticky-pull-request-comment", &["pull-requests"]),
    ("ncipollo/release-action", &["contents"]),
    ("peaceiris/actions-gh-pages", &["contents"]),
    ("peter-evans/create-or-update-comment", &["issues", "pull-requests"]),
    ("peter-evans/create-pull-request", &["contents", "pull-requests"]),
    ("release-drafter/release-drafter", &["contents", "pull-requests"]),
    ("softprops/action-gh-release", &["contents"]),
    ("stefanzweifel/git-auto-commit-action", &["contents"]),
];

/// Actions that read more than the code, by the beginning of their names, and with which right.
const LOOKING: &[(&str, &str)] = &[
    ("amannn/action-semantic-pull-request", "pull-requests"),
    ("dependabot/fetch-metadata", "pull-requests"),
    ("dorny/paths-filter", "pull-requests"),
    ("tj-actions/changed-files", "pull-requests"),
];

/// Commands of `git` and `gh` that write.
const COMMANDS: &[(&str, &[&str], &[&str])] = &[
    ("git", &["push"], &["contents"]),
    ("gh", &["release"], &["contents"]),
    ("gh", &["pr"], &["contents", "pull-requests"]),
    ("gh", &["issue", "label"], &["issues"]),
    ("mike", &["deploy"], &["contents"]),
    ("mkdocs", &["gh-deploy"], &["contents"]),
    ("semantic-release", &["version", "publish"], &["contents"]),
];

/// Workflows that call each other are followed so far.
const MAX_CALLS: u32 = 4;

/// What a job needs. Nothing where it is a workflow that is not in the tree: a called workflow that asks for more than its caller has is not run at all.
pub(crate) fn needs(deployment: &Deployment<'_>, workflow: &Workflow, job: &Job) -> Option<Needs> {
    let mut found = called(deployment, workflow, job, 0)?;
    found.write.sort_unstable();
    found.write.dedup();
    found.read.retain(|right| !found.write.contains(right));
    found.read.sort_unstable();
    found.read.dedup();
    Some(found)
}

fn called(deployment: &Deployment<'_>, workflow: &Workflow, job: &Job, depth: u32) -> Option<Needs> {
    let file = &deployment.files[workflow.file];
    let mut found = Needs { sure: true, ..Needs::default() };
    if let Some((name, _)) = &job.uses {
        let path = name.strip_prefix("./").filter(|_| depth < MAX_CALLS)?;
        let is_it = |other: &&Workflow| deployment.files[other.file].path.ends_with(path);
        let other = deployment.model.workflows.iter().find(is_it)?;
        for job in &other.jobs {
            let given = job.node.get("permissions").or_else(|| other.root.get("permissions"));
            let inner = match given {
                Some(given) => granted(given)?,
                None => called(deployment, other, job, depth + 1)?,
            };
            found.write.extend(inner.write);
            found.read.extend(inner.read);
            found.sure &= inner.sure;
        }
        return Some(found);
    }
    for step in &job.steps {
        of_step(file, step, &mut found);
    }
    // An environment of the whole workflow hands the token to every step.
    found.sure &= !workflow.root.get("env").is_some_and(|env| names_token(file.slice(env.span)));
    found.sure &= !job.node.get("env").is_some_and(|env| names_token(file.slice(env.span)));
    Some(found)
}

/// What a block of permissions gives.
fn granted(given: &Node) -> Option<Needs> {
    let mut found = Needs { sure: true, ..Needs::default() };
    match given.text() {
        Some("write-all") => return None,
        Some(_) => {}
        None => {
            for entry in given.entries() {
                match entry.value.text() {
                    Some("write") => found.write.push(entry.key.clone()),
                    Some("read") if entry.key != "contents" => found.read.push(entry.key.clone()),
                    _ => {}
                }
            }
        }
    }
    Some(found)
}

fn names_token(text: &str) -> bool {
    text.contains("GITHUB_TOKEN") || text.contains("github.token")
}

fn of_step(file: &DeployFile, step: &Step, found: &mut Needs) {
    let text = file.slice(step.span);
    if let Some((action, _)) = &step.uses {
        let lower = action.to_ascii_lowercase();
        let begins = |start: &str| lower.starts_with(&start.to_ascii_lowercase());
        if let Some((_, rights)) = WRITING.iter().find(|(start, _)| begins(start)) {
            found.write.extend(rights.iter().map(|right| (*right).to_owned()));
            // It reads which run it belongs to.
            if lower.starts_with("github/codeql-action") {
                found.read.push("actions".to_owned());
            }
        } else if let Some((_, right)) = LOOKING.iter().find(|(start, _)| begins(start)) {
            found.read.push((*right).to_owned());
        } else if lower.starts_with("docker/login-action") {
            if text.contains("ghcr.io") {
                found.write.push("packages".to_owned());
            }
        } else if !READING.iter().any(|start| begins(start)) {
            found.sure = false;
        }
    }
    let mut writes = false;
    for command in &step.commands {
        for (program, words, rights) in COMMANDS {
            if command.program() == *program && command.has(words) {
                found.write.extend(rights.iter().map(|right| (*right).to_owned()));
                writes = true;
            }
        }
        found.sure &= !matches!(command.program(), "gh" | "hub" | "docker") || writes;
    }
    found.sure &= !names_token(text) && !writes && (step.script.is_none() || !step.commands.is_empty());
}

/// The lines of a block of permissions, without indentation before the first.
pub(crate) fn block(needs: &Needs, unit: &str) -> Vec<String> {
    let mut lines = vec!["permissions:".to_owned()];
    if !needs.write.iter().any(|right| right == "contents") {
        lines.push(format!("{unit}contents: read"));
    }
    lines.extend(needs.read.iter().map(|right| format!("{unit}{right}: read")));
    lines.extend(needs.write.iter().map(|right| format!("{unit}{right}: write")));
    lines
}
