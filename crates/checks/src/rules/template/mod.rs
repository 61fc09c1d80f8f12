//! What stands in the templates themselves.

use crate::CodeRule;

pub mod template_autoescape_off;
pub mod template_blank_target;
pub mod template_debug_tag;
pub mod template_form_without_csrf_token;
pub mod template_inline_code;
pub mod template_mixed_content;
pub mod template_rendered_without_escaping;
pub mod template_script_without_integrity;
pub mod template_unchecked_link;
pub mod template_unquoted_attribute;
pub mod template_unsafe_filter;
pub mod template_value_in_event_handler;
pub mod template_value_in_script;
pub mod template_value_in_style;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &template_autoescape_off::CHECK,
    &template_blank_target::CHECK,
    &template_debug_tag::CHECK,
    &template_form_without_csrf_token::CHECK,
    &template_inline_code::CHECK,
    &template_mixed_content::CHECK,
    &template_rendered_without_escaping::CHECK,
    &template_script_without_integrity::CHECK,
    &template_unchecked_link::CHECK,
    &template_unquoted_attribute::CHECK,
    &template_unsafe_filter::CHECK,
    &template_value_in_event_handler::CHECK,
    &template_value_in_script::CHECK,
    &template_value_in_style::CHECK,
];
