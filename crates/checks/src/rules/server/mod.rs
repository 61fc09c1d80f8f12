//! Development servers and debuggers.

use crate::CodeRule;

pub mod flask_debug_enabled;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[&flask_debug_enabled::CHECK];
