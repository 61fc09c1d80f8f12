//! What the source text hides.

use crate::CodeRule;

pub mod bidirectional_text;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[&bidirectional_text::CHECK];
