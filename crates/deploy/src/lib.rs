//! The deploy plane: what the files around the code say about how it is served.
//!
//! In: the program and the text files of deployment ([`DeployFile`]). Out: findings, facts and effective settings ([`Outcome`]). A rule lives in one folder
//! under `rules/`. Nothing here reads a file, and nothing of the target is run.

mod file;
pub mod rules;
mod settings;

use std::sync::LazyLock;

use clearance_finding::{Examined, PlaneOutcome, Rule, Setting};
use clearance_program::Program;

pub use file::{DeployFile, is_wanted};
use settings::Settings;
pub use settings::{Profile, settle};

/// External paths whose calls and values this plane asks about.
pub fn paths() -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}

/// What the rules look at.
#[derive(Clone, Copy)]
pub struct Deployment<'a> {
    /// The application's code.
    pub program: &'a Program,
    /// The files of deployment, by path.
    pub files: &'a [DeployFile],
    /// The effective settings in production.
    pub(crate) settings: &'a Settings,
    /// The same where nothing but the code decides: no environment files, containers, units, manifests.
    pub(crate) bare: &'a Settings,
}

/// A rule of this plane.
#[derive(Debug)]
pub struct DeployRule {
    /// What it is.
    pub rule: &'static Rule,
    /// Looks, and says what it finds.
    pub check: fn(&Deployment<'_>, &mut Report),
}

/// What one rule says.
#[derive(Debug, Default)]
pub struct Report {
    pub(crate) outcome: PlaneOutcome,
    pub(crate) examined: u32,
    pub(crate) undecided: bool,
}

impl Report {
    /// Something is wrong.
    pub fn finding(&mut self, finding: clearance_finding::Finding) {
        self.outcome.findings.push(finding);
    }

    /// Something is in order.
    pub fn fact(&mut self, fact: clearance_finding::Fact) {
        self.outcome.facts.push(fact);
    }

    /// Something that the rule judges could not be decided: its silence and its facts prove nothing.
    pub(crate) fn undecided(&mut self) {
        self.undecided = true;
    }

    /// What was found so far.
    pub(crate) fn findings(&self) -> &[clearance_finding::Finding] {
        &self.outcome.findings
    }

    /// One more object of the kind that the rule judges was judged, in files that are deployed.
    pub fn examined(&mut self) {
        self.examined += 1;
    }
}

/// What the plane hands over.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings and evidence.
    pub plane: PlaneOutcome,
    /// The effective settings, by name.
    pub settings: Vec<Setting>,
}

/// Every rule of the plane, by id.
pub fn catalogue() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<&'static Rule> = rules().map(|rule| rule.rule).collect();
        all.sort_by_key(|rule| rule.id);
        all
    });
    &ALL
}

/// Every rule with its check, family by family.
pub fn rules() -> impl Iterator<Item = &'static DeployRule> {
    rules::FAMILIES.iter().flat_map(|family| family.rules.iter().copied())
}

/// Runs every rule. The outcome does not depend on the number of threads. `files` are sorted by path.
pub fn run(program: &Program, files: &[DeployFile]) -> Outcome {
    let settings = Settings::resolve(program, files, Profile::Production);
    let bare = if settings.variables.is_empty() {
        Settings::default()
    } else {
        Settings::resolve(program, &[], Profile::Production)
    };
    let deployment = Deployment { program, files, settings: &settings, bare: &bare };
    let mut plane = PlaneOutcome::default();
    for rule in rules() {
        let mut report = Report::default();
        (rule.check)(&deployment, &mut report);
        plane.findings.append(&mut report.outcome.findings);
        plane.notices.append(&mut report.outcome.notices);
        if !report.undecided {
            plane.facts.append(&mut report.outcome.facts);
            plane.examined.push(Examined { rule: rule.rule.id, count: report.examined });
        }
    }
    let code = |finding: &clearance_finding::Finding| {
        let (start, end) = finding.location.bytes;
        let file = files.iter().find(|file| file.path == finding.location.path);
        let text = file.and_then(|file| file.text.get(start as usize..end as usize));
        let text = match text {
            Some(text) => text.to_owned(),
            None => finding.location.code.iter().map(|line| line.text.as_str()).collect(),
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    Outcome { plane: plane.finish(code), settings: settings.listed() }
}
