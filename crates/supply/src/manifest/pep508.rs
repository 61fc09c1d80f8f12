//! A dependency specifier (PEP 508) taken apart, so that the place of each part is known.

use pep440_rs::VersionSpecifiers;

use super::{
    Origin, Requirement, RequirementRange, Scope,
    reader::{Reader, clip, requirement, without_credentials},
};
use crate::{Ecosystem, PackageName};

/// The parts of a specifier, as ranges of its text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) name: (usize, usize),
    pub(crate) extras: Vec<String>,
    /// Empty where there are none; then the place after name and extras.
    pub(crate) specifiers: (usize, usize),
    pub(crate) url: Option<(usize, usize)>,
    pub(crate) marker: Option<(usize, usize)>,
}

/// Takes a specifier apart; `None` where it is not one.
pub(crate) fn split(text: &str) -> Option<Parts> {
    let mut at = skip(text, 0);
    let start = at;
    let bytes = text.as_bytes();
    while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'-' | b'_' | b'.')) {
        at += 1;
    }
    let name = &text[start..at];
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric())
        || !name.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        return None;
    }
    let mut parts = Parts { name: (start, at), ..Parts::default() };
    let after_name = at;
    at = skip(text, at);
    if text[at..].starts_with('[') {
        let end = at + text[at..].find(']')?;
        let extras = text[at + 1..end].split(',').map(str::trim).filter(|extra| !extra.is_empty());
        parts.extras =
            extras.map(|extra| PackageName::new(Ecosystem::PyPi, extra).as_str().to_owned()).collect();
        at = end + 1;
    }
    let after_extras = if parts.extras.is_empty() { after_name.max(at.min(after_name)) } else { at };
    at = skip(text, at);
    if text[at..].starts_with('@') {
        let begin = skip(text, at + 1);
        let end = text[begin..].find(char::is_whitespace).map_or(text.len(), |end| begin + end);
        parts.url = Some((begin, end));
        parts.specifiers = (after_extras, after_extras);
        at = skip(text, end);
        if let Some(rest) = text[at..].strip_prefix(';') {
            parts.marker = Some((text.len() - rest.len(), text.len()));
        } else if at < text.len() {
            return None;
        }
        return (begin < end).then_some(parts);
    }
    let end = text[at..].find(';').map_or(text.len(), |end| at + end);
    if end < text.len() {
        parts.marker = Some((end + 1, text.len()));
    }
    let mut range = trimmed(text, at, end);
    if text[range.0..range.1].starts_with('(') && text[range.0..range.1].ends_with(')') {
        range = trimmed(text, range.0 + 1, range.1 - 1);
    }
    if range.0 < range.1 && !text[range.0..range.1].starts_with(['=', '<', '>', '!', '~']) {
        return None;
    }
    parts.specifiers = if range.0 < range.1 { range } else { (after_extras, after_extras) };
    Some(parts)
}

fn skip(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start().len()
}

fn trimmed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let begin = start + (text[start..end].len() - text[start..end].trim_start().len());
    (begin, begin + text[begin..end].trim_end().len())
}

/// Version specifiers. What older tools let through is read as they meant it: a comma at the end, `>=1.9.*`.
pub(crate) fn specifiers(text: &str) -> Option<VersionSpecifiers> {
    let text = text.trim().trim_end_matches(',').trim_end();
    if let Ok(specifiers) = text.parse() {
        return Some(specifiers);
    }
    let repaired = text.split(',').map(|part| {
        let part = part.trim();
        if part.starts_with("==") || part.starts_with("!=") {
            part
        } else {
            part.strip_suffix(".*").unwrap_or(part)
        }
    });
    repaired.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",").parse().ok()
}

/// Reads a specifier that is written in the file. `place` gives the byte in the file for a byte of `text`.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    text: &str,
    place: impl Fn(usize) -> u32,
    scope: Scope,
) -> Option<Requirement> {
    let text = text.trim_end();
    let begin = text.len() - text.trim_start().len();
    let Some(parts) = split(text) else {
        reader.partial(
            place(begin),
            format!("`{}` is not a requirement that is understood", clip(text.trim())),
        );
        return None;
    };
    let location = reader.location((place(begin), place(text.len())));
    let mut found = requirement(Ecosystem::PyPi, &text[parts.name.0..parts.name.1], location, scope);
    found.name_bytes = (place(parts.name.0), place(parts.name.1));
    found.extras = parts.extras;
    found.specifier_bytes = (place(parts.specifiers.0), place(parts.specifiers.1));
    let written = &text[parts.specifiers.0..parts.specifiers.1];
    found.range = match specifiers(written) {
        Some(specifiers) => RequirementRange::Python(specifiers),
        None => {
            reader.partial(
                found.specifier_bytes.0,
                format!("the versions `{}` are not understood", clip(written)),
            );
            RequirementRange::Unknown(written.to_owned())
        }
    };
    if let Some((start, end)) = parts.url {
        found.origin = origin(&text[start..end]);
        found.range = range_of_archive(&text[start..end]).unwrap_or(found.range);
    }
    if let Some((start, end)) = parts.marker {
        found.marker = reader.marker(&text[start..end], place(start));
    }
    Some(found)
}

