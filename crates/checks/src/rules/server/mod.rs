//! Development servers and debuggers.

use crate::CodeRule;

pub mod bind_all_interfaces;
mod common;
pub mod debug_setting_enabled;
pub mod development_server_in_production;
pub mod flask_debug_enabled;
pub mod interactive_debugger_enabled;
pub mod logging_config_listen;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &bind_all_interfaces::CHECK,
    &debug_setting_enabled::CHECK,
    &development_server_in_production::CHECK,
    &flask_debug_enabled::CHECK,
    &interactive_debugger_enabled::CHECK,
    &logging_config_listen::CHECK,
];
