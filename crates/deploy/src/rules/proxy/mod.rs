//! Rules about nginx, Apache and Caddy.

use crate::DeployRule;

pub mod nginx_alias_traversal;
pub mod nginx_body_size_unlimited;
pub mod nginx_forwarded_headers_missing;
pub mod nginx_header_lost;
pub mod nginx_host_from_client;
pub mod nginx_target_from_request;
pub mod proxy_directory_listing;
pub mod proxy_hidden_files_served;
pub mod proxy_hsts_missing;
pub mod proxy_no_https;
pub mod proxy_security_headers;
pub mod proxy_status_exposed;
pub mod proxy_version_disclosed;
pub mod proxy_weak_tls;

/// The family's rules, by folder name.
pub static RULES: &[&DeployRule] = &[
    &nginx_alias_traversal::CHECK,
    &nginx_body_size_unlimited::CHECK,
    &nginx_forwarded_headers_missing::CHECK,
    &nginx_header_lost::CHECK,
    &nginx_host_from_client::CHECK,
    &nginx_target_from_request::CHECK,
    &proxy_directory_listing::CHECK,
    &proxy_hidden_files_served::CHECK,
    &proxy_hsts_missing::CHECK,
    &proxy_no_https::CHECK,
    &proxy_security_headers::CHECK,
    &proxy_status_exposed::CHECK,
    &proxy_version_disclosed::CHECK,
    &proxy_weak_tls::CHECK,
];
