//! Cookies that the application sets.

mod common;
mod live_cookie_not_secure;
mod live_cookie_prefix_broken;
mod live_cookie_readable;
mod live_cookie_without_same_site;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "probe-cookies",
    rules: &[
        &live_cookie_not_secure::CHECK,
        &live_cookie_prefix_broken::CHECK,
        &live_cookie_readable::CHECK,
        &live_cookie_without_same_site::CHECK,
    ],
};
