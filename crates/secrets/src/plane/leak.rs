//! One place at which a credential stands.

use std::sync::Arc;

use clearance_finding::Location;
use clearance_source::Role;

use super::{digest::Hidden, place::place};
use crate::{
    detector::Form,
    judge::{entropy, is_made_up},
    peers::Allowance,
    search::{Layer, Match, Searcher, Style, Sure, What},
};

/// Bytes of a large file that are searched at once, and how much of them is searched again with what follows.
const CHUNK: usize = 8 << 20;
const OVERLAP: usize = 32 << 10;
/// Most credentials of one file.
pub const MOST: usize = 2000;

/// A text in which credentials are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Its path, as it is told.
    pub path: &'a Arc<str>,
    /// What it is for.
    pub role: Role,
    /// Its bytes, as they are in the file.
    pub bytes: &'a [u8],
    /// No rule sees the program that it belongs to: constants in Python are looked at like those of other languages.
    pub alone: bool,
}

/// One place at which a credential stands.
#[derive(Debug, Clone)]
pub struct Leak {
    /// What it is.
    pub what: What,
    /// How sure that is.
    pub sure: Sure,
    /// Its value.
    pub value: Hidden,
    /// Where it stands, blacked out.
    pub location: Location,
    /// What the file is for.
    pub role: Role,
    /// The name that it is assigned to.
    pub name: Option<String>,
    /// What it is encoded in, outermost first.
    pub layers: Vec<Layer>,
    /// What its structure tells.
    pub note: Option<String>,
    /// Of a password in an address, the host.
    pub host: Option<String>,
    /// Where in git's history it stands; nothing for the tree.
    pub commit: Option<Commit>,
    /// The member of an archive that it stands in.
    pub member: Option<String>,
    /// Remarks on its line, and on the one before: number, whether it stands alone on its line, text from its mark on.
    pub remarks: Vec<(u32, bool, String)>,
    /// Who says that it may stay, of those who speak of places.
    pub allowed_by: Option<Arc<str>>,
}

impl Leak {
    /// A secret constant of the program that a rule of another plane tells.
    pub fn constant(location: Location, value: Vec<u8>) -> Self {
        Self {
            what: What::Named,
            sure: Sure::Random,
            value: Hidden::new(value),
            location,
            role: Role::Application,
            name: None,
            layers: Vec::new(),
            note: None,
            host: None,
            commit: None,
            member: None,
            remarks: Vec::new(),
            allowed_by: None,
        }
    }
}

/// A commit that brought a credential into the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id, in hexadecimal digits.
    pub id: String,
    /// When it was written, ISO 8601 (`2026-11-27`).
    pub date: String,
    /// Whether the file of that name still holds the same.
    pub still_there: bool,
    /// Whether only a stash or the log of a reference leads to it.
    pub unreachable: bool,
}

/// The credentials in a text.
#[derive(Debug, Default)]
pub struct Looked {
    /// Every place.
    pub leaks: Vec<Leak>,
    /// Why not everything was looked at, if it was not.
    pub cut: Option<&'static str>,
}

/// Looks for credentials in a text.
pub fn look(searcher: &Searcher, text: Text<'_>) -> Looked {
    let style = match Style::of(text.path) {
        Style::Python if text.alone => Style::Code,
        style => style,
    };
    let mut looked = Looked::default();
    let bytes = text.bytes;
    let mut start = 0;
    let mut lines = 0u32;
    loop {
        let end = bytes.len().min(start + CHUNK);
        let last = end == bytes.len();
        let chunk = &bytes[start..end];
        let found = searcher.search(chunk, style);
        if found.cut {
            looked.cut = Some("it holds more encoded text than is decoded");
        }
        let aside = is_aside(text.path, text.role);
        let hidden: Vec<_> = found.matches.iter().map(|found| found.range.clone()).collect();
        for found in &found.matches {
            // What begins in the overlap is found with what follows.
            if !last && found.range.start >= chunk.len() - OVERLAP {
                continue;
            }
            if aside && is_for_show(found) {
                continue;
            }
            if looked.leaks.len() == MOST {
                looked.cut = Some("it holds more credentials than are told");
                return looked;
            }
            let allowance = searcher.rulings().of(searcher, text.path, chunk, found);
            if allowance == Allowance::NoMatch {
                continue;
            }
            let mut leak = leak(searcher, text, chunk, found, &hidden, lines);
            if let Allowance::Accepted(by) = allowance {
                leak.allowed_by = Some(by);
            }
            let shift = u32::try_from(start).unwrap_or(u32::MAX);
            let (from, to) = leak.location.bytes;
            leak.location.bytes = (from.saturating_add(shift), to.saturating_add(shift));
            looked.leaks.push(leak);
        }
        if last {
            return looked;
        }
        let step = chunk.len() - OVERLAP;
        lines = lines.saturating_add(memchr::memchr_iter(b'\n', &chunk[..step]).count() as u32);
        start += step;
    }
}

