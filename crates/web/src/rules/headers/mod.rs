//! What responses tell browsers.

pub mod response_without_content_security_policy;
pub mod response_without_frame_options;
pub mod response_without_hsts;
pub mod response_without_nosniff;
pub mod response_without_referrer_policy;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "headers",
    rules: &[
        &response_without_content_security_policy::CHECK,
        &response_without_frame_options::CHECK,
        &response_without_hsts::CHECK,
        &response_without_nosniff::CHECK,
        &response_without_referrer_policy::CHECK,
    ],
};
