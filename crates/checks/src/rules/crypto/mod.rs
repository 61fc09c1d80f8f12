//! Hashes, ciphers, keys and randomness.

use crate::CodeRule;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[];
