//! Pipelines of continuous integration: their jobs, what these run, and whether a failure counts.
//!
//! `github-actions-models` refuses a file for one key that it does not know and gives no places, `yamlpath` brings a parser in C; the tree of [`crate::yaml`] has
//! both places and tolerance.

mod github;
mod gitlab;
pub(crate) mod rights;
mod security;

use std::sync::Arc;

use crate::{file::Span, shell::Command, yaml::Node};

pub use github::read as read_github;
pub use gitlab::{read as read_gitlab, read_other};
pub use security::{Check, Tolerance, checks};

/// Jobs of one file.
const MAX_JOBS: usize = 300;
/// Steps of one job.
const MAX_STEPS: usize = 300;

/// A pipeline.
#[derive(Debug)]
pub struct Workflow {
    /// Its file, as an index.
    pub file: usize,
    /// Which service runs it.
    pub service: Service,
    /// The whole.
    pub root: Arc<Node>,
    /// What starts it, with the place of each.
    pub triggers: Vec<(String, Span)>,
    /// Its jobs.
    pub jobs: Vec<Job>,
}

/// A service that runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// A workflow of GitHub.
    GitHub,
    /// An action that workflows of GitHub use.
    Action,
    /// GitLab.
    GitLab,
    /// Another one; only commands are known.
    Other,
}

/// A job.
#[derive(Debug)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Where its name is.
    pub span: Span,
    /// The whole.
    pub node: Arc<Node>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Where it says that it may fail.
    pub may_fail: Option<Span>,
    /// Where it says that it never runs.
    pub never: Option<Span>,
    /// A workflow that it consists of.
    pub uses: Option<(String, Span)>,
}

/// A step.
#[derive(Debug, Default)]
pub struct Step {
    /// From its beginning to its end.
    pub span: Span,
    /// The action that it uses.
    pub uses: Option<(String, Span)>,
    /// Its script: the place of the text.
    pub script: Option<Span>,
    /// The commands of its script.
    pub commands: Vec<Command>,
    /// Where it says that it may fail.
    pub may_fail: Option<Span>,
    /// Where it says that it never runs.
    pub never: Option<Span>,
    /// The whole, of GitHub.
    pub node: Option<Arc<Node>>,
}

impl Workflow {
    /// The place of a trigger.
    pub fn trigger(&self, name: &str) -> Option<Span> {
        self.triggers.iter().find(|(known, _)| known == name).map(|(_, span)| *span)
    }

    /// Every step with its job.
    pub fn steps(&self) -> impl Iterator<Item = (&Job, &Step)> {
        self.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)))
    }
}

impl Step {
    /// An input of the action that it uses.
    pub fn input(&self, name: &str) -> Option<&Arc<Node>> {
        self.node.as_ref()?.get("with")?.get(name)
    }
}
