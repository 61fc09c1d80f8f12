//! Outside data that an interpreter reads as more than data.

use crate::CodeRule;

pub mod argument_injection;
pub mod code_injection;
pub mod command_injection;
pub mod csv_injection;
pub mod format_string_injection;
pub mod ldap_injection;
pub mod log_injection;
pub mod mail_header_injection;
pub mod model_output_execution;
pub mod nosql_injection;
pub mod prompt_injection;
pub mod sql_injection;
pub mod template_injection;
pub mod unsafe_reflection;
pub mod xpath_injection;
pub mod xslt_injection;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &argument_injection::CHECK,
    &code_injection::CHECK,
    &command_injection::CHECK,
    &csv_injection::CHECK,
    &format_string_injection::CHECK,
    &ldap_injection::CHECK,
    &log_injection::CHECK,
    &mail_header_injection::CHECK,
    &model_output_execution::CHECK,
    &nosql_injection::CHECK,
    &prompt_injection::CHECK,
    &sql_injection::CHECK,
    &template_injection::CHECK,
    &unsafe_reflection::CHECK,
    &xpath_injection::CHECK,
    &xslt_injection::CHECK,
];
