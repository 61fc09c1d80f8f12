//! The rules that the verdict itself raises.

pub mod acceptance;

use clearance_finding::Rule;

/// All of them, sorted by id. They belong into the catalogue that [`crate::Input::rules`] carries.
pub static RULES: &[&Rule] = &[
    &acceptance::acceptance_expired::RULE,
    &acceptance::acceptance_unexplained::RULE,
    &acceptance::acceptance_unused::RULE,
];