/// Where an address leads.
pub(crate) fn origin(url: &str) -> Origin {
    let address = url.split_once('#').map_or(url, |(address, _)| address);
    for system in ["git+", "hg+", "svn+", "bzr+"] {
        if let Some(rest) = address.strip_prefix(system) {
            let path = rest.find("://").map_or(0, |at| at + 3);
            let path = path + rest[path..].find('/').unwrap_or(rest.len() - path);
            let (rest, revision) = match rest[path..].rfind('@') {
                Some(at) => (&rest[..path + at], Some(rest[path + at + 1..].to_owned())),
                None => (rest, None),
            };
            return Origin::Vcs { url: without_credentials(rest), revision };
        }
    }
    match address.strip_prefix("file:") {
        Some(path) => Origin::Path(path.trim_start_matches("//").to_owned()),
        None if address.contains("://") => Origin::Url(without_credentials(address)),
        None => Origin::Path(address.to_owned()),
    }
}

/// Name and version of an archive by its file name (PEP 427, PEP 625).
pub(crate) fn archive(url: &str) -> Option<(&str, &str)> {
    let url = url.split(['#', '?']).next().unwrap_or(url);
    let name = url.rsplit(['/', '\\']).next().unwrap_or(url);
    if let Some(stem) = name.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        return parts
            .next()
            .zip(parts.next())
            .filter(|(name, version)| !name.is_empty() && !version.is_empty());
    }
    let ends = [".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz"];
    let stem = ends.iter().find_map(|end| name.strip_suffix(end))?;
    let (name, version) = stem.rsplit_once('-')?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    (is_version && !name.is_empty()).then_some((name, version))
}

/// The one version that an archive has.
pub(crate) fn range_of_archive(url: &str) -> Option<RequirementRange> {
    let (_, version) = archive(url)?;
    format!("=={}", version.replace("%2B", "+").replace("%2b", "+"))
        .parse()
        .ok()
        .map(RequirementRange::Python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_places() {
        let shown = |text: &str| {
            let parts = split(text).unwrap();
            let cut = |(start, end): (usize, usize)| text[start..end].to_owned();
            (
                cut(parts.name),
                parts.extras.join(","),
                cut(parts.specifiers),
                parts.url.map(cut),
                parts.marker.map(cut),
            )
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(
            shown("celery[redis, pytest]==4.4.7 ; python_version < '3'"),
            (
                text("celery"),
                text("redis,pytest"),
                text("==4.4.7"),
                None,
                Some(text(" python_version < '3'"))
            )
        );
        assert_eq!(shown("torch (>=2.0, <3)"), (text("torch"), text(""), text(">=2.0, <3"), None, None));
        assert_eq!(
            shown("a @ git+https://x/y@1;2 ; os_name == 'nt'"),
            (
                text("a"),
                text(""),
                text(""),
                Some(text("git+https://x/y@1;2")),
                Some(text(" os_name == 'nt'"))
            )
        );
        for bad in ["", "-r x", "a b", "a[", "a @", "é==1", "a 1.0"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_lose_their_credentials() {
        let vcs = |url: &str, revision: Option<&str>| Origin::Vcs {
            url: url.to_owned(),
            revision: revision.map(str::to_owned),
        };
        assert_eq!(
            origin("git+https://u:p@host/a/b.git@v1#egg=x"),
            vcs("https://***@host/a/b.git", Some("v1"))
        );
        assert_eq!(origin("git+ssh://git@host/a/b"), vcs("ssh://git@host/a/b", None));
        assert_eq!(archive("https://x/a_b-1.0-py3-none-any.whl#sha256=1"), Some(("a_b", "1.0")));
        assert_eq!(archive("a-b-1.2.tar.gz"), Some(("a-b", "1.2")));
        assert_eq!(archive("https://github.com/a/b/archive/main.zip"), None);
    }
}
