//! The routes of an application and what protects them.
//!
//! In: the program. Out: every route with its protections, and findings on them ([`Outcome`]). A rule lives in one folder under `rules/`.

mod headers;
mod protect;
mod repair;
pub mod rules;

pub use protect::Kind;

use std::sync::LazyLock;

use clearance_finding::{Examined, Finding, HeaderSources, PlaneOutcome, Route, Rule, Setting};
use clearance_program::Program;

/// External paths whose calls and values this crate asks about.
pub fn paths() -> impl Iterator<Item = &'static str> {
    protect::paths().chain(headers::paths())
}

/// What the rules look at.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The application's code.
    pub program: &'a Program,
    /// The routes that are served, with their protections, by path.
    pub routes: &'a [Route],
    /// Of each of them, its position in [`Program::routes`].
    pub declared: &'a [usize],
    /// Of each of them, whether its handler does nothing but send elsewhere.
    pub redirects: &'a [bool],
    /// Addresses that are declared public.
    pub public: &'a [String],
    /// The headers of responses.
    pub(crate) headers: &'a headers::Picture<'a>,
}

impl Site<'_> {
    /// The declaration of a route in the program.
    pub fn declaration(&self, route: usize) -> &clearance_program::Route {
        &self.program.routes()[self.declared[route]]
    }

    /// Whether a route's handler does nothing but send elsewhere.
    pub fn only_redirects(&self, route: usize) -> bool {
        self.redirects[route]
    }

    /// Whether an address is declared public: `*` in a pattern stands for anything.
    pub fn is_public(&self, path: &str) -> bool {
        self.public.iter().any(|pattern| is_declared(pattern, path))
    }
}

/// A rule on routes.
#[derive(Debug)]
pub struct WebRule {
    /// What it is.
    pub rule: &'static Rule,
    /// Looks, and says what it finds.
    pub check: fn(&Site<'_>, &mut Report),
}

/// Whether a declaration of public addresses is about an address: `*` stands for any text.
pub fn is_declared(pattern: &str, path: &str) -> bool {
    matches(pattern.as_bytes(), path.as_bytes())
}

/// Whether a pattern with `*` for any text matches the whole of a text.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, here));
                at += 1;
            }
            Some(byte) if *byte == text[here] => {
                at += 1;
                here += 1;
            }
            _ => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (at, here) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
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

    /// What could not be decided, and why.
    pub fn undecided(&mut self, what: clearance_finding::Fact) {
        self.outcome.undecided.push(what);
    }

    /// What was found in order so far.
    pub(crate) fn facts(&self) -> &[clearance_finding::Fact] {
        &self.outcome.facts
    }

    /// One more route, or whatever the rule concerns, was judged.
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

/// Lists the routes, finds what protects them, and runs every rule on them. `public` are patterns of addresses that everybody may call; `settings` are those in
/// force in production, as far as they are known; `told` is what settings and servers in front of the application do with headers.
pub fn run(program: &Program, public: &[String], settings: &[Setting], told: &HeaderSources) -> Outcome {
    let mut judge = protect::Judge::new(program, settings);
    let (mut routes, declared): (Vec<Route>, Vec<usize>) = protect::routes(&mut judge).into_iter().unzip();
    protect::settle_uploads(&mut routes, settings);
    let redirects: Vec<bool> =
        declared.iter().map(|number| judge.only_redirects(&program.routes()[*number])).collect();
    let headers = headers::Picture::new(&mut judge, &declared, told);
    let site = Site {
        program,
        routes: &routes,
        declared: &declared,
        redirects: &redirects,
        public,
        headers: &headers,
    };
    let mut plane = PlaneOutcome::default();
    for rule in rules() {
        let mut report = Report::default();
        (rule.check)(&site, &mut report);
        plane.findings.append(&mut report.outcome.findings);
        plane.facts.append(&mut report.outcome.facts);
        // What could not be decided is no silence that proves anything.
        if report.outcome.undecided.is_empty() {
            plane.examined.push(Examined { rule: rule.rule.id, count: report.examined });
        }
        plane.undecided.append(&mut report.outcome.undecided);
    }
    let code = |finding: &Finding| {
        finding.location.code.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ")
    };
    Outcome { plane: plane.finish(code), routes }
}
