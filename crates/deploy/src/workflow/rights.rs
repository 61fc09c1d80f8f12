//! What the jobs of a workflow need the pipeline's token for, as far as their steps tell.

use super::{Job, Step, Workflow};
use crate::DeployFile;

/// Rights that a job needs beside reading the code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    /// Names of rights to write, in the order of the alphabet.
    pub(crate) write: Vec<&'static str>,
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

/// What a job needs.
pub(crate) fn needs(file: &DeployFile, workflow: &Workflow, job: &Job) -> Needs {
    let mut found = Needs { write: Vec::new(), sure: job.uses.is_none() };
    for step in &job.steps {
        of_step(file, step, &mut found);
    }
    // An environment of the whole workflow hands the token to every step.
    found.sure &= !workflow.root.get("env").is_some_and(|env| names_token(file.slice(env.span)));
    found.sure &= !job.node.get("env").is_some_and(|env| names_token(file.slice(env.span)));
    found.write.sort_unstable();
    found.write.dedup();
    found
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
            found.write.extend(*rights);
        } else if lower.starts_with("docker/login-action") {
            if text.contains("ghcr.io") {
                found.write.push("packages");
            }
        } else if !READING.iter().any(|start| begins(start)) {
            found.sure = false;
        }
    }
    let mut writes = false;
    for command in &step.commands {
        for (program, words, rights) in COMMANDS {
            if command.program() == *program && command.has(words) {
                found.write.extend(*rights);
                writes = true;
            }
        }
        found.sure &= !matches!(command.program(), "gh" | "hub" | "docker") || writes;
    }
    found.sure &= !names_token(text) && !writes && (step.script.is_none() || !step.commands.is_empty());
}

/// The lines of a block of permissions, without indentation before the first.
pub(crate) fn block(write: &[&str], unit: &str) -> Vec<String> {
    let mut lines = vec!["permissions:".to_owned()];
    if !write.contains(&"contents") {
        lines.push(format!("{unit}contents: read"));
    }
    lines.extend(write.iter().map(|right| format!("{unit}{right}: write")));
    lines
}
