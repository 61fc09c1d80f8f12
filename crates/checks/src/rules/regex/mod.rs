//! Regular expressions and text checks that do not hold what they promise.

use crate::CodeRule;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[];
