//! The deploy plane: what the files around the code say about how it is served.
//!
//! In: the program and the text files of deployment ([`DeployFile`]). Out: findings, facts and effective settings ([`Outcome`]). Every file is parsed once, into a
//! [`Model`]; rules look at that. A rule lives in one folder under `rules/`. Nothing here reads a file, and nothing of the target is run.

pub mod compose;
pub mod docker;
mod edit;
mod file;
mod headers;
pub mod kubernetes;
mod model;
pub mod proxy;
mod report;
pub mod rules;
pub mod server;
mod settings;
pub mod shell;
mod what;
pub mod words;
pub mod workflow;
pub mod yaml;

use std::sync::LazyLock;

use clearance_finding::{EnvironmentLine, Examined, HeaderSources, PlaneOutcome, Rule, Setting};
use clearance_program::Program;
use rayon::prelude::*;

pub use file::{DeployFile, Span, is_wanted};
pub use model::Model;
pub use report::Report;
use settings::{Matrix, Settings};
pub use settings::{Profile, settle};
pub use what::{Purpose, What};

/// External paths whose calls and values this plane asks about.
pub fn paths() -> impl Iterator<Item = &'static str> {
    server::python::PATHS.iter().copied().chain(rules::operations::paths())
}

/// What the rules look at.
#[derive(Clone, Copy)]
pub struct Deployment<'a> {
    /// The application's code.
    pub program: &'a Program,
    /// The files of deployment, by path.
    pub files: &'a [DeployFile],
    /// What they say.
    pub model: &'a Model,
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

/// What the plane hands over.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings and evidence.
    pub plane: PlaneOutcome,
    /// What is told of response headers.
    pub headers: HeaderSources,
    /// The effective settings, by name.
    pub settings: Vec<Setting>,
    /// The environments; empty where there are no settings.
    pub environments: Vec<EnvironmentLine>,
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
    let (model, matrix) = rayon::join(|| Model::new(files), || Matrix::new(program, files));
    let (settings, bare) = (&matrix.production, &matrix.bare);
    let deployment = Deployment { program, files, model: &model, settings, bare };
    let rules: Vec<&'static DeployRule> = rules().collect();
    let reports: Vec<Report> = rules
        .par_iter()
        .map(|rule| {
            let blind = !model.notices.is_empty();
            let mut report = Report { blind, ..Report::default() };
            (rule.check)(&deployment, &mut report);
            report
        })
        .collect();
    let mut plane = PlaneOutcome::default();
    for (rule, mut report) in rules.iter().zip(reports) {
        plane.findings.append(&mut report.outcome.findings);
        plane.notices.append(&mut report.outcome.notices);
        plane.undecided.append(&mut report.outcome.undecided);
        if !report.undecided {
            plane.facts.append(&mut report.outcome.facts);
            plane.examined.push(Examined { rule: rule.rule.id, count: report.examined });
        }
    }
    plane.notices.extend(model.notices.iter().cloned());
    plane.notices.extend(matrix.notices());
    let code = |finding: &clearance_finding::Finding| {
        let (start, end) = finding.location.bytes;
        let found = files.binary_search_by(|file| (*file.path).cmp(&finding.location.path));
        let text = found.ok().and_then(|at| files[at].text.get(start as usize..end as usize));
        let text = match text {
            Some(text) => text.to_owned(),
            None => finding.location.code.iter().map(|line| line.text.as_str()).collect(),
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let plane = plane.finish(code);
    let headers = headers::sources(&deployment);
    Outcome { plane, headers, settings: matrix.listed(), environments: matrix.environments() }
}
