//! The closed lists of words that only this program's options use.

use std::{fmt, str::FromStr};

use clearance_finding::UnknownWord;

/// The least bad decision that ends the program with exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// Only `blocked` fails.
    Blocked,
    /// `conditional` fails too.
    Conditional,
    /// No decision fails.
    Never,
}

impl FailOn {
    /// All values.
    pub(crate) const ALL: &'static [Self] = &[Self::Blocked, Self::Conditional, Self::Never];

    /// The word used in options and configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Conditional => "conditional",
            Self::Never => "never",
        }
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FailOn {
    type Err = UnknownWord;

    fn from_str(given: &str) -> Result<Self, UnknownWord> {
        Self::ALL.iter().copied().find(|word| word.as_str().eq_ignore_ascii_case(given)).ok_or_else(|| {
            UnknownWord { given: given.to_owned(), expected: &["blocked", "conditional", "never"] }
        })
    }
}
