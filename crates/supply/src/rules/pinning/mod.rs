//! Rules about which versions are installed.

use crate::SupplyRule;

pub mod dependency_unpinned;
pub mod dependency_without_hash;
pub mod lock_out_of_step;
pub mod prerelease_dependency;

/// The family's rules, by folder name.
pub static RULES: &[&SupplyRule] = &[
    &dependency_unpinned::CHECK,
    &dependency_without_hash::CHECK,
    &lock_out_of_step::CHECK,
    &prerelease_dependency::CHECK,
];
