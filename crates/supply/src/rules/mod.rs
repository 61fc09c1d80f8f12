//! The rules, family by family. A rule lives in one folder.

use crate::SupplyRule;

pub mod advisory;
pub mod origin;
pub mod pinning;
pub mod usage;

/// A named group of rules.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its rules, by folder name.
    pub rules: &'static [&'static SupplyRule],
}

/// All families, by name.
pub static FAMILIES: &[Family] = &[
    Family { name: "advisory", rules: advisory::RULES },
    Family { name: "origin", rules: origin::RULES },
    Family { name: "pinning", rules: pinning::RULES },
    Family { name: "usage", rules: usage::RULES },
];
