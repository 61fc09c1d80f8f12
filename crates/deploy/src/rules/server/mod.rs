//! Rules about what starts the application.

use crate::DeployRule;

pub mod debug_environment_enabled;
pub mod development_server_command;
pub mod server_listens_everywhere;
pub mod server_reload_enabled;
pub mod service_runs_as_root;
pub mod trusted_proxy_any;
pub mod uwsgi_exposed;

/// The family's rules, by folder name.
pub static RULES: &[&DeployRule] = &[
    &debug_environment_enabled::CHECK,
    &development_server_command::CHECK,
    &server_listens_everywhere::CHECK,
    &server_reload_enabled::CHECK,
    &service_runs_as_root::CHECK,
    &trusted_proxy_any::CHECK,
    &uwsgi_exposed::CHECK,
];
