//! `.secrets.baseline` of detect-secrets: credentials that were known when it was written, by the SHA-1 of their value.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::Deserialize;
use sha1::{Digest as _, Sha1};

use crate::plane::Leak;

/// Most entries that count.
const MOST: usize = 100_000;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The file that it stood in.
    pub file: String,
    /// The line that it stood on, 1-based; 0 where none is given.
    pub line: u32,
    /// What detect-secrets took it for.
    pub kind: String,
    /// Whether somebody looked at it and found that it is real.
    pub is_real: bool,
    /// Whether somebody looked at it and found that it is none.
    pub is_none: bool,
}

/// The entries, by SHA-1.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    entries: BTreeMap<String, Vec<Known>>,
}

#[derive(Deserialize)]
struct File {
    results: BTreeMap<String, Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default, rename = "type")]
    kind: String,
    hashed_secret: String,
    #[serde(default)]
    line_number: u32,
    #[serde(default)]
    is_secret: Option<bool>,
}

impl Baseline {
    /// Reads the file. Errors: what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut entries: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        let mut count = 0;
        for (path, found) in file.results {
            for entry in found {
                count += 1;
                let is_hash = HEXLOWER_PERMISSIVE
                    .decode(entry.hashed_secret.as_bytes())
                    .is_ok_and(|hash| hash.len() == 20);
                if !is_hash {
                    return Err(format!("an entry of `{path}` has no SHA-1 in `hashed_secret`"));
                }
                if count > MOST {
                    return Err(format!("it has more than {MOST} entries"));
                }
                let file = path.replace('\\', "/");
                entries.entry(entry.hashed_secret.to_ascii_lowercase()).or_default().push(Known {
                    file: file.strip_prefix("./").unwrap_or(&file).to_owned(),
                    line: entry.line_number,
                    kind: entry.kind,
                    is_real: entry.is_secret == Some(true),
                    is_none: entry.is_secret == Some(false),
                });
            }
        }
        Ok(Self { entries })
    }

    /// How many values it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For every leak, the entry that knows its value, wherever it stands; and how many values stand nowhere any more. What somebody found to be
    /// real is not accepted.
    pub fn accepted(&self, leaks: &[Leak]) -> (Vec<Option<&Known>>, usize) {
        if self.is_empty() {
            return (vec![None; leaks.len()], 0);
        }
        let mut used = BTreeSet::new();
        let found = leaks
            .iter()
            .map(|leak| {
                let (hash, known) = self.of(leak)?;
                used.insert(hash);
                (!known.iter().any(|known| known.is_real)).then(|| known.first().copied())?
            })
            .collect();
        (found, self.entries.len() - used.len())
    }

    fn of(&self, leak: &Leak) -> Option<(String, Vec<&Known>)> {
        let value = leak.value.bytes();
        let hash = sha1(value);
        if let Some(known) = self.entries.get(&hash) {
            return Some((hash, known.iter().collect()));
        }
        // Of a private key it knows the first line only, so that the place has to agree.
        let hash = sha1(first_line_of_key(value)?);
        let here = |known: &&Known| {
            *known.file == *leak.location.path
                && known.line == leak.location.start.line
                && leak.member.is_none()
        };
        let known: Vec<&Known> = self.entries.get(&hash)?.iter().filter(here).collect();
        (!known.is_empty()).then_some((hash, known))
    }
}

fn sha1(value: &[u8]) -> String {
    HEXLOWER.encode(&Sha1::digest(value))
}

/// `BEGIN RSA PRIVATE KEY`
fn first_line_of_key(value: &[u8]) -> Option<&[u8]> {
    let rest = value.strip_prefix(b"-----")?;
    let line = &rest[..memchr::memmem::find(rest, b"-----")?];
    (line.starts_with(b"BEGIN ") && line.len() < 80).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read() {
        let hash = "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8";
        assert_eq!(sha1(b"password"), hash);
        let text = format!(
            r#"{{"version": "1.5.0", "results": {{"a\\b.py": [{{"type": "Secret Keyword", "filename": "a", "hashed_secret": "{hash}", "is_verified": false, "line_number": 3, "is_secret": true}}]}}}}"#
        );
        let baseline = Baseline::read(&text).unwrap();
        assert_eq!(baseline.len(), 1);
        let known = &baseline.entries[hash][0];
        assert_eq!((&*known.file, known.line, known.is_real), ("a/b.py", 3, true));
        for wrong in ["", "{}", "[]", r#"{"results": {"a": [{"hashed_secret": "xy"}]}}"#] {
            assert!(Baseline::read(wrong).is_err(), "{wrong}");
        }
        assert!(Baseline::read(r#"{"results": {}}"#).is_ok_and(|empty| empty.is_empty()));
    }

    #[test]
    fn the_first_line_of_a_key() {
        assert_eq!(
            first_line_of_key(b"-----BEGIN EC PRIVATE KEY-----\nx"),
            Some(&b"BEGIN EC PRIVATE KEY"[..])
        );
        assert_eq!(first_line_of_key(b"secret"), None);
    }
}
