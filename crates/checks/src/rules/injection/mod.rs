//! Outside data that an interpreter reads as more than data.

use crate::CodeRule;

pub mod argument_injection;
pub mod code_injection;
pub mod command_injection;
pub mod sql_injection;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] =
    &[&argument_injection::CHECK, &code_injection::CHECK, &command_injection::CHECK, &sql_injection::CHECK];
