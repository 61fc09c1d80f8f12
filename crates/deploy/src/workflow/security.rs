//! The security checks of a pipeline, and whether they can fail it.

use super::{Job, Service, Step, Workflow};
use crate::{
    file::Span,
    shell::{Command, Joint, option},
};

/// A security check in a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The pipeline, as an index.
    pub workflow: usize,
    /// The job's name.
    pub job: String,
    /// What checks.
    pub tool: String,
    /// The command or the action.
    pub span: Span,
    /// Why a failure of it does not count.
    pub tolerance: Option<Tolerance>,
    /// Whether its results go to the service's own list of alerts.
    pub uploads: bool,
}

/// Why a failure does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tolerance {
    /// What says so (`continue-on-error`).
    pub by: &'static str,
    /// Where.
    pub span: Span,
}

/// Commands that look for weaknesses, and how they are called in a report.
const COMMANDS: &[&str] = &[
    "pip-audit",
    "safety",
    "bandit",
    "semgrep",
    "opengrep",
    "trivy",
    "grype",
    "osv-scanner",
    "gitleaks",
    "trufflehog",
    "detect-secrets",
    "clearance",
    "snyk",
    "checkov",
    "zizmor",
    "bearer",
    "horusec",
    "kics",
    "dockle",
    "cargo-audit",
    "govulncheck",
    "ggshield",
    "detect-secrets-hook",
    "tfsec",
    "poutine",
    "pyt",
    "guarddog",
];

/// Actions that do the same, by the beginning of their names.
const ACTIONS: &[(&str, &str)] = &[
    ("github/codeql-action/analyze", "CodeQL"),
    ("pypa/gh-action-pip-audit", "pip-audit"),
    ("pyupio/safety", "safety"),
    ("pycqa/bandit-action", "bandit"),
    ("tj-actions/bandit", "bandit"),
    ("semgrep/semgrep-action", "semgrep"),
    ("returntocorp/semgrep-action", "semgrep"),
    ("aquasecurity/trivy-action", "trivy"),
    ("anchore/scan-action", "grype"),
    ("google/osv-scanner-action", "osv-scanner"),
    ("gitleaks/gitleaks-action", "gitleaks"),
    ("trufflesecurity/trufflehog", "trufflehog"),
    ("snyk/actions", "snyk"),
    ("bridgecrewio/checkov-action", "checkov"),
    ("zizmorcore/zizmor-action", "zizmor"),
    ("woodruffw/zizmor-action", "zizmor"),
    ("actions/dependency-review-action", "dependency review"),
    ("gitguardian/ggshield-action", "ggshield"),
    ("sonarsource/sonarqube-scan-action", "SonarQube"),
    ("sonarsource/sonarcloud-github-action", "SonarQube"),
    ("secureCodeWarrior", "secure code warrior"),
    ("ossf/scorecard-action", "scorecard"),
    ("veracode/", "Veracode"),
    ("checkmarx/", "Checkmarx"),
    ("fossas/fossa-action", "FOSSA"),
];

/// The checks of all pipelines.
pub fn checks(workflows: &[Workflow]) -> Vec<Check> {
    let mut found = Vec::new();
    for (index, workflow) in workflows.iter().enumerate() {
        for job in &workflow.jobs {
            let uploads = job.steps.iter().any(|step| {
                step.uses
                    .as_ref()
                    .is_some_and(|(name, _)| name.starts_with("github/codeql-action/upload-sarif"))
            });
            for step in &job.steps {
                found.extend(of_step(index, workflow, job, step, uploads));
            }
            if workflow.service == Service::GitLab {
                found.extend(gitlab_template(index, workflow, job));
            }
        }
    }
    found
}

fn of_step(index: usize, workflow: &Workflow, job: &Job, step: &Step, uploads: bool) -> Vec<Check> {
    let outer =
        [(step.never, NEVER), (job.never, NEVER), (step.may_fail, MAY_FAIL), (job.may_fail, MAY_FAIL)];
    let outer = outer
        .into_iter()
        .find_map(|(span, by)| Some(Tolerance { by: by.name(workflow.service), span: span? }));
    let check = |tool: &str, span: Span, own: Option<Tolerance>| Check {
        workflow: index,
        job: job.name.clone(),
        tool: tool.to_owned(),
        span,
        tolerance: outer.clone().or(own),
        uploads,
    };
    let mut found = Vec::new();
    if let Some((name, span)) = &step.uses {
        let lower = name.to_ascii_lowercase();
        if let Some((_, tool)) =
            ACTIONS.iter().find(|(start, _)| lower.starts_with(&start.to_ascii_lowercase()))
        {
            found.push(check(tool, *span, action_tolerance(tool, step, *span)));
        }
    }
    for (position, command) in step.commands.iter().enumerate() {
        let Some((tool, words)) = tool_of(command) else { continue };
        let own = command_tolerance(tool, command, words, step.commands.get(position + 1));
        // The parts of one check (`safety check; safety scan`) are checks of their own.
        found.push(check(tool, command.span(), own));
    }
    found
}

struct By(&'static str, &'static str);
const NEVER: By = By("if: false", "when: never");
const MAY_FAIL: By = By("continue-on-error: true", "allow_failure: true");

impl By {
    fn name(&self, service: Service) -> &'static str {
        if service == Service::GitLab { self.1 } else { self.0 }
    }
}

