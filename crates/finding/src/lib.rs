//! The ground floor: the words that every other room uses.
//!
//! In: nothing. Out: [`Rule`], [`Finding`], [`Severity`], [`Location`], [`Step`], [`Fact`] and [`Notice`].
//! Nothing here reads a file, prints, or knows what Python is.

mod dependency;
mod edits;
mod fingerprint;
mod headers;
mod inventory;
mod location;
mod outcome;
mod rule;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use dependency::{
    AffectedPackage, Dependency, DependencyScope, Exploitation, Forecast, KnownVulnerability, Reachable,
};
pub use edits::edited;
pub use fingerprint::{Fingerprint, normalise_code, number_equals};
pub use headers::{HeaderSources, ProxyHeader, ProxyPart, ProxyServer, SentHeader};
pub use inventory::{
    Body, DeploymentKind, Environment, EnvironmentLine, EnvironmentValue, Protection, ProtectionStatus,
    Route, Setting, SettingStatus, Upload, UploadParts,
};
pub use location::{CodeLine, Location, Position, Step};
pub use outcome::PlaneOutcome;
pub use rule::{Alias, AliasKind, Confidence, Plane, Rule, Severity, UnknownWord};

/// One occurrence of a rule.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that fired; identity, CWE, aliases and the page come from it.
    pub rule: &'static Rule,
    /// Severity after context moved it; see [`Finding::severity_reason`].
    pub severity: Severity,
    /// Why the severity is what it is, in one clause without a full stop (`"bound to 0.0.0.0"`). Empty when
    /// it is simply the rule's own.
    pub severity_reason: String,
    /// How sure the analysis is.
    pub confidence: Confidence,
    /// Where it is. The file's role is in the inventory.
    pub location: Location,
    /// What is wrong here, one sentence, without a full stop at the end.
    pub message: String,
    /// Secondary marks in the same file, shown under the code (`"interactive debugger"`).
    pub labels: Vec<Label>,
    /// The steps that lead to the finding, in order; empty for a local finding. The last step is the finding's
    /// own place.
    pub trace: Vec<Step>,
    /// Further places of the same thing, with what tells them apart; it is one finding all the same.
    pub also: Vec<Step>,
    /// Dotted name of the enclosing function or class inside its module (`"Shop.checkout"`); empty at module level.
    pub symbol: String,
    /// Stable identity, see [`Fingerprint`].
    pub fingerprint: Fingerprint,
    /// What to do here, where it differs from the rule's general advice; one sentence.
    pub advice: Option<String>,
    /// A mechanical repair, where one can be derived.
    pub fix: Option<Fix>,
    /// Who accepted it, if anyone did.
    pub acceptance: Option<Acceptance>,
    /// What following data says of it, where its rule is one that this can judge and data was followed.
    pub judged: Option<Judgement>,
    /// The package and the vulnerability that it is about. Only rules about known vulnerabilities of dependencies say it: acceptances are matched by it.
    pub package: Option<Box<AffectedPackage>>,
}

/// What following data through the program says of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Judgement {
    /// Only constants, or what is harmless there, can get there.
    Proven,
    /// Data from outside gets there.
    Disproved,
    /// Neither is known.
    Undecided,
}

impl Judgement {
    /// Stable lower-case name for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Disproved => "disproved",
            Self::Undecided => "undecided",
        }
    }

    /// What it means for an acceptance, one clause.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Proven => "only constants or harmless data get there",
            Self::Disproved => "data from outside gets there",
            Self::Undecided => "what gets there is not known",
        }
    }
}

/// A secondary mark inside a code frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The marked range.
    pub location: Location,
    /// What is to be seen there.
    pub text: String,
}

/// A mechanical repair: edits to one file that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What the repair does, as an imperative (`"Replace yaml.load with yaml.safe_load"`).
    pub title: String,
    /// Whether applying it cannot change what correct code does.
    pub safe: bool,
    /// Non-overlapping edits, ascending by range.
    pub edits: Vec<Edit>,
    /// The file that they edit, where it is not the finding's own.
    pub path: Option<Arc<str>>,
    /// The lines that they touch, as they are before. Rules leave it empty; [`Fix::look_at`] fills it in.
    pub lines: Vec<FixLine>,
}

/// A line of a file as a repair finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixLine {
    /// 1-based line number.
    pub number: u32,
    /// Byte offset of its first byte.
    pub start: u32,
    /// Its text without the line end; what is secret in it is blanked, byte for byte.
    pub text: String,
}

/// One replacement in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// First byte replaced (offset into the UTF-8 text).
    pub start: u32,
    /// One past the last byte replaced.
    pub end: u32,
    /// The new text.
    pub text: String,
}

/// A suppressed finding: who, why, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// What accepts it: the comment as written, or the configuration table.
    pub by: String,
    /// Where the comment or table stands.
    pub location: Option<Location>,
    /// The reason given, if any.
    pub reason: Option<String>,
    /// Last day on which it holds, ISO 8601 (`2026-12-31`).
    pub until: Option<String>,
}

/// Positive evidence: something that was looked at and found in order. Controls pass on facts, not on silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The rule whose question this answers (`"flask-debug-enabled"`).
    pub rule: &'static str,
    /// What was seen, one clause (`"debug=True only under FLASK_ENV == \"development\", bound to 127.0.0.1"`).
    pub text: String,
    /// Where.
    pub location: Location,
}

/// How many objects a rule looked at: the denominator of its silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examined {
    /// The rule.
    pub rule: &'static str,
    /// Calls, assignments or other objects that it judged.
    pub count: u32,
}

/// Why a file or a part of one could not be seen into. Every report prints these; none may read as "clean".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// Path relative to the target, with `/`; empty for the run as a whole.
    pub path: Arc<str>,
    /// 1-based line, where one is known.
    pub line: Option<u32>,
    /// What kind of blindness.
    pub kind: NoticeKind,
    /// What happened and what to do, one sentence.
    pub text: String,
}

/// The closed list of reasons for not having seen something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NoticeKind {
    /// The file could not be opened or read.
    Unreadable,
    /// The text is not in the encoding that it claims; it was decoded with replacement characters.
    Undecodable,
    /// Syntax errors: what parsed was analysed.
    Partial,
    /// Over a size or nesting limit: not analysed.
    TooLarge,
    /// A bound on work was hit inside the file: analysed in part.
    Truncated,
    /// Deliberately not looked at (symbolic link, special file, stub); does not count against completeness.
    Skipped,
    /// The analysis itself failed on this file: a defect of this program.
    Failed,
}

impl NoticeKind {
    /// Whether something that should have been analysed was not, so that the run may not end in `approved`.
    pub fn is_blind_spot(self) -> bool {
        match self {
            Self::Unreadable
            | Self::Undecodable
            | Self::Partial
            | Self::TooLarge
            | Self::Truncated
            | Self::Failed => true,
            Self::Skipped => false,
        }
    }

    /// Stable lower-case name for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Undecodable => "undecodable",
            Self::Partial => "partial",
            Self::TooLarge => "too-large",
            Self::Truncated => "truncated",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}