/// Whether a file shows and tries things, and runs nothing.
fn is_aside(path: &str, role: Role) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(role, Role::Test | Role::Documentation | Role::Example)
        || ["md", "mdx", "rst", "adoc", "txt"].iter().any(|prose| extension.eq_ignore_ascii_case(prose))
}

/// Whether a value is one that people make up where they show or try something. A form that only an issuer gives is never one.
fn is_for_show(found: &Match) -> bool {
    let made_up = || std::str::from_utf8(&found.value).is_ok_and(is_made_up);
    match found.sure {
        Sure::Random => found.value.len() < 16 || entropy(&found.value) < 3.5 || made_up(),
        Sure::Placed => made_up(),
        Sure::Form | Sure::Checked => false,
    }
}

fn leak(
    searcher: &Searcher,
    text: Text<'_>,
    chunk: &[u8],
    found: &Match,
    hidden: &[std::ops::Range<usize>],
    lines: u32,
) -> Leak {
    let shown = match found.what {
        What::Known(number) if found.layers.is_empty() => match &searcher.detectors()[number].form {
            Form::Starts(starts) => starts
                .iter()
                .filter(|start| found.value.starts_with(start.as_bytes()))
                .map(String::len)
                .max()
                .unwrap_or(0),
            _ => 0,
        },
        _ => 0,
    };
    let location = place(text.path, chunk, &found.range, shown, hidden, lines);
    let host = (found.what != What::Named && found.layers.is_empty())
        .then(|| host_after(chunk, found.range.end))
        .flatten();
    Leak {
        what: found.what,
        sure: found.sure,
        value: Hidden::new(found.value.clone()),
        remarks: remarks(chunk, &found.range, &location),
        location,
        role: text.role,
        name: found.name.clone(),
        layers: found.layers.clone(),
        note: found.note.clone(),
        host,
        commit: None,
        member: None,
        allowed_by: None,
    }
}

/// The host behind `user:password@`.
fn host_after(text: &[u8], at: usize) -> Option<String> {
    let rest = text.get(at..)?.strip_prefix(b"@")?;
    let length = rest
        .iter()
        .take(253)
        .take_while(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(byte))
        .count();
    Some(String::from_utf8_lossy(&rest[..length]).into_owned()).filter(|host| !host.is_empty())
}

/// What may accept a credential where it stands.
const MARKS: &[&[u8]] =
    &[b"clearance:", b"allowlist", b"whitelist", b"gitleaks:allow", b"trufflehog:ignore", b"nosec"];

/// The remarks on the lines of a credential and on the one before.
fn remarks(text: &[u8], secret: &std::ops::Range<usize>, location: &Location) -> Vec<(u32, bool, String)> {
    let first = memchr::memrchr(b'\n', &text[..secret.start]).map_or(0, |end| end + 1);
    let before = memchr::memrchr(b'\n', &text[..first.saturating_sub(1)]).map_or(0, |end| end + 1);
    let own = memchr::memchr(b'\n', &text[secret.end..]).map_or(text.len(), |end| secret.end + end);
    let mut found = Vec::new();
    for (number, line) in [
        (location.start.line.saturating_sub(1), before..first.saturating_sub(1).max(before)),
        (location.end.line, secret.end.max(first)..own),
    ] {
        let line = &text[line];
        let line = &line[..line.len().min(4096)];
        let marked = MARKS.iter().any(|mark| memchr::memmem::find(line, mark).is_some());
        // The mark of a comment, in any language of settings and templates.
        let Some(at) = [&b"#"[..], b"//", b"--", b"/*", b"<!--", b";", b"{#"]
            .iter()
            .filter_map(|mark| memchr::memmem::find(line, mark))
            .min()
            .filter(|_| marked)
        else {
            continue;
        };
        let alone = number < location.start.line && line[..at].trim_ascii().is_empty();
        // One on the line before belongs to that line, unless it stands alone there.
        if number == location.end.line || alone {
            let text = String::from_utf8_lossy(&line[at..]);
            let text = text.trim_start_matches(['/', '-', '*', '<', '!', ';', '{', '#']);
            found.push((
                number,
                alone,
                format!(
                    "# {}",
                    text.trim().trim_end_matches("-->").trim_end_matches("*/").trim_end_matches("#}").trim()
                ),
            ));
        }
    }
    found
}
