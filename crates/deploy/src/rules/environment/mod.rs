//! What the environment of the application holds.

mod default_credentials_in_force;
mod environment_file_readable;
mod environment_file_tracked;
mod required_variable_missing;

use crate::DeployRule;

/// The rules, by folder name.
pub(super) static RULES: &[&DeployRule] = &[
    &default_credentials_in_force::CHECK,
    &environment_file_readable::CHECK,
    &environment_file_tracked::CHECK,
    &required_variable_missing::CHECK,
];
