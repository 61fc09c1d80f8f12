//! Permissions, temporary files and archives.

use crate::CodeRule;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[];
