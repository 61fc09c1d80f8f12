//! The rules of code and templates.
//!
//! In: a [`clearance_program::Program`]. Out: findings, facts and counts of what was examined. A rule lives in one folder under `rules/`; what it may ask
//! is [`Cx`]. No rule sees a syntax tree, reads a file, or knows how a finding is printed.

mod cx;
mod draft;
mod engine;
mod flows;
mod interest;
mod listen;

mod outside;
mod pages;
mod repair;
pub mod rules;
mod situation;
mod strings;
mod table;

use std::sync::{Arc, LazyLock};

use clearance_finding::Rule;
use clearance_models::{Library, Models, builtin};
use clearance_program::Program;

pub use clearance_secrets::names::{has_stem, looks_like_secret_name, words};
pub use cx::Cx;
pub use draft::Draft;
pub use engine::{Outcome, Settings, run};
pub use flows::origin_words;
pub use listen::{
    AssertEvent, CallEvent, ClassEvent, CodeRule, CompareEvent, FunctionEvent, HandlerEvent, ImportEvent,
    Listen, Names, StoreEvent, StoreTarget, TextEvent,
};
pub use pages::{PageCx, Place, Policy, Protection};
pub use situation::{Development, Situation};

/// Every rule of code and templates, by id.
pub fn catalogue() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<&'static Rule> = code_rules().map(|rule| rule.rule).collect();
        all.sort_by_key(|rule| rule.id);
        all
    });
    &ALL
}

/// Every rule with its listeners, family by family.
pub fn code_rules() -> impl Iterator<Item = &'static CodeRule> {
    rules::FAMILIES.iter().flat_map(|family| family.rules.iter().copied())
}

/// Whether a rule is fed by data that is followed through the program, not by listeners.
pub fn is_flow_rule(id: &str) -> bool {
    code_rules().any(|rule| rule.rule.id == id && rule.listens.is_empty())
}

/// The rules that are fed by data that is followed, by id: those that a model's sink may name.
pub fn flow_rules() -> Vec<&'static str> {
    let mut ids: Vec<&str> =
        code_rules().filter(|rule| rule.listens.is_empty()).map(|rule| rule.rule.id).collect();
    ids.sort_unstable();
    ids
}

/// The library models together with every path that a rule listens for.
pub fn models() -> Arc<Models> {
    static MODELS: LazyLock<Arc<Models>> =
        LazyLock::new(|| Arc::new(Models::without_flow(&builtin(), listed_paths())));
    MODELS.clone()
}

/// The same with what libraries do with data, for [`Settings::flow`].
pub fn flow_models() -> Arc<Models> {
    static MODELS: LazyLock<Arc<Models>> = LazyLock::new(|| {
        Arc::new(Models::new(&builtin(), listed_paths()).unlisted(clearance_flow::own_paths()))
    });
    MODELS.clone()
}

/// The same, with or without what libraries do with data, with further libraries, and with paths that others ask about.
pub fn models_with(
    further: impl Iterator<Item = Library>,
    paths: impl Iterator<Item = &'static str>,
    flow: bool,
) -> Arc<Models> {
    let mut libraries = builtin();
    libraries.extend(further);
    let listed = listed_paths().chain(paths);
    Arc::new(match flow {
        true => Models::new(&libraries, listed).unlisted(clearance_flow::own_paths()),
        false => Models::without_flow(&libraries, listed),
    })
}

/// The paths whose calls are listed: rules listen for them or ask about them.
fn listed_paths() -> impl Iterator<Item = &'static str> {
    let listened = code_rules().flat_map(|rule| rule.listens).flat_map(Listen::paths);
    let asked = code_rules().flat_map(|rule| rule.paths.iter().copied());
    let shared = strings::PATHS.iter().chain(outside::PATHS).copied();
    listened.chain(asked).chain(shared).chain(Program::own_paths())
}
