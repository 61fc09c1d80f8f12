//! Passwords and keys in the code.

use crate::CodeRule;

pub mod constant_secret_key;
mod constants;
pub mod hardcoded_password_argument;
pub mod hardcoded_password_default;
pub mod hardcoded_password_string;
mod key_names;
mod password;
mod surroundings;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &constant_secret_key::CHECK,
    &hardcoded_password_argument::CHECK,
    &hardcoded_password_default::CHECK,
    &hardcoded_password_string::CHECK,
];
