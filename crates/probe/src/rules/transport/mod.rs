//! How answers come: TLS, certificates, plain HTTP.

mod live_certificate_expired;
mod live_certificate_untrusted;
mod live_plain_http;
mod live_tls_old_version;
mod live_tls_weak_cipher;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "probe-transport",
    rules: &[
        &live_certificate_expired::CHECK,
        &live_certificate_untrusted::CHECK,
        &live_plain_http::CHECK,
        &live_tls_old_version::CHECK,
        &live_tls_weak_cipher::CHECK,
    ],
};
