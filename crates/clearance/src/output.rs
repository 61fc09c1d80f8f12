//! Files that a report is written to.

use std::{path::PathBuf, str::FromStr};

use clearance_report::Format;

/// A file that a report is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// The format.
    pub(crate) format: Format,
    /// The file.
    pub(crate) path: PathBuf,
}

/// An `--output` that does not say its format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the format is not clear from the name; end it in .html, .md, .json, .sarif, .xml, .csv, .cdx.json, .spdx.json, .openvex.json or .txt, or write FORMAT=FILE"
)]
pub(crate) struct UnclearFormat;

impl FromStr for Output {
    type Err = UnclearFormat;

    fn from_str(given: &str) -> Result<Self, UnclearFormat> {
        if let Some((word, path)) = given.split_once('=')
            && let Ok(format) = word.parse()
            && !path.is_empty()
        {
            return Ok(Self { format, path: PathBuf::from(path) });
        }
        let path = PathBuf::from(given);
        match Format::from_extension(&path) {
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
        assert_eq!(format("report.HTML"), Ok(Format::Html));
        assert_eq!(format("gl-sast-report.json"), Ok(Format::Gitlab));
        assert_eq!(format("gl-dependency-scanning-report.json"), Ok(Format::GitlabDependency));
        assert_eq!(format("shop.cdx.json"), Ok(Format::Cyclonedx));
        assert_eq!(format("cyclonedx-1.7=bom.json"), Ok(Format::Cyclonedx17));
        assert_eq!(format("github=annotations"), Ok(Format::Github));
        assert_eq!(format("a=b.txt"), Ok(Format::Terminal));
        assert_eq!(format("report.pdf"), Err(UnclearFormat));
        assert_eq!(format("json="), Err(UnclearFormat));
    }
}
