//! An advisory as the plane uses it.

use std::sync::Arc;

use clearance_finding::Severity as Band;

use crate::Version;

/// One vulnerability, with everything known by any of its ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Advisory {
    /// The id that is shown first. Of all ids: `MAL-…`, else `GHSA-…`, else `PYSEC-…`, else `CVE-…`, else any; of several of a kind the least.
    pub id: String,
    /// Its other ids, sorted.
    pub aliases: Vec<String>,
    /// One line.
    pub summary: String,
    /// How bad it is, where the records say.
    pub severity: Option<Severity>,
    /// CWE numbers, sorted.
    pub cwe: Vec<u32>,
    /// Addresses to read on.
    pub references: Vec<String>,
    /// When it was first published, RFC 3339; empty where no record says.
    pub published: String,
    /// The last change, RFC 3339; empty where no record says.
    pub modified: String,
    /// Whether the package itself is hostile (`MAL-…`).
    pub malicious: bool,
    /// Dotted names of the vulnerable functions, classes or modules of the package, where known, sorted.
    pub symbols: Vec<String>,
    /// What is known of its use in attacks; only where that was imported and it has a CVE id.
    pub exploitation: Option<Exploitation>,
}

impl Advisory {
    /// All its ids, the one that is shown first in front.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

/// How bad a vulnerability is.
#[derive(Debug, Clone, PartialEq)]
pub struct Severity {
    /// The band: of the score by the scale of CVSS 3 and 4, or the word that a record gives where it has no vector.
    pub band: Band,
    /// The vector that decides: of the newest CVSS version there is, the one with the highest score.
    pub cvss: Option<Cvss>,
}

/// A CVSS vector with its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Cvss {
    /// As written (`CVSS:3.1/AV:N/…`; version 2 without a prefix).
    pub vector: String,
    /// Base score, 0.0 to 10.0. Of version 4.0 the score of the vector as it is.
    pub score: f64,
}

/// Use in attacks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exploitation {
    /// Whether it is in CISA's catalogue of known exploited vulnerabilities; `None` where that was not imported.
    pub known_exploited: Option<bool>,
    /// The probability that it is exploited within 30 days (EPSS, FIRST).
    pub epss: Option<Epss>,
}

/// A forecast of EPSS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epss {
    /// 0.0 to 1.0.
    pub probability: f64,
    /// The share of all vulnerabilities with at most this probability, 0.0 to 1.0.
    pub percentile: f64,
}

/// An advisory that holds for a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The advisory.
    pub advisory: Arc<Advisory>,
    /// Versions that fix it, ascending, all ranges together, without those that another of its records still counts as affected.
    pub fixed: Arc<[Version]>,
    /// Which of them is the first above the version asked for.
    pub(super) next: Option<usize>,
}

impl Matched {
    /// The least version above the one asked for that fixes it.
    pub fn upgrade(&self) -> Option<&Version> {
        self.fixed.get(self.next?)
    }
}

/// An advisory of which it cannot be said whether it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    /// The advisory.
    pub advisory: Arc<Advisory>,
    /// Why.
    pub why: Unclear,
}

/// Why it cannot be said whether an advisory holds for a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// Its ranges are of commits.
    #[error("the advisory names commits, not versions")]
    OnlyCommits,
    /// It names neither versions nor ranges.
    #[error("the advisory names no versions")]
    NoVersions,
    /// A range ends at something that does not compare.
    #[error("the advisory's bound `{0}` is no version that compares")]
    Bound(String),
    /// The version asked for does not compare, and none that the advisory names is spelt like it.
    #[error("the version does not follow the rules of its ecosystem")]
    Version,
}

/// What the database says of a version.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// What holds, by id.
    pub matched: Vec<Matched>,
    /// What may hold, by id.
    pub undecided: Vec<Undecided>,
}

/// What the database says of a range, by the versions that it has heard of. A package has versions that no advisory names; of those it says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeOutcome {
    /// How many known versions are in the range.
    pub known: usize,
    /// How many of them some advisory holds for.
    pub affected: usize,
    /// The newest known version in the range, and what holds for it.
    pub newest: Option<(Version, Outcome)>,
    /// What holds for some known version in the range, by id.
    pub matched: Vec<RangeMatch>,
    /// What may hold, by id.
    pub undecided: Vec<Undecided>,
}

impl RangeOutcome {
    /// How much of what is known is affected.
    pub fn reach(&self) -> Reach {
        match (self.known, self.affected) {
            (0, _) => Reach::NothingKnown,
            (_, 0) => Reach::None,
            (known, affected) if known == affected => Reach::All,
            _ => Reach::Some,
        }
    }
}

/// How much of the known versions in a range is affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// No advisory names a version in the range.
    NothingKnown,
    /// None is affected.
    None,
    /// Some are.
    Some,
    /// All are.
    All,
}

/// An advisory that holds for a part of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeMatch {
    /// The advisory.
    pub advisory: Arc<Advisory>,
    /// As for a single version.
    pub fixed: Arc<[Version]>,
    /// How many of the known versions in the range it holds for.
    pub affected: usize,
    /// Whether the newest of them is one.
    pub newest: bool,
}

/// A run of affected versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// First affected version; `None` from the beginning.
    pub introduced: Option<Version>,
    /// Where it ends.
    pub end: End,
}

/// Where a run of affected versions ends.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Nowhere.
    Open,
    /// At the first version that is not affected any more.
    Before(Version),
    /// At the last affected version.
    With(Version),
}
