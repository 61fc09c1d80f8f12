//! Rules about what is declared and what is used.

use crate::SupplyRule;

pub mod abandoned_dependency;
pub mod dependency_undeclared;
pub mod dependency_unused;
pub mod development_tool_in_production;

/// The family's rules, by folder name.
pub static RULES: &[&SupplyRule] = &[
    &abandoned_dependency::CHECK,
    &dependency_undeclared::CHECK,
    &dependency_unused::CHECK,
    &development_tool_in_production::CHECK,
];
