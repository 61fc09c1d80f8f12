//! Processes that are started, and code that is run from text.

use crate::CodeRule;

mod common;
pub mod eval_used;
pub mod exec_used;
pub mod paramiko_command;
pub mod partial_executable_path;
pub mod process_started_by_shell;
pub mod process_started_without_shell;
pub mod shell_true_argument;
pub mod subprocess_shell;
pub mod subprocess_without_shell;
pub mod wildcard_in_command;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &eval_used::CHECK,
    &exec_used::CHECK,
    &paramiko_command::CHECK,
    &partial_executable_path::CHECK,
    &process_started_by_shell::CHECK,
    &process_started_without_shell::CHECK,
    &shell_true_argument::CHECK,
    &subprocess_shell::CHECK,
    &subprocess_without_shell::CHECK,
    &wildcard_in_command::CHECK,
];
