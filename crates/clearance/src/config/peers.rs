//! What the configurations of Bandit and Ruff say about rules that this program has too.
//!
//! Their values are never errors here: what cannot be used is passed over with a note.

use std::{fmt, sync::Arc};

use super::{
    error::ConfigError,
    ini,
    origin::{Origin, Place, Sited},
    reader::{TableReader, ValueReader},
};

/// Another tool whose configuration is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Bandit,
    Ruff,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bandit => "Bandit",
            Self::Ruff => "Ruff",
        })
    }
}

/// What one configuration of a peer says. Names are as written there.
#[derive(Debug, Clone, Default)]
pub(crate) struct PeerOptions {
    /// Tests that it does not want.
    pub(crate) ignore: Vec<Sited<String>>,
    /// The only tests that it wants, if it says so (Bandit's `tests`).
    pub(crate) only: Option<Vec<Sited<String>>>,
    /// Paths that it leaves out.
    pub(crate) exclude: Vec<Sited<String>>,
    /// Tests that it does not want in some files.
    pub(crate) per_file_ignores: Vec<(Sited<String>, Vec<Sited<String>>)>,
    /// Why something in it could not be used.
    pub(crate) notes: Vec<String>,
}

impl PeerOptions {
    /// Adds what another file of the same folder says.
    pub(crate) fn merge(&mut self, other: Self) {
        self.ignore.extend(other.ignore);
        self.exclude.extend(other.exclude);
        self.per_file_ignores.extend(other.per_file_ignores);
        self.notes.extend(other.notes);
        match (&mut self.only, other.only) {
            (Some(mine), Some(theirs)) => mine.extend(theirs),
            (mine @ None, theirs) => *mine = theirs,
            (Some(_), None) => {}
        }
    }

    fn lenient<T>(&mut self, read: Result<T, ConfigError>) -> Option<T> {
        read.map_err(|error| self.notes.push(format!("{error}; passed over"))).ok()
    }
}

/// Reads `[tool.bandit]`: `skips`, `tests`, `exclude_dirs`. Everything else concerns Bandit alone.
pub(crate) fn read_bandit_table(mut table: TableReader<'_>) -> PeerOptions {
    let mut options = PeerOptions::default();
    for key in ["skips", "tests", "exclude_dirs"] {
        let Some(list) = table.take(key).and_then(|value| options.lenient(value.strings())) else {
            continue;
        };
        match key {
            "skips" => options.ignore = list,
            "tests" if !list.is_empty() => options.only = Some(list),
            "exclude_dirs" => options.exclude = list,
            _ => {}
        }
    }
    options
}

/// Reads a `.bandit` file: the section `[bandit]` with `skips`, `tests`, `exclude` and `exclude_dirs` as lists with commas.
pub(crate) fn read_bandit_ini(file: &Arc<str>, text: &str) -> PeerOptions {
    let mut options = PeerOptions::default();
    let Some(section) = ini::section(text, "bandit") else {
        options.notes.push(format!("{file}: has no section [bandit]; passed over"));
        return options;
    };
    for entry in section {
        let list: Vec<Sited<String>> = entry
            .value
            .split([',', '\n'])
            .map(|item| item.trim().trim_matches(['\'', '"', '[', ']']).trim())
            .filter(|item| !item.is_empty())
            .map(|item| Sited {
                value: item.to_owned(),
                origin: Origin::File(Place { file: Arc::clone(file), line: entry.line, column: 1 }),
            })
            .collect();
        match entry.key.as_str() {
            "skips" => options.ignore.extend(list),
            "tests" if !list.is_empty() => options.only.get_or_insert_default().extend(list),
            "exclude" | "exclude_dirs" => options.exclude.extend(list),
            _ => {}
        }
    }
    options
}

