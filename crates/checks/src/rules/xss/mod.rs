//! Output that a browser runs.

use crate::CodeRule;

mod common;
pub mod cross_site_scripting;
pub mod django_mark_safe;
pub mod jinja2_autoescape_disabled;
mod known_calls;
pub mod mako_template_unescaped;
pub mod markup_from_expression;
pub mod stored_cross_site_scripting;

pub(crate) use jinja2_autoescape_disabled::is_markup;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &cross_site_scripting::CHECK,
    &django_mark_safe::CHECK,
    &jinja2_autoescape_disabled::CHECK,
    &mako_template_unescaped::CHECK,
    &markup_from_expression::CHECK,
    &stored_cross_site_scripting::CHECK,
];
