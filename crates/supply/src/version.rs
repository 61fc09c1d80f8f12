//! Ecosystems and their versions.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ecosystem {
    /// The Python package index. Versions by PEP 440.
    PyPi,
    /// The npm registry. Versions by Semantic Versioning 2.0.
    Npm,
}

impl Ecosystem {
    /// The name in OSV records (OSV schema, `affected[].package.ecosystem`).
    pub fn osv(self) -> &'static str {
        match self {
            Self::PyPi => "PyPI",
            Self::Npm => "npm",
        }
    }

    /// The type in package URLs (purl specification).
    pub fn purl(self) -> &'static str {
        match self {
            Self::PyPi => "pypi",
            Self::Npm => "npm",
        }
    }
}

/// A version as written, with what compares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    /// As written.
    pub text: String,
    /// How it compares; `None` where it does not follow its ecosystem's rules.
    pub parsed: Option<Parsed>,
}

/// A version that compares.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Parsed {
    /// PEP 440.
    Python(pep440_rs::Version),
    /// Semantic Versioning.
    Semantic(nodejs_semver::Version),
}

impl Version {
    /// Reads a version by the rules of `ecosystem`.
    pub fn new(ecosystem: Ecosystem, text: &str) -> Self {
        let text = text.trim();
        let parsed = match ecosystem {
            Ecosystem::PyPi => text.parse().ok().map(Parsed::Python),
            Ecosystem::Npm => text.parse().ok().map(Parsed::Semantic),
        };
        Self { text: text.to_owned(), parsed }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
