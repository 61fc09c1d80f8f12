//! What is known of packages beforehand, as tables: import names, vulnerable parts, names that are imitated.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

type Table = FxHashMap<&'static str, Vec<&'static str>>;

static IMPORT_NAMES: LazyLock<Table> = LazyLock::new(|| rows(include_str!("../data/import_names.tsv")));
static SYMBOLS: LazyLock<Table> = LazyLock::new(|| rows(include_str!("../data/vulnerable_symbols.tsv")));
static PACKAGES: LazyLock<FxHashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut packages = Table::default();
    for (package, imports) in IMPORT_NAMES.iter() {
        for import in imports {
            packages.entry(import).or_default().push(package);
        }
    }
    for all in packages.values_mut() {
        all.sort_unstable();
    }
    packages
});

/// `key`, tab, words separated by spaces. Lines that begin with `#` say what the table is.
fn rows(text: &'static str) -> Table {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(key, words)| (key, words.split_whitespace().collect()))
        .collect()
}

/// The dotted names under which a PyPI package is imported, and whether they are known: else they are what its own name suggests.
pub(crate) fn import_names(package: &str) -> (Vec<String>, bool) {
    if let Some(known) = IMPORT_NAMES.get(package) {
        return (known.iter().map(|&name| name.to_owned()).collect(), true);
    }
    let plain = package.replace('-', "_");
    let mut names = vec![plain.clone()];
    for cut in ["python_", "py_", "django_"] {
        names.extend(plain.strip_prefix(cut).map(str::to_owned));
    }
    for cut in ["_python", "_py", "_binary"] {
        names.extend(plain.strip_suffix(cut).map(str::to_owned));
    }
    names.push(package.replace('-', "."));
    names.dedup();
    (names, false)
}

/// The packages that are known to be imported under a dotted name.
pub(crate) fn packages_of(import: &str) -> &'static [&'static str] {
    PACKAGES.get(import).map_or(&[], Vec::as_slice)
}

/// Dotted names of what is vulnerable, by any id of an advisory.
pub(crate) fn symbols<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = ids.filter_map(|id| SYMBOLS.get(id)).flatten().copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sound() {
        for (package, imports) in IMPORT_NAMES.iter() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(package.chars().all(plain), "{package} is not normalised");
            assert!(!imports.is_empty(), "{package}");
        }
        for (id, symbols) in SYMBOLS.iter() {
            assert!(id.starts_with("CVE-") || id.starts_with("GHSA-") || id.starts_with("PYSEC-"), "{id}");
            assert!(symbols.iter().all(|symbol| symbol.contains('.')), "{id}");
        }
    }

    #[test]
    fn import_names_are_found_both_ways() {
        assert_eq!(import_names("pyyaml").0[0], "yaml");
        assert_eq!(import_names("flask-sqlalchemy").0[0], "flask_sqlalchemy");
        assert!(import_names("python-foo").0.contains(&"foo".to_owned()));
        assert!(packages_of("PIL").contains(&"pillow"));
    }
}
