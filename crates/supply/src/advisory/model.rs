//! An advisory as the plane uses it.

use crate::{Ecosystem, PackageName, Version};

/// One vulnerability, with everything known by any of its ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Advisory {
    /// The id that is shown first: `GHSA-…` or `PYSEC-…` or `CVE-…` or `MAL-…`.
    pub id: String,
    /// Its other ids, sorted.
    pub aliases: Vec<String>,
    /// One line.
    pub summary: String,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// CWE numbers, sorted.
    pub cwe: Vec<u32>,
    /// Addresses to read on.
    pub references: Vec<String>,
    /// Day of publication, RFC 3339.
    pub published: String,
    /// Day of the last change, RFC 3339.
    pub modified: String,
    /// Whether the package itself is hostile (`MAL-…`).
    pub malicious: bool,
    /// Dotted names of the vulnerable functions, classes or modules, where known.
    pub symbols: Vec<String>,
    /// What is known of its use in attacks; only where imported.
    pub exploitation: Option<Exploitation>,
}

/// A severity computed from a CVSS vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Severity {
    /// The vector, as written.
    pub vector: String,
    /// Base score, 0.0 to 10.0.
    pub score: f64,
}

/// Use in attacks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exploitation {
    /// Whether it is in CISA's catalogue of known exploited vulnerabilities.
    pub known_exploited: bool,
    /// EPSS probability, 0.0 to 1.0.
    pub epss: Option<f64>,
}

/// Which versions of a package an advisory is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Affected {
    /// Where from.
    pub ecosystem: Ecosystem,
    /// Which package.
    pub name: PackageName,
    /// Half-open intervals, ascending.
    pub intervals: Vec<Interval>,
    /// Versions named one by one.
    pub versions: Vec<Version>,
}

/// A run of affected versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// First affected version; `None` from the beginning.
    pub introduced: Option<Version>,
    /// First version that is not affected any more; `None` with `last_affected` or where there is no fix.
    pub fixed: Option<Version>,
    /// Last affected version, where no fix is named.
    pub last_affected: Option<Version>,
}

/// An advisory that holds for a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The advisory.
    pub advisory: Advisory,
    /// Versions that fix it, ascending, all ranges together.
    pub fixed: Vec<Version>,
}
