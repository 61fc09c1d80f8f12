//! Transport security switched off or weakened.

use crate::CodeRule;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[];
