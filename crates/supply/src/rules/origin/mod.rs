//! Rules about where packages come from.

use crate::SupplyRule;

pub mod dependency_from_branch;
pub mod index_confusion;
pub mod insecure_package_source;
pub mod typosquat_name;

/// The family's rules, by folder name.
pub static RULES: &[&SupplyRule] = &[
    &dependency_from_branch::CHECK,
    &index_confusion::CHECK,
    &insecure_package_source::CHECK,
    &typosquat_name::CHECK,
];
