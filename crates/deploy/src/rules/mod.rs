//! The rules, family by family. A rule lives in one folder.

mod environment;
mod settings;

use crate::DeployRule;

/// A named group of rules.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its rules, by folder name.
    pub rules: &'static [&'static DeployRule],
}

/// All families, by name.
pub static FAMILIES: &[Family] = &[
    Family { name: "environment", rules: environment::RULES },
    Family { name: "settings", rules: settings::RULES },
];
