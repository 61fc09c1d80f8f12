//! `.gitleaksignore`: places that gitleaks is told to pass over, `file:rule:line` or `commit:file:rule:line`.

use std::collections::BTreeMap;

use super::allow::is_called;
use crate::{
    plane::{Hidden, Leak},
    search::{Searcher, What},
};

/// Most lines that count.
const MOST: usize = 20_000;

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The line of `.gitleaksignore`, 1-based.
    pub at: u32,
    /// The commit that brought it, where one is named.
    pub commit: Option<String>,
    /// The file.
    pub file: String,
    /// The rule, as gitleaks calls it.
    pub rule: String,
    /// The line in the file, 1-based.
    pub line: u32,
    /// The remark before it, or behind it.
    pub reason: Option<String>,
}

/// All places of one file.
#[derive(Debug, Clone, Default)]
pub struct IgnoredPlaces {
    /// By line.
    pub entries: Vec<Ignored>,
    /// Lines that are neither an entry nor a remark.
    pub unread: Vec<u32>,
}

impl IgnoredPlaces {
    /// Reads the file.
    pub fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut remark = None;
        for (at, line) in (1u32..).zip(text.lines()).take(MOST) {
            let line = line.trim();
            if let Some(text) = line.strip_prefix('#') {
                remark = said(text);
                continue;
            }
            if line.is_empty() {
                remark = None;
                continue;
            }
            let (line, behind) = line.split_once(" #").unwrap_or((line, ""));
            match entry(at, line.trim_end()) {
                Some(entry) => {
                    let reason = said(behind).or_else(|| remark.clone());
                    read.entries.push(Ignored { reason, ..entry });
                }
                None => read.unread.push(at),
            }
        }
        read
    }

    /// For every leak the entry that names it, by number. One that names several values on its line names none of them: which was meant
    /// cannot be said.
    pub fn accepted(&self, searcher: &Searcher, leaks: &[Leak]) -> Named {
        let mut by_place: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
        for (number, entry) in self.entries.iter().enumerate() {
            by_place.entry((&entry.file, entry.line)).or_default().push(number);
        }
        let mut named = Named { by_leak: vec![None; leaks.len()], ..Named::default() };
        let mut values: BTreeMap<usize, Vec<&Hidden>> = BTreeMap::new();
        for (number, leak) in leaks.iter().enumerate() {
            let place = (&*leak.location.path, leak.location.start.line);
            let Some(entries) = by_place.get(&place) else { continue };
            for &entry in entries {
                if self.entries[entry].is(searcher, leak) {
                    named.by_leak[number].get_or_insert(entry);
                    let known = values.entry(entry).or_default();
                    if !known.contains(&&leak.value) {
                        known.push(&leak.value);
                    }
                }
            }
        }
        for entry in &mut named.by_leak {
            if entry.is_some_and(|entry| values.get(&entry).is_some_and(|values| values.len() > 1)) {
                *entry = None;
            }
        }
        named.ambiguous = values.iter().filter(|(_, all)| all.len() > 1).map(|(entry, _)| *entry).collect();
        named.stale = (0..self.entries.len()).filter(|entry| !values.contains_key(entry)).collect();
        named
    }
}

/// Which entries name what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// By leak, the entry.
    pub by_leak: Vec<Option<usize>>,
    /// Entries that name more than one value.
    pub ambiguous: Vec<usize>,
    /// Entries that name nothing.
    pub stale: Vec<usize>,
}

impl Ignored {
    fn is(&self, searcher: &Searcher, leak: &Leak) -> bool {
        let commit = match (&self.commit, &leak.commit) {
            (Some(wanted), Some(commit)) => commit.id.starts_with(wanted.as_str()),
            // What a commit brought may still be there.
            (_, None) | (None, Some(_)) => true,
        };
        let detector = match leak.what {
            What::Known(number) => searcher.detectors().get(number),
            What::InAddress | What::Named => None,
        };
        commit && leak.member.is_none() && is_called(&self.rule, leak.what, detector)
    }
}

fn entry(at: u32, line: &str) -> Option<Ignored> {
    let (rest, number) = line.rsplit_once(':')?;
    let (rest, rule) = rest.rsplit_once(':')?;
    let is_commit =
        |text: &str| (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let (commit, file) = match rest.split_once(':') {
        Some((commit, file)) if is_commit(commit) => (Some(commit.to_ascii_lowercase()), file),
        _ => (None, rest),
    };
    let file = file.strip_prefix("./").unwrap_or(file).replace('\\', "/");
    let whole = !file.is_empty() && !rule.is_empty();
    whole.then_some(())?;
    Some(Ignored { at, commit, file, rule: rule.to_owned(), line: number.trim().parse().ok()?, reason: None })
}

/// A remark that says something.
fn said(text: &str) -> Option<String> {
    let text: String =
        text.trim_matches([' ', '#', '\t']).chars().filter(|c| !c.is_control()).take(500).collect();
    text.chars().any(char::is_alphanumeric).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "# why\n\nsrc/a.py:generic-api-key:12\n# a test\n0123456789abcdef0123456789abcdef01234567:b/c.env:github-pat:3\nnonsense\n";
        let read = IgnoredPlaces::read(text);
        let [first, second] = read.entries.as_slice() else { panic!("{:?}", read.entries) };
        assert_eq!(
            (&*first.file, &*first.rule, first.line, first.at),
            ("src/a.py", "generic-api-key", 12, 3)
        );
        assert_eq!((&*second.file, second.commit.as_ref().map(String::len)), ("b/c.env", Some(40)));
        assert_eq!((first.reason.as_deref(), second.reason.as_deref()), (None, Some("a test")));
        assert_eq!(read.unread, [6]);
    }
}
