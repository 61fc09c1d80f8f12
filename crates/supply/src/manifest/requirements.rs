//! pip requirements and constraints files, as pip's own file format says.

use std::borrow::Cow;

use super::{
    File, IndexKind, Manifest, ManifestKind, Origin, ReferenceKind, RequirementRange, Scope, pep508,
    reader::{Reader, clip, hash, requirement},
};
use crate::{Ecosystem, PackageName};

/// Reads a requirements file.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Requirements);
    let is_constraints = {
        let name = file.path.rsplit('/').next().unwrap_or(file.path).to_ascii_lowercase();
        name.contains("constraint") && !name.contains("requirement")
    };
    lines(&mut reader, is_constraints);
    reader.manifest
}

/// Reads all lines of the text as those of a requirements file.
pub(crate) fn lines(reader: &mut Reader<'_>, constraint: bool) {
    let text = reader.file.text;
    let mut at = 0;
    while at < text.len() {
        let line = Line::next(text, &mut at);
        let scope = reader.manifest.scope;
        line_of(reader, &line, scope, None, constraint);
    }
}

/// A logical line: physical lines joined where they end in a backslash, without comment.
pub(crate) struct Line<'t> {
    text: Cow<'t, str>,
    /// Where pieces of `text` begin, and where they come from in the file.
    pieces: Vec<(usize, usize)>,
}

impl<'t> Line<'t> {
    /// A line that stands at one place in the file.
    pub(crate) fn at(text: &'t str, start: usize) -> Self {
        let end = comment(text).unwrap_or(text.len());
        Self { text: text[..end].into(), pieces: vec![(0, start)] }
    }

    fn next(file: &'t str, at: &mut usize) -> Self {
        let start = *at;
        let first = physical(file, at);
        if !first.ends_with('\\') {
            let skipped =
                if start == 0 { first.len() - first.trim_start_matches('\u{feff}').len() } else { 0 };
            return Self::at(&first[skipped..], start + skipped);
        }
        let mut text = String::new();
        let mut pieces = Vec::new();
        let (mut begin, mut line) = (start, first);
        loop {
            let continues = line.ends_with('\\') && !line.trim_start().starts_with('#');
            pieces.push((text.len(), begin));
            if text.is_empty() && begin == 0 {
                let without = line.trim_start_matches('\u{feff}');
                pieces = vec![(0, line.len() - without.len())];
                line = without;
            } else if line.trim_start().starts_with('#') {
                break;
            }
            text.push_str(line.strip_suffix('\\').filter(|_| continues).unwrap_or(line));
            if !continues || *at >= file.len() {
                break;
            }
            begin = *at;
            line = physical(file, at);
        }
        let end = comment(&text).unwrap_or(text.len());
        text.truncate(end);
        Self { text: text.into(), pieces }
    }

    /// The byte in the file of a byte of the line.
    fn place(&self, at: usize) -> u32 {
        let index = self.pieces.partition_point(|&(begin, _)| begin < at.max(1)).max(1) - 1;
        let (begin, place) = self.pieces.get(index).copied().unwrap_or_default();
        u32::try_from(place + at.saturating_sub(begin)).unwrap_or(u32::MAX)
    }
}

/// The line that begins at `at`, without its end; moves on behind it.
fn physical<'t>(file: &'t str, at: &mut usize) -> &'t str {
    let rest = &file[*at..];
    let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let width = if rest[end..].starts_with("\r\n") { 2 } else { usize::from(end < rest.len()) };
    *at += end + width;
    &rest[..end]
}

/// Where a comment begins: `#` at the beginning or after white space.
fn comment(text: &str) -> Option<usize> {
    text.match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| text[..at].chars().next_back().is_none_or(char::is_whitespace))
}

/// Reads one logical line.
pub(crate) fn line_of(
    reader: &mut Reader<'_>,
    line: &Line<'_>,
    scope: Scope,
    group: Option<&str>,
    constraint: bool,
) {
    let text = line.text.trim_end();
    let begin = text.len() - text.trim_start().len();
    if begin == text.len() {
        return;
    }
    let body = &text[begin..];
    let (editable, start) = match option(body, &["-e", "--editable"]) {
        Some(value) => (true, text.len() - value.len()),
        None if body.starts_with('-') => return global(reader, line, body, begin, scope),
        None => (false, begin),
    };
    let (end, options) = options(text, start);
    let before = reader.manifest.requirements.len();
    address_or_name(reader, line, (start, end), editable, scope);
    if reader.manifest.requirements.len() == before {
        return;
    }
    let hashes = hashes(&text[options..]);
    let from = line.place(begin);
    let to = line.place(end);
    let location = reader.location((from, to));
    if let Some(found) = reader.manifest.requirements.last_mut() {
        found.hashes.extend(hashes);
        found.constraint = constraint;
        found.group = group.map(str::to_owned);
        found.location = location;
    }
}

