//! An earlier report, as far as anybody compares with it.

use clearance_finding::{Confidence, Fingerprint, Severity};
use jiff::Timestamp;

use crate::words::{Decision, Level, Status};

/// An earlier report, as far as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The file that it was read from, as it was named.
    pub file: String,
    /// Its target's name.
    pub target: String,
    /// Its target's commit, where it was known.
    pub commit: Option<String>,
    /// Whether the work tree differed from that commit, where it was known.
    pub dirty: Option<bool>,
    /// When its run began.
    pub time: Timestamp,
    /// The version of the program that made it.
    pub tool_version: String,
    /// The rule set that it was made with.
    pub rule_set: String,
    /// The profile that it decided for.
    pub profile: String,
    /// What it came to.
    pub decision: Decision,
    /// The least severity that blocked.
    pub blocking: Severity,
    /// The least confidence that blocked.
    pub blocking_confidence: Confidence,
    /// What that run was able to analyse.
    pub capabilities: Vec<String>,
    /// All its findings, accepted ones too.
    pub findings: Vec<EarlierFinding>,
    /// Rules and severities of which it found more than it shows.
    pub hidden: Vec<(String, Severity)>,
    /// All its controls.
    pub controls: Vec<EarlierControl>,
}

/// A finding of an earlier report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierFinding {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Id of its rule.
    pub rule: String,
    /// The title of its rule then.
    pub title: String,
    /// Its severity then.
    pub severity: Severity,
    /// How sure it was.
    pub confidence: Confidence,
    /// Its file, relative to the target.
    pub path: String,
    /// Its line then.
    pub line: u32,
    /// Its last line then.
    pub end_line: u32,
    /// The enclosing function or class; empty at module level.
    pub symbol: String,
    /// The lines that the report shows of it, with their numbers.
    pub code: Vec<(u32, String)>,
    /// The other places of it that the report names, the nearest first: the way of data to it from its end, further places.
    pub steps: Vec<EarlierPlace>,
    /// What it said.
    pub message: String,
    /// Whether it was accepted.
    pub accepted: bool,
}

/// A control of an earlier report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierControl {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How much it weighed.
    pub level: Level,
    /// How it stood.
    pub status: Status,
}

/// A place that an earlier report names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EarlierPlace {
    /// Its file, relative to the target.
    pub path: String,
    /// Its first line then.
    pub line: u32,
    /// Its last line then.
    pub end_line: u32,
}

impl Earlier {
    /// Whether `finding` blocked then.
    pub fn blocked(&self, finding: &EarlierFinding) -> bool {
        !finding.accepted
            && finding.severity > Severity::Info
            && finding.severity >= self.blocking
            && finding.confidence >= self.blocking_confidence
    }
}
