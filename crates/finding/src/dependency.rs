//! What an application is made of: its dependencies and what is known against them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Location, Severity, Step, words};

/// A package that the application uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Where it comes from, as OSV calls it (`"PyPI"`, `"npm"`).
    pub ecosystem: String,
    /// Normalised name.
    pub name: String,
    /// Exact version, where one is resolved.
    pub version: Option<String>,
    /// Version range, where only that is known.
    pub range: Option<String>,
    /// The file that names it.
    pub source: Arc<str>,
    /// Where it stands in that file.
    pub location: Location,
    /// Whether it is part of what runs in production.
    pub scope: DependencyScope,
    /// Whether the application asks for it itself.
    pub direct: bool,
    /// How it is reached from the direct dependencies, outermost first, itself last.
    pub chain: Vec<String>,
    /// Names of the packages that it needs itself, sorted.
    pub needs: Vec<String>,
    /// Hashes of its archives, `algorithm:value`, sorted.
    pub hashes: Vec<String>,
    /// Where it is fetched when that is not the index of its ecosystem.
    pub origin: Option<String>,
    /// Known vulnerabilities.
    pub advisories: Vec<KnownVulnerability>,
    /// Whether the vulnerable part is used; where nothing is known against it, whether it is imported at all.
    pub reachable: Reachable,
    /// What shows that: the import, the call.
    pub evidence: Vec<Step>,
}

/// A known vulnerability of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownVulnerability {
    /// Main id (`"GHSA-…"`, `"PYSEC-…"`).
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// One line.
    pub summary: String,
    /// How bad it is.
    pub severity: Severity,
    /// CVSS vector, where known.
    pub vector: Option<String>,
    /// Versions that are free of it, ascending.
    pub fixed: Vec<String>,
    /// Use in attacks, as far as lists of it were imported.
    pub exploitation: Exploitation,
    /// Whether its vulnerable part is used.
    pub reachable: Reachable,
    /// What shows that.
    pub evidence: Vec<Step>,
}

/// What a finding about a known vulnerability is about. An acceptance holds for it by any of the ids, whatever database it was looked up in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedPackage {
    /// Where the package comes from, as OSV calls it (`"PyPI"`, `"npm"`).
    pub ecosystem: String,
    /// Normalised name.
    pub name: String,
    /// Exact version, where one is resolved.
    pub version: Option<String>,
    /// All ids of the vulnerability, the main one first.
    pub ids: Vec<String>,
    /// Versions that are free of it, ascending; empty where none is known.
    pub fixed: Vec<String>,
    /// Use in attacks, as far as lists of it were imported.
    pub exploitation: Exploitation,
}

/// Use of a vulnerability in attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exploitation {
    /// Whether CISA's catalogue of known exploited vulnerabilities has it; `None` where that was not imported.
    pub known_exploited: Option<bool>,
    /// FIRST's forecast (EPSS), where there is one.
    pub epss: Option<Forecast>,
}

/// A forecast of EPSS, in units of 0.00001 as FIRST publishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// The probability that it is exploited within 30 days.
    pub probability: u32,
    /// The share of all vulnerabilities with at most this probability.
    pub percentile: u32,
}

impl Forecast {
    /// The probability, 0.0 to 1.0.
    pub fn probability(self) -> f64 {
        f64::from(self.probability) / 1e5
    }

    /// The share of all vulnerabilities with at most this probability, 0.0 to 1.0.
    pub fn percentile(self) -> f64 {
        f64::from(self.percentile) / 1e5
    }
}

impl AffectedPackage {
    /// The package of `dependency` and what `advisory` says of it.
    pub fn new(dependency: &Dependency, advisory: &KnownVulnerability) -> Self {
        Self {
            ecosystem: dependency.ecosystem.clone(),
            name: dependency.name.clone(),
            version: dependency.version.clone(),
            ids: std::iter::once(&advisory.id).chain(&advisory.aliases).cloned().collect(),
            fixed: advisory.fixed.clone(),
            exploitation: advisory.exploitation,
        }
    }

    /// Whether the vulnerability has the id `given`; case does not count.
    pub fn has_id(&self, given: &str) -> bool {
        self.ids.iter().any(|id| id.eq_ignore_ascii_case(given.trim()))
    }
}

words! {
    /// Whether a dependency is part of what runs in production.
    DependencyScope {
        /// It is.
        Production = "production",
        /// Only with an extra or an optional group.
        Optional = "optional",
        /// For building, testing or developing.
        Development = "development",
    }
}

words! {
    /// Whether something of a dependency is used: its vulnerable part, where one is known, or the package itself.
    Reachable {
        /// A path was found.
        Yes = "yes",
        /// The search was complete and found none.
        No = "no",
        /// Not known.
        Undecided = "undecided",
    }
}