/// The value of an option at the beginning of a text.
fn option<'t>(text: &'t str, names: &[&str]) -> Option<&'t str> {
    names.iter().find_map(|name| {
        let rest = text.strip_prefix(name)?;
        if let Some(value) = rest.strip_prefix('=') {
            return Some(value.trim_start());
        }
        let spaced = rest.starts_with(char::is_whitespace);
        // `-rbase.txt`
        let glued = !name.starts_with("--") && !rest.is_empty();
        (spaced || glued).then(|| rest.trim_start())
    })
}

/// Where the requirement that begins at `start` ends, and where options after it begin.
fn options(text: &str, start: usize) -> (usize, usize) {
    let mut at = start;
    while let Some(space) = text[at..].find(char::is_whitespace) {
        let space = at + space;
        let next = text.len() - text[space..].trim_start().len();
        if text[next..].starts_with('-') {
            return (start + text[start..space].trim_end().len(), next);
        }
        at = next;
    }
    (start + text[start..].trim_end().len(), text.len())
}

fn hashes(options: &str) -> Vec<super::Hash> {
    let mut words = options.split_whitespace();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if let Some(value) = word.strip_prefix("--hash") {
            let value = if value.is_empty() { words.next() } else { value.strip_prefix('=') };
            found.extend(value.and_then(hash));
        }
    }
    found
}

/// An option that holds for the whole file.
fn global(reader: &mut Reader<'_>, line: &Line<'_>, body: &str, begin: usize, scope: Scope) {
    let place = |value: &str| {
        let start = begin + (body.len() - value.len());
        (line.place(start), line.place(start + value.trim_end().len()))
    };
    let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    let files = [
        (&["-r", "--requirement", "--requirements"][..], ReferenceKind::Requirements),
        (&["-c", "--constraint", "--constraints"], ReferenceKind::Constraints),
    ];
    for (names, kind) in files {
        if let Some(value) = option(body, names) {
            return reader.refer(kind, &unquoted(value), scope, place(value));
        }
    }
    let indexes = [
        (&["--index-url", "--pypi-url", "-i"][..], IndexKind::Default),
        (&["--extra-index-url"], IndexKind::Extra),
        (&["--find-links", "-f"], IndexKind::Links),
        (&["--trusted-host"], IndexKind::TrustedHost),
    ];
    for (names, kind) in indexes {
        if let Some(value) = option(body, names) {
            let first = value.split_whitespace().next().unwrap_or_default();
            return reader.index(kind, &unquoted(first), place(value));
        }
    }
    if body.trim() == "--no-index" {
        return reader.index(IndexKind::None, "", place(body));
    }
    const KNOWN: &[&str] = &[
        "--pre",
        "--prefer-binary",
        "--require-hashes",
        "--no-binary",
        "--only-binary",
        "--use-feature",
        "--process-dependency-links",
        "--use-wheel",
        "--no-use-wheel",
        "--always-unzip",
        "-Z",
        "--no-deps",
        "--hash",
        "--global-option",
        "--install-option",
        "--config-settings",
        "--no-emit",
        "--no-allow",
        "--allow-external",
        "--allow-unverified",
        "--all-releases",
        "--only-final",
    ];
    if !KNOWN.iter().any(|known| body.starts_with(known)) {
        reader.partial(line.place(begin), format!("the option `{}` is not known", clip(body)));
    }
}

