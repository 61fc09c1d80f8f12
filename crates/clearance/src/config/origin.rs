//! Where a value comes from.

use std::{fmt, sync::Arc};

/// A position in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The file as shown to the user, relative to the target where possible.
    pub(crate) file: Arc<str>,
    /// 1-based line.
    pub(crate) line: usize,
    /// 1-based column, in characters.
    pub(crate) column: usize,
}

impl Place {
    /// The place of the byte `offset` of `text`.
    pub(crate) fn in_text(file: &Arc<str>, text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: Arc::clone(file),
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody: it is built in.
    Default,
    /// An option of the command line, by its name (`"--profile"`).
    CommandLine(&'static str),
    /// A configuration file.
    File(Place),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::CommandLine(option) => f.write_str(option),
            Self::File(place) => place.fmt(f),
        }
    }
}

/// A value and who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sited<T> {
    /// The value.
    pub(crate) value: T,
    /// Who set it.
    pub(crate) origin: Origin,
}

impl<T> Sited<T> {
    /// A built-in value.
    pub(crate) fn default_value(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// A value from the command line.
    pub(crate) fn option(value: T, option: &'static str) -> Self {
        Self { value, origin: Origin::CommandLine(option) }
    }
}
