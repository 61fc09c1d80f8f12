//! The rules, family by family. A rule lives in one folder.

mod cookies;
pub(crate) mod deployment;
mod exposure;
mod headers;
mod requests;
mod transport;

use crate::LiveRule;

/// A named group of rules.
#[derive(Debug)]
pub struct Family {
    /// Its name, the name of its folder behind `probe-`.
    pub name: &'static str,
    /// Its rules, by folder name.
    pub rules: &'static [&'static LiveRule],
}

/// All families, by name.
pub static FAMILIES: &[Family] = &[
    cookies::FAMILY,
    deployment::FAMILY,
    exposure::FAMILY,
    headers::FAMILY,
    requests::FAMILY,
    transport::FAMILY,
];
