//! An assessment becomes a report: for the terminal, as a page, or for other programs.
//!
//! In: an `Assessment` of the verdict. Out: the bytes of a report, one module for each format.
//! Text of the target is hostile here: it passes through [`clean`] before it is shown. Nothing here reads a file, a clock or the environment.

mod bom;
pub mod clean;
mod csv;
mod frame;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod repair;
mod sarif;
mod spots;
mod terminal;
mod verification;
mod words;

pub use frame::code_frame;
pub use json::{NotAReport, read_earlier, serialise};
pub use verification::{LifeFormat, VERIFY_SCHEMA, render_verification};

use std::{fmt, io, path::Path, str::FromStr};

use clearance_finding::UnknownWord;
use clearance_verdict::Assessment;

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Text for a terminal, plain or coloured.
    Terminal,
    /// The full report for people.
    Markdown,
    /// The full report for programs, contract `clearance/1`.
    Json,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
    /// The full report as one HTML file.
    Html,
    /// JUnit XML, for the test reports of build services.
    Junit,
    /// The SAST report of GitLab, version 15 of its schema.
    Gitlab,
    /// Workflow commands of GitHub Actions.
    Github,
    /// The findings as a table for spreadsheets.
    Csv,
    /// The bill of material with its vulnerabilities, CycloneDX 1.6 in JSON.
    Cyclonedx,
    /// The same by version 1.7.
    Cyclonedx17,
    /// The bill of material, SPDX 2.3 in JSON.
    Spdx,
    /// What the vulnerabilities of dependencies mean for the target, OpenVEX 0.2.0.
    Openvex,
    /// The dependency scanning report of GitLab, version 15 of its schema.
    GitlabDependency,
}

impl Format {
    /// All formats.
    pub const ALL: &'static [Self] = &[
        Self::Terminal,
        Self::Markdown,
        Self::Html,
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Gitlab,
        Self::Github,
        Self::Csv,
        Self::Cyclonedx,
        Self::Cyclonedx17,
        Self::Spdx,
        Self::Openvex,
        Self::GitlabDependency,
    ];

    /// The word used in options.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Gitlab => "gitlab",
            Self::Github => "github",
            Self::Csv => "csv",
            Self::Cyclonedx => "cyclonedx",
            Self::Cyclonedx17 => "cyclonedx-1.7",
            Self::Spdx => "spdx",
            Self::Openvex => "openvex",
            Self::GitlabDependency => "gitlab-dependency",
        }
    }

    /// The format that the end of a file's name asks for: `.txt`, `.md`, `.html`, `.json`, `.sarif` (also `.sarif.json`), `.xml` (JUnit), `.csv`,
    /// `.cdx.json` and `bom.json` (CycloneDX), `.spdx.json`, `.openvex.json` and `.vex.json`, and `gl-sast-report.json` and `gl-dependency-scanning-report.json`, the names that
    /// GitLab looks for.
    pub fn from_extension(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let ends = [
            (".sarif.json", Self::Sarif),
            (".sarif", Self::Sarif),
            ("gl-sast-report.json", Self::Gitlab),
            ("gl-dependency-scanning-report.json", Self::GitlabDependency),
            (".cdx.json", Self::Cyclonedx),
            (".spdx.json", Self::Spdx),
            (".openvex.json", Self::Openvex),
            (".vex.json", Self::Openvex),
            (".html", Self::Html),
            (".htm", Self::Html),
            (".xml", Self::Junit),
            (".csv", Self::Csv),
            (".json", Self::Json),
            (".md", Self::Markdown),
            (".markdown", Self::Markdown),
            (".txt", Self::Terminal),
        ];
        if name == "bom.json" {
            return Some(Self::Cyclonedx);
        }
        ends.into_iter().find(|(end, _)| name.ends_with(end)).map(|(_, format)| format)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The words of all formats.
const EXPECTED: &[&str] = &[
    "terminal",
    "markdown",
    "html",
    "json",
    "sarif",
    "junit",
    "gitlab",
    "github",
    "csv",
    "cyclonedx",
    "cyclonedx-1.7",
    "spdx",
    "openvex",
    "gitlab-dependency",
];

impl FromStr for Format {
    type Err = UnknownWord;

    fn from_str(given: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.as_str().eq_ignore_ascii_case(given))
            .ok_or_else(|| UnknownWord { given: given.to_owned(), expected: EXPECTED })
    }
}

