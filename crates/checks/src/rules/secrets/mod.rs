//! Passwords and keys in code.

use crate::CodeRule;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[];
