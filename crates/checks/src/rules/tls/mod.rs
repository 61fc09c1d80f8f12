//! Verification, versions and time limits of connections.

use crate::CodeRule;

mod http;
pub mod request_without_timeout;
pub mod request_without_verification;
pub mod ssh_host_key_unchecked;
pub mod tls_unverified_context;
pub mod tls_version_unset;
pub mod tls_weak_default;
pub mod tls_weak_version;
mod versions;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &request_without_timeout::CHECK,
    &request_without_verification::CHECK,
    &ssh_host_key_unchecked::CHECK,
    &tls_unverified_context::CHECK,
    &tls_version_unset::CHECK,
    &tls_weak_default::CHECK,
    &tls_weak_version::CHECK,
];
