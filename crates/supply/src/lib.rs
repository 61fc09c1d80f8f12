//! The supply plane: what the application is made of, and what is known against it.
//!
//! In: the text of manifests and lock files, an advisory database, the program. Out: dependencies, findings and facts on them. Nothing of the target is run, and
//! nothing is asked of a package index: what a range resolves to is never guessed.

pub mod advisory;
mod listed;
pub mod manifest;
mod name;
mod plane;
mod reach;
mod repair;
pub mod resolve;
pub mod rules;
mod squat;
mod tables;
mod usage;
mod version;

pub use name::PackageName;
pub use plane::{Advisories, Outcome, Report, Supply, SupplyRule, run};
pub use version::{Ecosystem, Version};

use std::sync::LazyLock;

use clearance_finding::Rule;

/// Every rule of the plane, by id.
pub fn catalogue() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let all = rules::FAMILIES.iter().flat_map(|family| family.rules.iter());
        let mut all: Vec<&'static Rule> = all.map(|rule| rule.rule).collect();
        all.sort_by_key(|rule| rule.id);
        all
    });
    &ALL
}
