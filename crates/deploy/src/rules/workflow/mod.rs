//! Rules about pipelines of continuous integration.

use crate::DeployRule;

pub mod gitlab_remote_include;
pub mod workflow_failure_ignored;
pub mod workflow_no_security_check;
pub mod workflow_script_injection;
pub mod workflow_secret_printed;
pub mod workflow_self_hosted_runner;
pub mod workflow_unpinned_action;
pub mod workflow_unsecure_commands;
pub mod workflow_untrusted_checkout;
pub mod workflow_write_all;

/// The family's rules, by folder name.
pub static RULES: &[&DeployRule] = &[
    &gitlab_remote_include::CHECK,
    &workflow_failure_ignored::CHECK,
    &workflow_no_security_check::CHECK,
    &workflow_script_injection::CHECK,
    &workflow_secret_printed::CHECK,
    &workflow_self_hosted_runner::CHECK,
    &workflow_unpinned_action::CHECK,
    &workflow_unsecure_commands::CHECK,
    &workflow_untrusted_checkout::CHECK,
    &workflow_write_all::CHECK,
];
