//! Files in which other tools are told which vulnerabilities of dependencies to ignore: each entry becomes an acceptance.
//!
//! Their values are never errors: what cannot be used is passed over with a note that says file and line. An entry whose end cannot be read accepts nothing.

mod commands;
mod osv;
mod safety;
mod trivy;
mod uv;

use std::sync::Arc;

use clearance_verdict::acceptance::is_version_range;
use jiff::civil::Date;

use super::origin::Place;

/// Most entries of one file that count; a bound on work for hostile files.
const MOST_ENTRIES: usize = 5000;
/// Longest id, name or reason that counts, in bytes.
const MOST_TEXT: usize = 2000;

/// When an acceptance ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Behind this day.
    Day(Date),
    /// With the first fixed version.
    Fixed,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ignored {
    /// The tool and the entry, as the report calls it (`"OSV-Scanner ignores GHSA-…"`).
    pub(crate) by: String,
    pub(crate) place: Place,
    /// Any id of the vulnerability; `None`: all of the package.
    pub(crate) advisory: Option<String>,
    pub(crate) package: Option<String>,
    /// As OSV calls it.
    pub(crate) ecosystem: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) until: Option<End>,
    /// The tool also looks at what this program does not.
    pub(crate) elsewhere: bool,
    /// It holds for files of its own folder only, not for those below.
    pub(crate) flat: bool,
}

impl Ignored {
    /// An entry for one vulnerability.
    fn advisory(tool: &str, id: &str, place: Place) -> Self {
        Self {
            by: format!("{tool} ignores {id}"),
            place,
            advisory: Some(id.to_owned()),
            package: None,
            ecosystem: None,
            version: None,
            reason: None,
            until: None,
            elsewhere: false,
            flat: false,
        }
    }
}

/// What the reading of a file gives.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) entries: Vec<Ignored>,
    /// Why something could not be used.
    pub(crate) notes: Vec<String>,
}

impl Found {
    fn note(&mut self, place: &Place, problem: impl std::fmt::Display) {
        if self.notes.len() < 20 {
            self.notes.push(format!("{place}: {problem}; passed over"));
        }
    }

    fn push(&mut self, entry: Ignored) {
        if let Some(version) = entry.version.as_deref().filter(|version| !is_version_range(version)) {
            let problem = format!("`{}` is no version and no range of them", safety::short(version));
            return self.note(&entry.place, problem);
        }
        if self.entries.len() == MOST_ENTRIES {
            self.note(&entry.place, format_args!("more than {MOST_ENTRIES} entries"));
        }
        if self.entries.len() <= MOST_ENTRIES {
            self.entries.push(entry);
        }
        self.entries.truncate(MOST_ENTRIES);
    }
}

/// Reads a file: its name as shown, and its text.
pub(crate) type Read = fn(&Arc<str>, &str) -> Found;

/// Names of files that are looked for in the target's folder and in those above it, and what reads them.
pub(crate) const FILES: &[(&str, Read)] = &[
    (osv::FILE, osv::read),
    (".safety-policy.yml", safety::read),
    (".trivyignore", trivy::read_lines),
    (".trivyignore.yaml", trivy::read_yaml),
    (".trivyignore.yml", trivy::read_yaml),
    ("Makefile", commands::read),
    ("GNUmakefile", commands::read),
    ("makefile", commands::read),
    ("justfile", commands::read),
    ("Justfile", commands::read),
    ("tox.ini", commands::read),
    ("noxfile.py", commands::read),
    ("Taskfile.yml", commands::read),
    (".pre-commit-config.yaml", commands::read),
    (".gitlab-ci.yml", commands::read),
    ("azure-pipelines.yml", commands::read),
    ("bitbucket-pipelines.yml", commands::read),
];

/// The one name that is also looked for in inner folders: OSV-Scanner reads it beside each lock file.
pub(crate) const INNER_FILE: (&str, Read) = (osv::FILE, osv::read);

/// Reads a workflow of GitHub.
pub(crate) fn read_workflow(file: &Arc<str>, text: &str) -> Found {
    commands::read(file, text)
}

pub(crate) use uv::read_audit_table;

/// A day as these tools write it: `2026-12-31`, with or without a time behind it.
fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let has_time = rest.is_empty() || rest.starts_with(['T', 't', ' ']);
    has_time.then(|| date.parse().ok()).flatten()
}

/// A reason that says something.
fn reason(text: &str) -> Option<String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut end = words.len().min(MOST_TEXT);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    words.chars().any(char::is_alphanumeric).then(|| words[..end].to_owned())
}

/// Whether a text has the form of an id of a vulnerability: a prefix of letters, and digits behind a hyphen.
fn is_id(text: &str) -> bool {
    let Some((prefix, rest)) = text.split_once('-') else { return false };
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    text.len() <= 100
        && (2..=12).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_alphabetic())
        && is_plain(rest)
        && rest.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && (rest.bytes().any(|byte| byte.is_ascii_digit()) || prefix.eq_ignore_ascii_case("GHSA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_ids_are_told_from_other_text() {
        assert_eq!(day("2026-12-31"), "2026-12-31".parse().ok());
        assert_eq!(day("2026-12-31T00:00:00Z"), "2026-12-31".parse().ok());
        for wrong in ["", "soon", "2026-13-01", "31.12.2026", "2026-12-311", "ééééééééé"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
        for id in ["CVE-2024-34069", "GHSA-2g68-c3qc-8985", "PYSEC-2024-1", "MAL-2024-1"] {
            assert!(is_id(id), "{id}");
        }
        for other in ["", "-", "CVE-", "some-word", "--ignore-vuln", "$VULN", "12345", "CVE-2024-1;rm"] {
            assert!(!is_id(other), "{other}");
        }
    }

    /// No text makes a reader panic, and none makes it give more than its bound.
    #[test]
    fn hostile_files_are_read_to_a_bound() {
        let file: Arc<str> = "x".into();
        let pieces = [
            "[[IgnoredVulns]]\nid = \"CVE-1-1\"\n",
            "CVE-2024-1 exp:2024-99-99\n",
            "--ignore-vuln ",
            "--ignore-vuln=GHSA-1\\\n",
            "ignore-vulns: |\n",
            "vulnerabilities:\n  - id: CVE-1-2\n",
            "security: {ignore-vulnerabilities: {1: &a [*a]}}\n",
            "é\u{202e}\0",
            "# \n",
            "{[",
            "uv audit --ignore ",
            "id = [",
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let readers = FILES.iter().map(|(_, read)| *read);
        let readers: Vec<Read> = readers.collect();
        for _ in 0..500 {
            let mut text = String::new();
            for _ in 0..20 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push_str(pieces[(state % pieces.len() as u64) as usize]);
            }
            for read in &readers {
                let found = read(&file, &text);
                assert!(found.entries.len() <= MOST_ENTRIES && found.notes.len() <= 20);
            }
        }
        let many = "CVE-2024-1\n".repeat(3 * MOST_ENTRIES);
        assert_eq!(trivy::read_lines(&file, &many).entries.len(), MOST_ENTRIES);
        let deep = "[".repeat(100_000);
        for read in &readers {
            assert!(read(&file, &deep).entries.is_empty());
        }
    }
}
