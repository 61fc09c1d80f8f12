//! Cookies, tokens, CSRF and CORS.

use crate::CodeRule;

mod common;
mod cookie;
pub mod cookie_injection;
pub mod header_injection;
pub mod host_header_trust;
pub mod mass_assignment;
pub mod open_redirect;
pub mod trust_boundary_violation;

pub mod cookie_samesite_none;
pub mod cookie_without_httponly;
pub mod cookie_without_secure;
pub mod cors_wildcard_credentials;
pub mod csrf_disabled;
pub mod jwt_none_algorithm;
pub mod jwt_unverified;
pub mod timing_unsafe_comparison;
pub mod xmlrpc_server_exposed;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &cookie_injection::CHECK,
    &cookie_samesite_none::CHECK,
    &cookie_without_httponly::CHECK,
    &cookie_without_secure::CHECK,
    &cors_wildcard_credentials::CHECK,
    &csrf_disabled::CHECK,
    &header_injection::CHECK,
    &host_header_trust::CHECK,
    &jwt_none_algorithm::CHECK,
    &jwt_unverified::CHECK,
    &mass_assignment::CHECK,
    &open_redirect::CHECK,
    &timing_unsafe_comparison::CHECK,
    &trust_boundary_violation::CHECK,
    &xmlrpc_server_exposed::CHECK,
];
