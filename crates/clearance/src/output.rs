//! Formats of the report, and the files it is written to.

use std::{fmt, path::PathBuf, str::FromStr};

use clearance_finding::UnknownWord;

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text for a person at a terminal.
    Terminal,
    /// The full report as a document.
    Markdown,
    /// Everything, for programs.
    Json,
    /// Findings for code scanning.
    Sarif,
}

impl Format {
    /// All formats.
    pub(crate) const ALL: &'static [Self] = &[Self::Terminal, Self::Markdown, Self::Json, Self::Sarif];

    /// The word used in options.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Sarif => "sarif",
        }
    }

    fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "sarif" => Some(Self::Sarif),
            "txt" => Some(Self::Terminal),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownWord;

    fn from_str(given: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.as_str().eq_ignore_ascii_case(given))
            .ok_or_else(|| UnknownWord {
                given: given.to_owned(),
                expected: &["terminal", "markdown", "json", "sarif"],
            })
    }
}

/// A file that the report is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// The format.
    pub(crate) format: Format,
    /// The file.
    pub(crate) path: PathBuf,
}

/// An `--output` that does not say its format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the format is not clear from the name; end it in .md, .json, .sarif or .txt, or write FORMAT=FILE")]
pub(crate) struct UnclearFormat;

impl FromStr for Output {
    type Err = UnclearFormat;

    fn from_str(given: &str) -> Result<Self, UnclearFormat> {
        if let Some((word, path)) = given.split_once('=')
            && let Ok(format) = word.parse()
            && !path.is_empty()
        {
            return Ok(Self {
                format,
                path: PathBuf::from(path),
            });
        }
        let path = PathBuf::from(given);
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.and_then(Format::of_extension) {
            Some(format) => Ok(Self { format, path }),
            None => Err(UnclearFormat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_or_words_say_the_format() {
        let format = |given: &str| given.parse::<Output>().map(|output| output.format);
        assert_eq!(format("a/report.md"), Ok(Format::Markdown));
        assert_eq!(format("x.SARIF"), Ok(Format::Sarif));
        assert_eq!(format("json=/dev/null"), Ok(Format::Json));
        assert_eq!(format("a=b.txt"), Ok(Format::Terminal));
        assert_eq!(format("report.pdf"), Err(UnclearFormat));
        assert_eq!(format("json="), Err(UnclearFormat));
    }
}
