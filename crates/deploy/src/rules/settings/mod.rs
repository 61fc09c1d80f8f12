//! The settings that are in force in production.

mod allowed_hosts_open;
mod api_browsable;
mod api_not_throttled;
mod api_open_by_default;
mod autoescape_setting_off;
mod code;
pub(super) mod common;
mod content_type_sniffing_allowed;
mod cors_open;
mod csrf_cookie_not_secure;
mod csrf_off_in_production;
mod debug_in_production;
mod framing_allowed;
mod hsts_not_set;
mod https_redirect_off;
mod mail_settings_placeholder;
mod middleware_order_wrong;
mod opener_policy_off;
mod password_hasher_weak;
mod password_validators_missing;
mod proxy_ssl_header_trusted;
mod referrer_policy_weak;
mod remember_cookie_not_secure;
mod secret_key_fallback;
mod secret_key_missing;
mod secret_key_weak;
mod security_middleware_missing;
mod session_cookie_not_secure;
mod session_cookie_readable;
mod session_cookie_without_samesite;
mod session_in_signed_cookie;
mod session_lifetime_too_long;
mod session_serializer_pickle;
mod setting_dead;
mod sqlite_in_production;
mod talisman_weakened;
mod upload_size_unlimited;

use crate::DeployRule;

/// The rules, by folder name.
pub(super) static RULES: &[&DeployRule] = &[
    &allowed_hosts_open::CHECK,
    &api_browsable::CHECK,
    &api_not_throttled::CHECK,
    &api_open_by_default::CHECK,
    &autoescape_setting_off::CHECK,
    &content_type_sniffing_allowed::CHECK,
    &cors_open::CHECK,
    &csrf_cookie_not_secure::CHECK,
    &csrf_off_in_production::CHECK,
    &debug_in_production::CHECK,
    &framing_allowed::CHECK,
    &hsts_not_set::CHECK,
    &https_redirect_off::CHECK,
    &mail_settings_placeholder::CHECK,
    &middleware_order_wrong::CHECK,
    &opener_policy_off::CHECK,
    &password_hasher_weak::CHECK,
    &password_validators_missing::CHECK,
    &proxy_ssl_header_trusted::CHECK,
    &referrer_policy_weak::CHECK,
    &remember_cookie_not_secure::CHECK,
    &secret_key_fallback::CHECK,
    &secret_key_missing::CHECK,
    &secret_key_weak::CHECK,
    &security_middleware_missing::CHECK,
    &session_cookie_not_secure::CHECK,
    &session_cookie_readable::CHECK,
    &session_cookie_without_samesite::CHECK,
    &session_in_signed_cookie::CHECK,
    &session_lifetime_too_long::CHECK,
    &session_serializer_pickle::CHECK,
    &setting_dead::CHECK,
    &sqlite_in_production::CHECK,
    &talisman_weakened::CHECK,
    &upload_size_unlimited::CHECK,
];
