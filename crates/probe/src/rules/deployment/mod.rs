//! What the machine and the code say beside the answers.

pub(crate) mod live_differs_from_code;
mod live_header_unexpected;
mod live_socket_unexpected;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "probe-deployment",
    rules: &[&live_differs_from_code::CHECK, &live_header_unexpected::CHECK, &live_socket_unexpected::CHECK],
};