/// The tool that a command runs, and its words.
fn tool_of(command: &Command) -> Option<(&'static str, &[crate::shell::Word])> {
    let mut words = command.words.as_slice();
    for _ in 0..6 {
        let name = crate::shell::program_name(words);
        if let Some(tool) = COMMANDS.iter().find(|known| **known == name || name == known.replace('-', "_")) {
            let only_asks = words.len() > 1
                && words[1..].iter().all(|word| {
                    matches!(word.text.as_str(), "--version" | "--help" | "version" | "login" | "auth")
                });
            return (!only_asks && !is_preparation(tool, words)).then_some((*tool, words));
        }
        let skip = match name {
            "python" | "python3" | "py" if words.get(1).is_some_and(|word| word.text == "-m") => 2,
            "uvx" | "pipx" | "poetry" | "uv" | "pipenv" | "pdm" | "hatch" | "rye" | "npx" | "sudo"
            | "time" | "exec" | "tox" => {
                1 + words
                    .iter()
                    .skip(1)
                    .take_while(|word| {
                        word.text.starts_with('-') || matches!(word.text.as_str(), "run" | "tool" | "x")
                    })
                    .count()
            }
            // `docker run image …`: the image names the tool.
            "docker" | "podman" if words.get(1).is_some_and(|word| word.text == "run") => {
                let image = words.iter().skip(2).position(|word| {
                    let last = word.text.rsplit('/').next().unwrap_or_default();
                    COMMANDS.contains(&last.split([':', '@']).next().unwrap_or_default())
                })?;
                let last = words[image + 2].text.rsplit('/').next().unwrap_or_default();
                let tool = COMMANDS.iter().find(|known| last.split([':', '@']).next() == Some(**known))?;
                return Some((tool, &words[image + 2..]));
            }
            _ => return None,
        };
        words = words.get(skip..).filter(|rest| !rest.is_empty())?;
    }
    None
}

/// Subcommands that check nothing.
fn is_preparation(tool: &str, words: &[crate::shell::Word]) -> bool {
    let second = words.get(1).map_or("", |word| word.text.as_str());
    match tool {
        "trivy" => matches!(second, "convert" | "clean" | "plugin"),
        "snyk" => matches!(second, "monitor" | "config"),
        "clearance" => matches!(second, "explain" | "rules" | "completions"),
        _ => false,
    }
}

fn command_tolerance(
    tool: &str,
    command: &Command,
    words: &[crate::shell::Word],
    next: Option<&Command>,
) -> Option<Tolerance> {
    if command.after == Joint::Or
        && let Some(next) = next
        && matches!(next.program(), "true" | ":" | "echo" | "printf")
    {
        return Some(Tolerance { by: "|| true", span: command.span().to(next.span()) });
    }
    let flag = |names: &[&'static str]| {
        words.iter().find_map(|word| {
            let by = names.iter().find(|name| word.text == **name)?;
            Some(Tolerance { by, span: word.span })
        })
    };
    let by = |by| Some(Tolerance { by, span: command.span() });
    if let Some(found) = flag(&[
        "--exit-zero",
        "--continue-on-error",
        "--soft-fail",
        "--no-fail",
        "--exit-code=0",
        "--fail-on=never",
    ]) {
        return Some(found);
    }
    match tool {
        // They report, and end well, unless they are told otherwise.
        "trivy" if option(words, &["--exit-code"]).is_none_or(|(code, _)| code == "0") => {
            by("trivy without --exit-code 1")
        }
        "semgrep" | "opengrep"
            if !words.iter().any(|word| matches!(word.text.as_str(), "--error" | "ci")) =>
        {
            by("semgrep without --error")
        }
        "grype" if option(words, &["--fail-on", "-f"]).is_none() => by("grype without --fail-on"),
        "gitleaks" if option(words, &["--exit-code"]).is_some_and(|(code, _)| code == "0") => {
            by("--exit-code 0")
        }
        "clearance" if option(words, &["--fail-on"]).is_some_and(|(value, _)| value == "never") => {
            by("--fail-on never")
        }
        _ => None,
    }
}

fn action_tolerance(tool: &str, step: &Step, span: Span) -> Option<Tolerance> {
    let is = |name: &str, values: &[&str]| {
        step.input(name).and_then(|node| node.text()).is_some_and(|text| values.contains(&text))
    };
    match tool {
        "trivy" if step.input("exit-code").is_none() || is("exit-code", &["0"]) => {
            Some(Tolerance { by: "trivy-action without exit-code: 1", span })
        }
        "grype" if is("fail-build", &["false"]) => Some(Tolerance { by: "fail-build: false", span }),
        "checkov" if is("soft_fail", &["true"]) => Some(Tolerance { by: "soft_fail: true", span }),
        "bandit" if is("exit_zero", &["true"]) => Some(Tolerance { by: "exit_zero: true", span }),
        _ => None,
    }
}

/// Jobs of GitLab's own templates, by their names.
fn gitlab_template(index: usize, workflow: &Workflow, job: &Job) -> Option<Check> {
    const JOBS: &[(&str, &str)] = &[
        ("sast", "GitLab SAST"),
        ("secret_detection", "GitLab secret detection"),
        ("dependency_scanning", "GitLab dependency scanning"),
        ("container_scanning", "GitLab container scanning"),
    ];
    let (_, tool) = JOBS.iter().find(|(name, _)| *name == job.name)?;
    let tolerance = job.may_fail.map(|span| Tolerance { by: MAY_FAIL.name(workflow.service), span });
    Some(Check {
        workflow: index,
        job: job.name.clone(),
        tool: (*tool).to_owned(),
        span: job.span,
        tolerance,
        uploads: false,
    })
}
