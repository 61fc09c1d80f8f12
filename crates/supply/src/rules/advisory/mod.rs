//! Rules about known vulnerabilities.

use crate::SupplyRule;

pub mod advisory_database_stale;
pub mod malicious_dependency;
pub mod vulnerable_code_used;
pub mod vulnerable_dependency;
pub mod vulnerable_version_range;

/// The family's rules, by folder name.
pub static RULES: &[&SupplyRule] = &[
    &advisory_database_stale::CHECK,
    &malicious_dependency::CHECK,
    &vulnerable_code_used::CHECK,
    &vulnerable_dependency::CHECK,
    &vulnerable_version_range::CHECK,
];
