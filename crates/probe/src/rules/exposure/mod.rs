//! What nobody should be able to reach.

mod live_debugger_reachable;
mod live_development_server;
mod live_directory_listing;
mod live_file_exposed;
mod live_method_unexpected;
mod live_stack_trace;
mod live_trace_enabled;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "probe-exposure",
    rules: &[
        &live_debugger_reachable::CHECK,
        &live_development_server::CHECK,
        &live_directory_listing::CHECK,
        &live_file_exposed::CHECK,
        &live_method_unexpected::CHECK,
        &live_stack_trace::CHECK,
        &live_trace_enabled::CHECK,
    ],
};
