//! What can be wrong with a configuration. Every message says where, what, and what to do.

use std::{fmt, io, path::PathBuf};

use super::origin::{Origin, Place};
use crate::catalogue::UnknownName;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file named with `--config` or found cannot be read.
    #[error("cannot read the configuration file {}: {cause}", file.display())]
    Unreadable { file: PathBuf, cause: io::Error },
    /// Not TOML.
    #[error("{place}: not valid TOML: {problem}")]
    Syntax { place: Place, problem: String },
    /// A key that does not exist.
    #[error("{place}: unknown key `{key}`{hint}")]
    UnknownKey { place: Place, key: String, hint: Hint },
    /// A value of another type.
    #[error("{place}: `{key}` must be {expected}, but it is {found}")]
    WrongType { place: Place, key: String, expected: &'static str, found: &'static str },
    /// A value of the right type that means nothing.
    #[error("{place}: `{key}`: {problem}")]
    BadValue { place: Place, key: String, problem: String },
    /// A rule name that means nothing.
    #[error("{}: {name}", origin_text(.origin))]
    UnknownRule { origin: Origin, name: UnknownName },
    /// A group where one rule is needed.
    #[error("{}: `{given}` does not name one rule; give a rule id or one of its aliases", origin_text(.origin))]
    NotOneRule { origin: Origin, given: String },
    /// A selection under which no rule runs.
    #[error("{}: this selects no rule of this program; `clearance rules` lists them", origin_text(.origin))]
    NothingSelected { origin: Origin },
    /// A pattern that cannot be understood.
    #[error("{}: pattern `{pattern}`: {problem}", origin_text(.origin))]
    BadPattern { origin: Origin, pattern: String, problem: String },
    /// A control id that does not exist.
    #[error("{}: unknown control `{given}`{hint}", origin_text(.origin))]
    UnknownControl { origin: Origin, given: String, hint: Hint },
    /// A model file that is wrong.
    #[error("{0}; `clearance models schema` prints what a model file may say")]
    Model(clearance_models::DataError),
    /// A file of detectors that is wrong.
    #[error("{file}: {problem}")]
    Detectors { file: String, problem: String },
    /// A detector that does not exist.
    #[error("{}: unknown detector `{given}`{hint}", origin_text(.origin))]
    UnknownDetector { origin: Origin, given: String, hint: Hint },
    /// Two thresholds that contradict each other.
    #[error("{}: the warning severity ({warning}) is above the blocking severity ({blocking}); lower it or raise the other", origin_text(.origin))]
    Thresholds { origin: Origin, warning: clearance_finding::Severity, blocking: clearance_finding::Severity },
}

fn origin_text(origin: &Origin) -> String {
    match origin {
        Origin::CommandLine(option) => format!("option {option}"),
        other => other.to_string(),
    }
}

/// What was perhaps meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// A similar name.
    DidYouMean(String),
    /// All names there are.
    Known(Vec<String>),
    /// A sentence of explanation.
    Because(&'static str),
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DidYouMean(name) => write!(f, "; did you mean `{name}`?"),
            Self::Known(names) => write!(f, "; known here: {}", names.join(", ")),
            Self::Because(sentence) => write!(f, ": {sentence}"),
        }
    }
}