/// Reads Ruff's settings, from `[tool.ruff]` or the top of `ruff.toml`: `ignore`, `extend-ignore`, `per-file-ignores` and
/// `extend-per-file-ignores`, here or under `lint`, as far as they name security rules. What Ruff selects limits nothing here.
pub(crate) fn read_ruff_table(mut table: TableReader<'_>) -> PeerOptions {
    let mut options = PeerOptions::default();
    let lint = table.take("lint").and_then(|value| options.lenient(value.table()));
    read_ruff_lists(&mut options, table);
    if let Some(lint) = lint {
        read_ruff_lists(&mut options, lint);
    }
    options
}

fn read_ruff_lists(options: &mut PeerOptions, mut table: TableReader<'_>) {
    for key in ["ignore", "extend-ignore"] {
        if let Some(list) = table.take(key).and_then(|value| options.lenient(value.strings())) {
            options.ignore.extend(list.into_iter().filter(is_security_code));
        }
    }
    for key in ["per-file-ignores", "extend-per-file-ignores"] {
        let Some(inner) = table.take(key).and_then(|value| options.lenient(value.table())) else {
            continue;
        };
        read_ruff_files(options, inner);
    }
}

fn read_ruff_files(options: &mut PeerOptions, mut table: TableReader<'_>) {
    for (pattern, codes) in table.take_rest() {
        let Some(codes) = options.lenient(ValueReader::strings(&codes)) else {
            continue;
        };
        let codes: Vec<_> = codes.into_iter().filter(is_security_code).collect();
        if !codes.is_empty() {
            options.per_file_ignores.push((pattern, codes));
        }
    }
}

/// Whether a Ruff selector reaches into its security family: `S`, `S1`, `S101`, `PLE2502`, `ALL`.
fn is_security_code(code: &Sited<String>) -> bool {
    let code = code.value.as_str();
    let is_family =
        code.strip_prefix('S').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    is_family || code == "PLE2502" || code == "ALL"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Document;

    fn read(text: &str, read: fn(TableReader<'_>) -> PeerOptions) -> PeerOptions {
        let document = Document { file: "x.toml".into(), text: text.to_owned() };
        let table = document.parse().unwrap();
        read(TableReader::new(&document, &table))
    }

    fn values(list: &[Sited<String>]) -> Vec<&str> {
        list.iter().map(|item| item.value.as_str()).collect()
    }

    #[test]
    fn bandit_tables_are_read_leniently() {
        let text = "skips = ['B101']\nexclude_dirs = 'tests'\ntargets = ['src']\n[assert_used]\nskips = ['*_test.py']";
        let options = read(text, read_bandit_table);
        assert_eq!(values(&options.ignore), ["B101"]);
        assert!(options.exclude.is_empty() && options.only.is_none());
        assert_eq!(
            options.notes,
            ["x.toml:2:16: `exclude_dirs` must be an array of strings, but it is a string; passed over"]
        );
    }

    #[test]
    fn bandit_ini_lists_have_commas() {
        let text =
            "# hello\n[other]\nskips = B1\n[bandit]\nskips: B101,B601\nexclude = /test,./build\ntests=\n";
        let options = read_bandit_ini(&".bandit".into(), text);
        assert_eq!(values(&options.ignore), ["B101", "B601"]);
        assert_eq!(values(&options.exclude), ["/test", "./build"]);
        assert_eq!(options.only, None);
        assert_eq!(options.ignore[0].origin.to_string(), ".bandit:5:1");
        assert!(!read_bandit_ini(&".bandit".into(), "skips: B101").notes.is_empty());
    }

    #[test]
    fn only_ruffs_security_codes_count() {
        let text = "ignore = ['E501', 'S101', 'SIM102']\nselect = ['E']\n[lint]\nextend-ignore = ['S3']\n\
                    [lint.per-file-ignores]\n'tests/*' = ['D', 'S']\n'x.py' = ['E']";
        let options = read(text, read_ruff_table);
        assert_eq!(values(&options.ignore), ["S101", "S3"]);
        assert_eq!(options.per_file_ignores.len(), 1);
        assert_eq!(options.per_file_ignores[0].0.value, "tests/*");
        assert_eq!(values(&options.per_file_ignores[0].1), ["S"]);
    }
}
