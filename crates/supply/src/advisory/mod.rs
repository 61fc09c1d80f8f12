//! Advisories: what is known against packages.

mod model;

pub use model::{Advisory, Affected, Exploitation, Interval, Matched, Severity};
