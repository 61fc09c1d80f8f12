//! The identity of a finding: what it is, never where its line is.

use std::{collections::HashMap, fmt, hash::BuildHasher};

use serde::{Deserialize, Serialize};

/// Stable identity of a finding: rule, path, enclosing symbol and normalised code of its place, and its ordinal among
/// equals. Survives lines inserted above, re-indentation and reformatting. 128 bits, shown as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Identity of the `ordinal`-th (from 0) finding of `rule` among those whose other parts are equal. `code` is passed
    /// through [`normalise_code`] here.
    pub fn new(rule: &str, path: &str, symbol: &str, code: &str, ordinal: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [rule, path, symbol, &normalise_code(code)] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&ordinal.to_le_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(u128::from_be_bytes(first))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Numbers the items that share a key, in order: the first of each kind gets 0, the next 1.
pub fn number_equals<K: std::hash::Hash + Eq, S: BuildHasher + Default>(
    keys: impl Iterator<Item = K>,
) -> Vec<u32> {
    let mut seen: HashMap<K, u32, S> = HashMap::default();
    keys.map(|key| {
        let count = seen.entry(key).or_insert(0);
        *count += 1;
        *count - 1
    })
    .collect()
}

/// Python code without what a formatter may change: white space, line continuations, comments, quote style, brackets added for
/// line breaks (all round brackets), and trailing commas. The contents of string literals stay as they are.
pub fn normalise_code(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                let triple = {
                    let mut ahead = chars.clone();
                    ahead.next() == Some(c) && ahead.next() == Some(c)
                };
                if triple {
                    chars.next();
                    chars.next();
                }
                out.push('"');
                let mut run = 0;
                while let Some(inside) = chars.next() {
                    if inside == '\\' {
                        out.push(inside);
                        out.extend(chars.next());
                        run = 0;
                        continue;
                    }
                    if inside == c {
                        run += 1;
                        if !triple || run == 3 {
                            break;
                        }
                    } else {
                        run = 0;
                    }
                    out.push(inside);
                }
                if triple && run == 3 {
                    out.truncate(out.len() - 2);
                }
                out.push('"');
            }
            '#' => {
                for skipped in chars.by_ref() {
                    if skipped == '\n' {
                        break;
                    }
                }
            }
            '\\' if matches!(chars.peek(), Some('\n' | '\r')) => {}
            c if c.is_whitespace() => {}
            '(' => {}
            ')' | ']' | '}' => {
                if out.ends_with(',') {
                    out.pop();
                }
                if c != ')' {
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::RandomState;

    #[test]
    fn formatting_does_not_change_identity() {
        let one = "app.run(host='0.0.0.0', debug=True)";
        let two = "app.run(\n    host=\"0.0.0.0\",  # all\n    debug=True,\n)";
        assert_eq!(normalise_code(one), normalise_code(two));
        assert_eq!(Fingerprint::new("r", "p", "s", one, 0), Fingerprint::new("r", "p", "s", two, 0));
    }

    #[test]
    fn string_contents_do() {
        assert_ne!(normalise_code("f('a b')"), normalise_code("f('ab')"));
        assert_eq!(normalise_code("'''a''b'''"), "\"a''b\"");
    }

    #[test]
    fn equals_are_numbered() {
        let keys = ["a", "b", "a"];
        assert_eq!(number_equals::<_, RandomState>(keys.iter()), [0, 0, 1]);
        let first = Fingerprint::new("r", "p", "s", "x", 0);
        assert_ne!(first, Fingerprint::new("r", "p", "s", "x", 1));
    }
}