/// A requirement: by name, by address or by path.
fn address_or_name(
    reader: &mut Reader<'_>,
    line: &Line<'_>,
    range: (usize, usize),
    editable: bool,
    scope: Scope,
) {
    let (start, end) = range;
    let written = line.text[start..end].to_owned();
    let text = written.trim_matches(['"', '\'']);
    let place = |at: usize| line.place(start + at);
    if text.starts_with("${") && !text.contains("://") {
        let shown = clip(text);
        reader.partial(place(0), format!("`{shown}` depends on a variable of the environment"));
        return;
    }
    let is_named_address = pep508::split(text).is_some_and(|parts| parts.url.is_some());
    if is_named_address || !is_address(text) {
        if text.contains("${") {
            let shown = clip(text);
            reader.partial(place(0), format!("`{shown}` depends on a variable of the environment"));
        }
        // The quotes that are cut off move nothing: there are none around a name.
        if let Some(mut found) = pep508::read(reader, &written, place, scope) {
            found.editable = editable;
            reader.require(found);
        }
        return;
    }
    let (address, marker) = match text.find(" ;").or_else(|| text.find("; ")) {
        Some(at) => (text[..at].trim_end(), text[at..].trim_start_matches([' ', ';'])),
        None => (text, ""),
    };
    let fragment = address.split_once('#').map_or("", |(_, fragment)| fragment);
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let bare = address.split('#').next().unwrap_or(address);
    let (bare, own_extras) = match bare.rfind('[') {
        Some(at) if bare.ends_with(']') => (&bare[..at], &bare[at + 1..bare.len() - 1]),
        _ => (bare, ""),
    };
    let origin = pep508::origin(bare);
    let local_project = matches!(origin, Origin::Path(_)) && pep508::archive(bare).is_none();
    if local_project && egg.is_none() {
        let path = bare.strip_prefix("file:").unwrap_or(bare).trim_start_matches("//");
        let bytes = (place(0), place(address.len()));
        reader.refer(ReferenceKind::Project, path, scope, bytes);
        if let Some(reference) = reader.manifest.references.last_mut() {
            reference.groups = own_extras.split(',').map(|extra| extra.trim().to_owned()).collect();
            reference.groups.retain(|extra| !extra.is_empty());
        }
        return;
    }
    let egg_at = egg.and_then(|egg| text.find(&format!("egg={egg}"))).map(|at| at + 4);
    let egg_parts = egg.and_then(pep508::split);
    let guessed = || {
        let path = bare.split('?').next().unwrap_or(bare).trim_end_matches('/');
        let path = path.rsplit_once("://").map_or(path, |(_, rest)| rest);
        let last = path.rsplit('/').next().unwrap_or(path);
        let last = last.rsplit_once('@').map_or(last, |(name, _)| name);
        last.trim_end_matches(".git").to_owned()
    };
    let name = match (&egg_parts, egg, pep508::archive(bare)) {
        (Some(parts), Some(egg), _) => egg[parts.name.0..parts.name.1].to_owned(),
        (_, _, Some((name, _))) => name.to_owned(),
        _ => guessed(),
    };
    let location = reader.location((place(0), place(address.len())));
    let mut found = requirement(Ecosystem::PyPi, &name, location, scope);
    if let (Some(parts), Some(at)) = (&egg_parts, egg_at) {
        found.name_bytes = (place(at + parts.name.0), place(at + parts.name.1));
        found.extras.clone_from(&parts.extras);
    }
    let extras = own_extras.split(',').map(str::trim).filter(|extra| !extra.is_empty());
    found.extras.extend(extras.map(|extra| PackageName::new(Ecosystem::PyPi, extra).as_str().to_owned()));
    found.range = pep508::range_of_archive(bare).unwrap_or_else(RequirementRange::any);
    found.hashes = fragment.split('&').filter_map(archive_hash).collect();
    found.origin = origin;
    found.editable = editable;
    found.marker = reader.marker(marker, place(address.len()));
    reader.require(found);
}

/// `sha256=…` in the fragment of an address.
fn archive_hash(part: &str) -> Option<super::Hash> {
    let known = ["sha256=", "sha384=", "sha512=", "sha1=", "md5="];
    known.iter().any(|name| part.starts_with(name)).then(|| hash(part)).flatten()
}

/// Whether pip would take a text as an address or a path, not as a name.
fn is_address(text: &str) -> bool {
    let before_marker = text.split(';').next().unwrap_or(text).trim();
    if before_marker.contains(char::is_whitespace) {
        return false;
    }
    before_marker.contains("://")
        || before_marker.starts_with("file:")
        || before_marker.starts_with(['.', '/', '~'])
        || (before_marker.contains('/') && !before_marker.contains(['=', '<', '>']))
        || pep508::archive(before_marker).is_some()
        || [".whl", ".zip", ".tar.gz"].iter().any(|end| before_marker.ends_with(end))
}
