//! The routes of an application and what protects them.
//!
//! In: the program. Out: every route with its protections, and findings on them ([`Outcome`]). A rule lives in one folder under `rules/`.

pub mod rules;

use std::sync::LazyLock;

use clearance_finding::{Examined, Finding, PlaneOutcome, Protection, ProtectionStatus, Route, Rule};
use clearance_program::Program;

/// External paths whose calls and values this crate asks about.
pub fn paths() -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}

/// What the rules look at.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The application's code.
    pub program: &'a Program,
    /// The routes with their protections, in the order of [`Program::routes`].
    pub routes: &'a [Route],
}

/// A rule on routes.
#[derive(Debug)]
pub struct WebRule {
    /// What it is.
    pub rule: &'static Rule,
    /// Looks, and says what it finds.
    pub check: fn(&Site<'_>, &mut Report),
}

/// What one rule says.
#[derive(Debug, Default)]
pub struct Report {
    outcome: PlaneOutcome,
    examined: u32,
}

impl Report {
    /// Something is wrong.
    pub fn finding(&mut self, finding: Finding) {
        self.outcome.findings.push(finding);
    }

    /// Something is in order.
    pub fn fact(&mut self, fact: clearance_finding::Fact) {
        self.outcome.facts.push(fact);
    }

    /// One more route that the rule concerns was judged.
    pub fn examined(&mut self) {
        self.examined += 1;
    }
}

/// What this crate hands over.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings and evidence.
    pub plane: PlaneOutcome,
    /// The routes with their protections.
    pub routes: Vec<Route>,
}

/// Every rule, by id.
pub fn catalogue() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<&'static Rule> = rules().map(|rule| rule.rule).collect();
        all.sort_by_key(|rule| rule.id);
        all
    });
    &ALL
}

/// Every rule with its check, family by family.
pub fn rules() -> impl Iterator<Item = &'static WebRule> {
    rules::FAMILIES.iter().flat_map(|family| family.rules.iter().copied())
}

/// Lists the routes, finds what protects them, and runs every rule on them.
pub fn run(program: &Program) -> Outcome {
    let routes = routes(program);
    let site = Site { program, routes: &routes };
    let mut plane = PlaneOutcome::default();
    for rule in rules() {
        let mut report = Report::default();
        (rule.check)(&site, &mut report);
        plane.findings.append(&mut report.outcome.findings);
        plane.facts.append(&mut report.outcome.facts);
        plane.examined.push(Examined { rule: rule.rule.id, count: report.examined });
    }
    let code = |finding: &Finding| {
        finding.location.code.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ")
    };
    Outcome { plane: plane.finish(code), routes }
}

fn routes(program: &Program) -> Vec<Route> {
    let undecided =
        Protection { status: ProtectionStatus::Undecided, by: String::new(), file: None, line: None };
    program
        .routes()
        .iter()
        .map(|route| {
            let place = program.location(route.module, route.range);
            Route {
                path: route.path.clone(),
                methods: route.methods.clone(),
                handler: route.handler.clone(),
                file: place.path,
                line: place.start.line,
                authentication: undecided.clone(),
                authorisation: undecided.clone(),
                csrf: undecided.clone(),
                rate_limit: undecided.clone(),
            }
        })
        .collect()
}
