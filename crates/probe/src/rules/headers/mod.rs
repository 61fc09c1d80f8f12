//! What answers tell browsers.

mod common;
mod live_content_security_policy_missing;
mod live_cors_too_open;
mod live_frame_options_missing;
mod live_headers_contradict;
mod live_hsts_missing;
mod live_nosniff_missing;
mod live_referrer_policy_missing;
mod live_version_disclosed;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "probe-headers",
    rules: &[
        &live_content_security_policy_missing::CHECK,
        &live_cors_too_open::CHECK,
        &live_frame_options_missing::CHECK,
        &live_headers_contradict::CHECK,
        &live_hsts_missing::CHECK,
        &live_nosniff_missing::CHECK,
        &live_referrer_policy_missing::CHECK,
        &live_version_disclosed::CHECK,
    ],
};
