//! The rules, family by family. A rule lives in one folder.

pub mod headers;
pub mod routes;

use crate::WebRule;

/// A named group of rules.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its rules, by folder name.
    pub rules: &'static [&'static WebRule],
}

/// All families, by name.
pub static FAMILIES: &[Family] = &[headers::FAMILY, routes::FAMILY];
