//! Regular expressions and text checks that do not hold what they promise.

use crate::CodeRule;

mod ambiguity;
mod automaton;
mod charset;
mod common;
mod pattern;
pub mod regex_injection;
mod slow;
pub mod slow_regex_input;

pub(crate) use slow::is_slow;

pub mod bad_tag_filter;
pub mod catastrophic_regex;
pub mod incomplete_hostname_regex;
pub mod incomplete_url_substring_check;
pub mod overly_large_range;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &bad_tag_filter::CHECK,
    &catastrophic_regex::CHECK,
    &incomplete_hostname_regex::CHECK,
    &incomplete_url_substring_check::CHECK,
    &overly_large_range::CHECK,
    &regex_injection::CHECK,
    &slow_regex_input::CHECK,
];
