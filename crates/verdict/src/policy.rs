//! What counts as blocking: the thresholds of a profile.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::{Confidence, Finding, Fingerprint, Severity};

use crate::words::{FailOn, Level, Profile};

/// Thresholds and levels by which an assessment is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The environment that the decision is made for.
    pub profile: Profile,
    /// Findings at or above this severity block.
    pub blocking: Severity,
    /// Findings at or above this severity, and below `blocking`, make the decision conditional.
    pub warning: Severity,
    /// A finding less certain than this does not block; it warns.
    pub blocking_confidence: Confidence,
    /// A finding less certain than this does not even warn.
    pub warning_confidence: Confidence,
    /// Levels of controls that differ from the catalogue's, by control id.
    pub control_levels: BTreeMap<String, Level>,
    /// The worst decision that counts as a failed run.
    pub fail_on: FailOn,
    /// Only findings that a baseline does not hold are decided on.
    pub new_only: Option<NewOnly>,
}

/// What a decision on new findings leaves aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOnly {
    /// The baseline's file, as it was named.
    pub file: String,
    /// Identities that it holds, each for every open finding of that identity.
    pub known: BTreeSet<Fingerprint>,
}

impl Policy {
    /// The thresholds of `profile` without any configuration: production and staging block from `high`, development
    /// from `critical`; all warn from `medium` (development: `high`).
    pub fn for_profile(profile: Profile) -> Self {
        let (blocking, warning) = match profile {
            Profile::Production | Profile::Staging => (Severity::High, Severity::Medium),
            Profile::Development => (Severity::Critical, Severity::High),
        };
        Self {
            profile,
            blocking,
            warning,
            blocking_confidence: Confidence::Medium,
            warning_confidence: Confidence::Low,
            control_levels: BTreeMap::new(),
            fail_on: FailOn::Blocked,
            new_only: None,
        }
    }

    /// Whether the decision leaves `finding` aside because a baseline holds it.
    pub fn leaves_aside(&self, finding: &Finding) -> bool {
        finding.acceptance.is_none()
            && self.new_only.as_ref().is_some_and(|only| only.known.contains(&finding.fingerprint))
    }

    /// The policy without a baseline: controls and tables of standards say how things are, not what is new.
    pub(crate) fn whole(&self) -> Self {
        Self { new_only: None, ..self.clone() }
    }

    /// Whether `finding` alone makes the decision `blocked`. Accepted findings and those of severity `info` never do.
    pub fn blocks(&self, finding: &Finding) -> bool {
        finding.acceptance.is_none()
            && !self.leaves_aside(finding)
            && finding.severity > Severity::Info
            && finding.severity >= self.blocking
            && finding.confidence >= self.blocking_confidence
    }

    /// Whether `finding` alone makes the decision `conditional`; never true of one that [`Policy::blocks`].
    pub fn warns(&self, finding: &Finding) -> bool {
        finding.acceptance.is_none()
            && !self.leaves_aside(finding)
            && finding.severity > Severity::Info
            && finding.severity >= self.warning.min(self.blocking)
            && finding.confidence >= self.warning_confidence
            && !self.blocks(finding)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::for_profile(Profile::Production)
    }
}
