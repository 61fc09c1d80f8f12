//! Acceptances in the configuration: `[[tool.clearance.accept]]`, and what other tools' files accept.

use clearance_finding::{AffectedPackage, Finding, Location};
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use super::range::VersionRange;

/// The word that stands for the day on which a fixed version is known.
pub const UNTIL_FIXED: &str = "fixed";

/// One table `[[tool.clearance.accept]]`, or an entry of a file in which another tool is told what to ignore.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigAcceptance {
    /// The rule that is accepted: its id or one of its aliases.
    #[serde(default)]
    pub rule: Option<String>,
    /// The one finding that is accepted, by its fingerprint (32 hexadecimal digits).
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// The files in which it is accepted, as a glob relative to the target; everywhere when absent.
    #[serde(default)]
    pub path: Option<String>,
    /// The vulnerability that is accepted, by any of its ids (`"CVE-2024-34069"`).
    #[serde(default)]
    pub advisory: Option<String>,
    /// The package whose vulnerabilities are accepted, in the form in which its ecosystem compares names.
    #[serde(default)]
    pub package: Option<String>,
    /// Where that package comes from, as OSV calls it (`"PyPI"`); anywhere when absent.
    #[serde(default)]
    pub ecosystem: Option<String>,
    /// The versions of the package for which it holds: PEP 440 specifiers for PyPI, a range for npm. A version that is not known is in no range.
    #[serde(default)]
    pub version: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The last day on which it holds (`"2026-12-31"`), or [`UNTIL_FIXED`]: as long as no fixed version is known.
    #[serde(default)]
    pub until: Option<String>,
    /// How the report calls it, where it is no table of ours.
    #[serde(skip)]
    pub by: Option<String>,
    /// Whether it may be meant for what only another tool looks at, so that it is no surprise when nothing matches it.
    #[serde(skip)]
    pub elsewhere: bool,
    /// Where the table stands, for the report.
    #[serde(skip)]
    pub location: Option<Location>,
}

/// What is wrong with a table `[[tool.clearance.accept]]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptanceError {
    /// It would accept everything.
    #[error("an acceptance needs `rule`, `fingerprint`, `advisory` or `package`")]
    NamesNothing,
    /// Versions of no package.
    #[error("`version` of an acceptance needs `package`")]
    VersionOfNothing,
    /// The range of versions cannot be read.
    #[error("`{0}` is no range of versions such as \">=3.0,<3.0.3\"")]
    Version(String),
    /// No rule has that name.
    #[error("an acceptance names the unknown rule `{0}`")]
    UnknownRule(String),
    /// The fingerprint is not 32 hexadecimal digits.
    #[error("`{0}` is no fingerprint: it has 32 hexadecimal digits")]
    Fingerprint(String),
    /// The path is not a glob.
    #[error("the path `{glob}` of an acceptance cannot be read: {why}")]
    Path {
        /// As written.
        glob: String,
        /// What the glob reader says.
        why: String,
    },
    /// The day is not a date.
    #[error("`{0}` is no date of the form 2026-12-31")]
    Until(String),
    /// `fixed` for something else than a vulnerability.
    #[error(
        "`until = \"fixed\"` needs `advisory` or `package`: only a vulnerability of a dependency is fixed by a version"
    )]
    UntilFixed,
}

/// Whether `text` can be the `version` of an acceptance.
pub fn is_version_range(text: &str) -> bool {
    VersionRange::read(text).is_some()
}

/// A table that was checked and is ready to match.
pub(super) struct Matcher {
    fingerprint: Option<u128>,
    path: Option<GlobMatcher>,
    version: Option<VersionRange>,
}

impl ConfigAcceptance {
    pub(super) fn matcher(&self) -> Result<Matcher, AcceptanceError> {
        if self.rule.is_none() && self.fingerprint.is_none() && !self.is_about_package() {
            return Err(AcceptanceError::NamesNothing);
        }
        let version = match &self.version {
            Some(_) if self.package.is_none() => return Err(AcceptanceError::VersionOfNothing),
            Some(text) => {
                Some(VersionRange::read(text).ok_or_else(|| AcceptanceError::Version(text.clone()))?)
            }
            None => None,
        };
        let fingerprint = match &self.fingerprint {
            Some(text) if text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Some(u128::from_str_radix(text, 16).map_err(|_| AcceptanceError::Fingerprint(text.clone()))?)
            }
            Some(text) => return Err(AcceptanceError::Fingerprint(text.clone())),
            None => None,
        };
        let path = match &self.path {
            Some(glob) => Some(
                GlobBuilder::new(glob.trim_start_matches("./"))
                    .literal_separator(true)
                    .build()
                    .map_err(|error| AcceptanceError::Path {
                        glob: glob.clone(),
                        why: error.kind().to_string(),
                    })?
                    .compile_matcher(),
            ),
            None => None,
        };
        if self.holds_until_fixed() {
            if !self.is_about_package() {
                return Err(AcceptanceError::UntilFixed);
            }
        } else if let Some(until) = &self.until
            && matches!(super::read_until(until), super::Until::Unreadable(_))
        {
            return Err(AcceptanceError::Until(until.clone()));
        }
        Ok(Matcher { fingerprint, path, version })
    }

    /// Whether it is bound to a vulnerability or to a package.
    pub(super) fn is_about_package(&self) -> bool {
        self.advisory.is_some() || self.package.is_some()
    }

    /// Whether it ends with the first fixed version.
    pub(super) fn holds_until_fixed(&self) -> bool {
        self.until.as_deref() == Some(UNTIL_FIXED)
    }

    pub(super) fn matches(&self, matcher: &Matcher, finding: &Finding) -> bool {
        // First what most findings are not.
        let is_meant = !self.is_about_package()
            || finding.package.as_deref().is_some_and(|package| self.is_about(matcher, package));
        is_meant
            && self.rule.as_deref().is_none_or(|name| finding.rule.answers_to(name))
            && matcher.fingerprint.is_none_or(|print| print == finding.fingerprint.0)
            && matcher.path.as_ref().is_none_or(|glob| glob.is_match(&*finding.location.path))
    }

    fn is_about(&self, matcher: &Matcher, package: &AffectedPackage) -> bool {
        let is_name = |name: &String| same_name(name, &package.name);
        let is_inside = |range: &VersionRange| {
            package.version.as_deref().is_some_and(|version| range.contains(&package.ecosystem, version))
        };
        self.advisory.as_deref().is_none_or(|id| package.has_id(id))
            && self.package.as_ref().is_none_or(is_name)
            && self.ecosystem.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&package.ecosystem))
            && matcher.version.as_ref().is_none_or(is_inside)
    }

    /// The table in one line, as the report shows it.
    pub(super) fn shown(&self) -> String {
        if let Some(by) = &self.by {
            return by.clone();
        }
        let fields = [
            ("rule", &self.rule),
            ("fingerprint", &self.fingerprint),
            ("advisory", &self.advisory),
            ("package", &self.package),
            ("version", &self.version),
            ("path", &self.path),
        ];
        let fields =
            fields.iter().filter_map(|(key, value)| Some(format!("{key} = \"{}\"", value.as_ref()?)));
        format!("[[tool.clearance.accept]] {}", fields.collect::<Vec<_>>().join(", "))
    }
}

/// Whether two names are the same to an ecosystem: case does not count, nor which of `-`, `_` and `.` stands between words.
fn same_name(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.trim().chars() {
            match c {
                '-' | '_' | '.' if out.ends_with('-') => {}
                '-' | '_' | '.' => out.push('-'),
                c => out.extend(c.to_lowercase()),
            }
        }
        out
    };
    plain(a) == plain(b)
}
