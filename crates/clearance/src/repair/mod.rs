//! Repairs: which findings have one, whether it holds, what it changes, and how it gets on the disk.
//!
//! A repair is offered only after the analysis has run again on the changed tree, in memory.

mod change;
mod patch;
mod rounds;
mod tree;
mod write;

pub(crate) use change::Change;
pub(crate) use patch::{patch, unified};
pub(crate) use rounds::{Limits, Offer, Wanted, offer};
pub(crate) use tree::Seen;
pub(crate) use write::write;
