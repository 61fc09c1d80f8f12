//! A run from end to end: plan, analyse, judge, report.

pub(crate) mod clock;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod target;
pub(crate) mod threads;
