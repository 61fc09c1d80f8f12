//! What requests can bring about.

mod live_csrf_not_enforced;
mod live_host_header_reflected;
mod live_login_not_limited;
mod live_open_redirect;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "probe-requests",
    rules: &[
        &live_csrf_not_enforced::CHECK,
        &live_host_header_reflected::CHECK,
        &live_login_not_limited::CHECK,
        &live_open_redirect::CHECK,
    ],
};
