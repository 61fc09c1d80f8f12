//! Ranges of versions of an acceptance.

use std::str::FromStr;

/// A range as written, in every form in which it can be read: which one counts is decided by the ecosystem of what it is held against.
pub(super) struct VersionRange {
    python: Option<pep440_rs::VersionSpecifiers>,
    npm: Option<nodejs_semver::Range>,
}

impl VersionRange {
    /// Longest range that is read, in bytes: no sensible one is longer.
    const MOST: usize = 1000;

    /// Reads PEP 440 specifiers or an npm range; a version alone stands for just that version. Nothing where it is neither.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > Self::MOST {
            return None;
        }
        let exact =
            || pep440_rs::Version::from_str(text).ok().map(pep440_rs::VersionSpecifier::equals_version);
        let python = pep440_rs::VersionSpecifiers::from_str(text)
            .ok()
            .or_else(|| exact().map(|one| std::iter::once(one).collect()));
        let npm = nodejs_semver::Range::parse(text).ok();
        (python.is_some() || npm.is_some()).then_some(Self { python, npm })
    }

    /// Whether `version` of a package of `ecosystem` is inside. A version that does not follow the rules of its ecosystem is not.
    pub(super) fn contains(&self, ecosystem: &str, version: &str) -> bool {
        match ecosystem {
            "PyPI" => match (&self.python, pep440_rs::Version::from_str(version)) {
                (Some(range), Ok(version)) => range.contains(&version),
                _ => false,
            },
            "npm" => match (&self.npm, nodejs_semver::Version::parse(version)) {
                (Some(range), Ok(version)) => range.satisfies(&version),
                _ => false,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_by_the_rules_of_the_ecosystem() {
        let holds = |range: &str, ecosystem, version| {
            VersionRange::read(range).is_some_and(|range| range.contains(ecosystem, version))
        };
        assert!(holds(">=3.0,<3.0.3", "PyPI", "3.0.1"));
        assert!(!holds(">=3.0,<3.0.3", "PyPI", "3.0.3"));
        assert!(holds("3.0.1", "PyPI", "3.0.1") && !holds("3.0.1", "PyPI", "3.0.2"));
        assert!(holds("==2.*", "PyPI", "2.7"));
        assert!(holds("^1.2", "npm", "1.9.0") && !holds("^1.2", "npm", "2.0.0"));
        assert!(!holds(">=1", "npm", "not a version") && !holds(">=1", "Debian", "1.0"));
        for wrong in ["", "  ", "nonsense!", &"1,".repeat(10_000)] {
            assert!(VersionRange::read(wrong).is_none(), "{wrong:.20}");
        }
    }
}
