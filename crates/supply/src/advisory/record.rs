//! A record of a database, as it is kept.

use serde::{Deserialize, Serialize};

use super::range::Event;
use crate::Ecosystem;

/// One record, with what matters of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) body: Body,
    pub(super) affected: Vec<AffectedPart>,
}

/// What a record says of the vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Body {
    pub(super) id: String,
    /// Sorted, without the id.
    pub(super) aliases: Vec<String>,
    pub(super) summary: String,
    /// CVSS vectors that are understood.
    pub(super) vectors: Vec<String>,
    /// The record's own word, as the number of the band.
    pub(super) band: Option<u8>,
    /// Sorted.
    pub(super) cwe: Vec<u32>,
    pub(super) references: Vec<String>,
    pub(super) published: String,
    pub(super) modified: String,
}

/// What a record says of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AffectedPart {
    pub(super) ecosystem: Ecosystem,
    /// Normalised.
    pub(super) name: String,
    /// Events of each range of versions.
    pub(super) ranges: Vec<Vec<Event>>,
    /// Whether there are ranges of commits.
    pub(super) commits: bool,
    pub(super) versions: Vec<String>,
    /// Sorted.
    pub(super) symbols: Vec<String>,
}