/// How a report is to look. Machine formats ignore it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// Whether the terminal report uses colour.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Address of the target's folder (`file:///srv/shop/`), with a slash at its end, if places are to be hyperlinks in the terminal.
    pub link_base: Option<String>,
    /// Where the full reports were written; the terminal report names them.
    pub reports: Vec<String>,
    /// Whether the terminal report shows every finding, however many there are.
    pub all: bool,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { colour: false, width: 100, link_base: None, reports: Vec::new(), all: false }
    }
}

/// The report as a string.
pub fn render(format: Format, assessment: &Assessment, options: &RenderOptions) -> String {
    let mut bytes = Vec::new();
    match write(format, assessment, options, &mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        // Writing to memory does not fail; if a format ever refuses, its message must not pass for a report.
        Err(error) => format!("the report could not be made: {error}\n"),
    }
}

/// Writes the report to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(
    format: Format,
    assessment: &Assessment,
    options: &RenderOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Terminal => out.write_all(terminal::render(assessment, options).as_bytes()),
        Format::Markdown => out.write_all(markdown::render(assessment).as_bytes()),
        Format::Json => json::write(assessment, out),
        Format::Sarif => sarif::write(assessment, out),
        Format::Html => out.write_all(html::render(assessment).as_bytes()),
        Format::Junit => out.write_all(junit::render(assessment).as_bytes()),
        Format::Gitlab => gitlab::write(assessment, out),
        Format::Github => out.write_all(github::render(assessment).as_bytes()),
        Format::Csv => out.write_all(csv::render(assessment).as_bytes()),
        Format::Cyclonedx => bom::cyclonedx::write(bom::cyclonedx::Version::V1_6, assessment, out),
        Format::Cyclonedx17 => bom::cyclonedx::write(bom::cyclonedx::Version::V1_7, assessment, out),
        Format::Spdx => bom::spdx::write(assessment, out),
        Format::Openvex => bom::openvex::write(assessment, out),
        Format::GitlabDependency => bom::gitlab::write(assessment, out),
    }
}

/// The JSON Schema (draft 2020-12) of the contract `clearance/1`.
pub const JSON_SCHEMA: &str = include_str!("../schema/clearance-1.schema.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_names_and_extensions() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(*format));
        }
        let of = |name: &str| Format::from_extension(Path::new(name));
        assert_eq!(of("out/Report.SARIF"), Some(Format::Sarif));
        assert_eq!(of("r.sarif.json"), Some(Format::Sarif));
        assert_eq!(of("r.json"), Some(Format::Json));
        assert_eq!(of("r.md"), Some(Format::Markdown));
        assert_eq!(of("r.html"), Some(Format::Html));
        assert_eq!(of("build/gl-sast-report.json"), Some(Format::Gitlab));
        assert_eq!(of("out/shop.cdx.json"), Some(Format::Cyclonedx));
        assert_eq!(of("bom.json"), Some(Format::Cyclonedx));
        assert_eq!(of("carbom.json"), Some(Format::Json));
        assert_eq!(of("shop.spdx.json"), Some(Format::Spdx));
        assert_eq!(of("shop.openvex.json"), Some(Format::Openvex));
        assert_eq!(of("gl-dependency-scanning-report.json"), Some(Format::GitlabDependency));
        assert_eq!(of("r.pdf"), None);
        assert!(Format::ALL.iter().map(|format| format.as_str()).eq(EXPECTED.iter().copied()));
    }
}
