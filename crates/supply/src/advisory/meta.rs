//! Where a database comes from.

use serde::{Deserialize, Serialize};

use crate::Ecosystem;

/// What a database says of itself. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// When it was written.
    pub written: i64,
    /// What it was made of, in the order of import.
    pub sources: Vec<Source>,
    /// What is in it of each ecosystem.
    pub ecosystems: Vec<Counted>,
    /// Vulnerabilities, several ids of one counted once.
    pub advisories: u64,
    /// Forecasts of EPSS, where imported.
    pub epss: Option<List>,
    /// CISA's known exploited vulnerabilities, where imported.
    pub kev: Option<List>,
}

/// An archive, folder or file of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Address or path, without credentials.
    pub from: String,
    /// For which ecosystems its records count.
    pub ecosystems: Vec<Ecosystem>,
    /// What the server calls this state of it.
    pub etag: Option<String>,
    /// When it was taken over.
    pub imported: i64,
    /// When it was last known to be the newest that the server has.
    pub checked: i64,
    /// How much of it was of use.
    pub tally: Tally,
}

/// What became of the files of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Records that were taken over.
    pub records: u64,
    /// Records that were taken back by who wrote them.
    pub withdrawn: u64,
    /// Records about other ecosystems.
    pub elsewhere: u64,
    /// Records that could not be understood.
    pub malformed: u64,
    /// Files that are no records.
    pub other: u64,
}

/// What there is of one ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Which.
    pub ecosystem: Ecosystem,
    /// Records.
    pub records: u64,
    /// Packages with at least one.
    pub packages: u64,
    /// The last change of a record, RFC 3339; empty where none says.
    pub newest: String,
}

/// A list about vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Path.
    pub from: String,
    /// The day or time that it gives for itself; empty where it does not.
    pub date: String,
    /// Entries.
    pub entries: u64,
    /// When it was taken over.
    pub imported: i64,
}

impl Meta {
    /// The last change of any record, RFC 3339; empty where none says.
    pub fn newest(&self) -> &str {
        self.ecosystems.iter().map(|counted| counted.newest.as_str()).max().unwrap_or_default()
    }

    /// When the database was last known to be as new as its oldest source.
    pub fn fresh(&self) -> i64 {
        self.sources.iter().map(|source| source.checked).min().unwrap_or(self.written)
    }

    /// What there is of an ecosystem.
    pub fn of(&self, ecosystem: Ecosystem) -> Option<&Counted> {
        self.ecosystems.iter().find(|counted| counted.ecosystem == ecosystem)
    }
}
