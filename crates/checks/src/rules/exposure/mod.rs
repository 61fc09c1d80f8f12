//! What reaches eyes that it is not meant for.

use crate::CodeRule;

pub mod exception_exposure;
pub mod secret_logged;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[&exception_exposure::CHECK, &secret_logged::CHECK];
