//! Names of packages.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::Ecosystem;

/// The name of a package in the form in which its ecosystem compares names.
///
/// PyPI: lower case, runs of `-`, `_`, `.` as one `-` (PyPA "Names and normalization"). npm: lower case as written, with its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PackageName(Arc<str>);

impl PackageName {
    /// Normalises a name as written.
    pub fn new(ecosystem: Ecosystem, written: &str) -> Self {
        let written = written.trim();
        if ecosystem != Ecosystem::PyPi {
            return Self(written.to_lowercase().into());
        }
        let mut name = String::with_capacity(written.len());
        for c in written.chars() {
            if matches!(c, '-' | '_' | '.') {
                if !name.ends_with('-') {
                    name.push('-');
                }
            } else {
                name.extend(c.to_lowercase());
            }
        }
        Self(name.into())
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_the_ecosystem_does() {
        assert_eq!(PackageName::new(Ecosystem::PyPi, "Flask__Login.x").as_str(), "flask-login-x");
        assert_eq!(PackageName::new(Ecosystem::Npm, "@Scope/left_pad").as_str(), "@scope/left_pad");
    }
}
