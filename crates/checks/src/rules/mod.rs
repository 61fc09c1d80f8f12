//! The rules, family by family. A family's list is sorted and names every folder beside it; a test compares the two.

use crate::CodeRule;

pub mod server;

/// A folder of rules.
pub struct Family {
    /// The folder's name; also understood where rules are selected.
    pub name: &'static str,
    /// The rules, by folder name.
    pub rules: &'static [&'static CodeRule],
}

/// The families, by name.
pub static FAMILIES: &[Family] = &[Family { name: "server", rules: server::RULES }];
