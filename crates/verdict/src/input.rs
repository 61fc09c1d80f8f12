//! What the planes hand over: the raw material of an assessment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use clearance_finding::{
    Dependency, DeploymentKind, EnvironmentLine, Examined, Fact, Finding, Notice, Plane, Route, Rule,
    Setting, Severity,
};
use jiff::Timestamp;

use crate::words::{Capability, FileStatus, HiddenBy, PlaneStatus, Profile};

/// Everything that [`crate::assess`] looks at. Nothing else influences an assessment.
#[derive(Debug, Clone)]
pub struct Input {
    /// Who, what, when.
    pub header: Header,
    /// What became of each plane; a plane that is missing here counts as skipped.
    pub planes: Vec<PlaneRun>,
    /// What this run was able to analyse.
    pub capabilities: BTreeSet<Capability>,
    /// The findings, acceptances already applied (see [`crate::acceptance::apply`]).
    pub findings: Vec<Finding>,
    /// Things looked at and found in order.
    pub facts: Vec<Fact>,
    /// What rules could not decide, and why.
    pub undecided: Vec<Fact>,
    /// How many objects each rule judged: one entry for every rule that ran, also where the count is 0. A rule without
    /// an entry has not said what it looked at, so its silence is no evidence.
    pub examined: Vec<Examined>,
    /// Routes with their protections.
    pub routes: Vec<Route>,
    /// Effective settings.
    pub settings: Vec<Setting>,
    /// The environments, and whether the target has them.
    pub environments: Vec<EnvironmentLine>,
    /// Dependencies with their advisories.
    pub dependencies: Vec<Dependency>,
    /// Every file of the inventory that a plane of this run could have looked at.
    pub files: Vec<FileLine>,
    /// What could not be seen; coverage is computed from this and from `files`.
    pub notices: Vec<Notice>,
    /// The whole catalogue, rules that were off included, [`crate::RULES`] too.
    pub rules: Vec<&'static Rule>,
    /// Ids of the rules that ran.
    pub enabled: BTreeSet<&'static str>,
    /// Findings that were made and are not among `findings`.
    pub hidden: Vec<Hidden>,
    /// The files of deployment, and what they are about. What could not be seen of them touches only the controls whose rules look at such files.
    pub deployment: BTreeMap<Arc<str>, DeploymentKind>,
}

/// Who, what, when.
#[derive(Debug, Clone)]
pub struct Header {
    /// Version of the program (`"0.1.0"`).
    pub tool_version: String,
    /// Version of the rule set, see [`crate::rule_set_version`].
    pub rule_set: String,
    /// Name of the target, usually its folder's.
    pub target: String,
    /// Commit of the target, full or short, if it is known.
    pub commit: Option<String>,
    /// Whether the work tree differs from the commit; `None` when that is not known.
    pub dirty: Option<bool>,
    /// The environment that the decision is made for.
    pub profile: Profile,
    /// When the run began: the only clock in an assessment.
    pub time: Timestamp,
    /// How long the analysis took.
    pub duration: Duration,
    /// The command line as typed, ready to be typed again.
    pub command: String,
}

/// What became of a plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaneRun {
    /// Which.
    pub plane: Plane,
    /// What became of it.
    pub status: PlaneStatus,
    /// Why it was skipped or failed, a clause (`"no URL given"`); when it ran, what it looked at beside the code, if anything (`"12 files of deployment"`).
    pub why: String,
}

/// A file of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// `application`, `test`, `migration`, `vendored`, `generated` or `documentation`.
    pub role: &'static str,
    /// What it holds (`"python"`, `"notebook"`).
    pub kind: &'static str,
    /// What became of it.
    pub status: FileStatus,
    /// Lines of text.
    pub lines: u32,
}

/// Findings that were made and are not shown, by rule and severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The rule.
    pub rule: &'static Rule,
    /// Their severity.
    pub severity: Severity,
    /// What hides them.
    pub by: HiddenBy,
    /// How many.
    pub count: u32,
}
