//! A run from end to end: plan, analyse, judge, report.

pub(crate) mod analyse;
pub(crate) mod clock;
pub(crate) mod command_line;
mod deployment;
pub(crate) mod documents;
pub(crate) mod front;
pub(crate) mod judge;
pub(crate) mod kept;
pub(crate) mod live;
pub(crate) mod plan;
pub(crate) mod previous;
pub(crate) mod progress;
pub(crate) mod render;
mod repairs;
pub(crate) mod secrets;
pub(crate) mod since;
pub(crate) mod sources;
pub(crate) mod supply;
pub(crate) mod target;
mod templates;
pub(crate) mod threads;
pub(crate) mod unmodelled;
