//! Statements for databases.

use crate::CodeRule;

pub mod django_extra_query;
pub mod django_raw_sql;
pub mod sql_built_from_strings;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] =
    &[&django_extra_query::CHECK, &django_raw_sql::CHECK, &sql_built_from_strings::CHECK];
