//! One file for each subcommand.

pub(crate) mod accept;
pub(crate) mod attest;
pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod claims;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod db;
pub(crate) mod debug;
mod debug_flow;
pub(crate) mod detectors;
pub(crate) mod explain;
pub(crate) mod fix;
pub(crate) mod man;
pub(crate) mod models;
pub(crate) mod probe;
pub(crate) mod rules;
pub(crate) mod trace;
pub(crate) mod verify;
