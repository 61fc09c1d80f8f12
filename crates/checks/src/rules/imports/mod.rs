//! Imports worth an auditor's look.

use crate::CodeRule;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[];
