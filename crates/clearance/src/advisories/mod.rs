//! The advisory database on this machine: where it is, and how it is fetched.
//!
//! The only part of this program that goes to the network, and only when `clearance db update` asks for it.

pub(crate) mod fetch;
pub(crate) mod place;
pub(crate) mod update;
