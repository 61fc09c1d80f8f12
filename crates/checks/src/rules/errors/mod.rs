//! Errors that go unnoticed.

use crate::CodeRule;

pub mod assert_used;
mod common;
pub mod except_continue;
pub mod except_pass;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[&assert_used::CHECK, &except_continue::CHECK, &except_pass::CHECK];
