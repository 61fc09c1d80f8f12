//! What is known of packages beforehand, as tables: import names, vulnerable parts, names that are imitated.

use std::sync::LazyLock;

use pep508_rs::MarkerTree;
use rustc_hash::{FxHashMap, FxHashSet};

type Table = FxHashMap<&'static str, Vec<&'static str>>;

static IMPORT_NAMES: LazyLock<Table> = LazyLock::new(|| rows(include_str!("../data/import_names.tsv")));
static SYMBOLS: LazyLock<Table> = LazyLock::new(|| rows(include_str!("../data/vulnerable_symbols.tsv")));
static TOOLS: LazyLock<FxHashMap<&'static str, &'static str>> =
    LazyLock::new(|| pairs(include_str!("../data/development_tools.tsv")));
static ABANDONED: LazyLock<FxHashMap<&'static str, &'static str>> =
    LazyLock::new(|| pairs(include_str!("../data/abandoned.tsv")));
/// Well-known packages with their rank.
static POPULAR: LazyLock<FxHashMap<&'static str, usize>> = LazyLock::new(|| {
    let names = include_str!("../data/popular.txt").lines().filter(|line| !line.starts_with('#'));
    names.enumerate().map(|(rank, name)| (name, rank)).collect()
});
static STANDARD: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| include_str!("../data/standard_modules.txt").split_whitespace().collect());
/// Where the flaw of an advisory is, by id: a marker, and the same in words.
static RUNTIMES: LazyLock<FxHashMap<&'static str, Runtime>> = LazyLock::new(|| {
    let parse = |(id, rest): (&&'static str, &&'static str)| {
        let (marker, words) = rest.split_once('\t')?;
        let system = marker.contains("sys_platform");
        Some((*id, Runtime { marker: marker.parse().ok()?, system, words }))
    };
    pairs(include_str!("../data/runtime_limits.tsv")).iter().filter_map(parse).collect()
});
/// How many of the well-known packages are so well known that their names are imitated.
const IMITATED: usize = 1500;
/// Modules that a well-known package brings along and that are used together with it: a package, tab, modules.
static ALONG: LazyLock<Table> = LazyLock::new(|| rows(include_str!("../data/comes_along.tsv")));
/// Packages that are used without being imported: servers, drivers that an address names, plugins, data.
const UNSEEN: &[&str] = &[
    "alembic",
    "ansible",
    "asyncpg",
    "brotli",
    "certifi",
    "channels-redis",
    "circus",
    "colorama",
    "cryptography",
    "cx-oracle",
    "daphne",
    "django-redis",
    "email-validator",
    "eventlet",
    "flower",
    "gevent",
    "greenlet",
    "gunicorn",
    "h11",
    "hiredis",
    "honcho",
    "httptools",
    "hypercorn",
    "idna",
    "itsdangerous",
    "lxml",
    "meinheld",
    "mysql-connector-python",
    "mysqlclient",
    "newrelic",
    "openpyxl",
    "oracledb",
    "pip",
    "psycopg",
    "psycopg-binary",
    "psycopg2",
    "psycopg2-binary",
    "pyarrow",
    "pymysql",
    "pyopenssl",
    "python-multipart",
    "pytz",
    "redis",
    "requests",
    "service-identity",
    "setproctitle",
    "setuptools",
    "sqlparse",
    "supervisor",
    "tzdata",
    "uvicorn",
    "uvloop",
    "uwsgi",
    "waitress",
    "watchdog",
    "watchfiles",
    "websockets",
    "wheel",
    "whitenoise",
    "xlrd",
    "xlsxwriter",
    "zstandard",
];
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

/// Where the flaw of an advisory is.
pub(crate) struct Runtime {
    pub(crate) marker: MarkerTree,
    /// Whether the marker asks for the system.
    pub(crate) system: bool,
    pub(crate) words: &'static str,
}

/// `key`, tab, words separated by spaces. Lines that begin with `#` say what the table is.
fn rows(text: &'static str) -> Table {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(key, words)| (key, words.split_whitespace().collect()))
        .collect()
}

/// `key`, tab, text.
fn pairs(text: &'static str) -> FxHashMap<&'static str, &'static str> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t')).collect()
}

/// Whether a PyPI package is among the well-known ones.
pub(crate) fn is_popular(package: &str) -> bool {
    POPULAR.contains_key(package)
}

/// The name, if it is one of those that are imitated.
pub(crate) fn very_popular(package: &str) -> Option<&'static str> {
    POPULAR.get_key_value(package).filter(|(_, rank)| **rank < IMITATED).map(|(name, _)| *name)
}

/// Whether some table knows the package.
pub(crate) fn is_known_package(package: &str) -> bool {
    IMPORT_NAMES.contains_key(package) || TOOLS.contains_key(package) || ABANDONED.contains_key(package)
}

/// What a package is, if it is a tool for development.
pub(crate) fn development_tool(package: &str) -> Option<&'static str> {
    TOOLS.get(package).copied()
}

/// What to use instead of a package that is no longer maintained.
pub(crate) fn abandoned(package: &str) -> Option<&'static str> {
    ABANDONED.get(package).copied()
}

/// Whether a package is used without being imported.
pub(crate) fn works_unseen(package: &str) -> bool {
    UNSEEN.binary_search(&package).is_ok()
}

/// The modules that a package brings along.
pub(crate) fn along(package: &str) -> &'static [&'static str] {
    ALONG.get(package).map_or(&[], Vec::as_slice)
}

/// Whether a top-level module is part of Python.
pub(crate) fn is_standard(module: &str) -> bool {
    STANDARD.contains(module)
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

/// Where the flaw of an advisory is, by any id of it, if it is not everywhere.
pub(crate) fn runtime<'a>(mut ids: impl Iterator<Item = &'a str>) -> Option<&'static Runtime> {
    ids.find_map(|id| RUNTIMES.get(id))
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
        let lines = include_str!("../data/runtime_limits.tsv").lines();
        assert_eq!(RUNTIMES.len(), lines.filter(|line| !line.starts_with('#')).count());
    }

    #[test]
    fn lists_are_sorted() {
        assert!(UNSEEN.is_sorted());
        assert!(is_standard("os") && !is_standard("yaml"));
        assert_eq!(very_popular("requests"), Some("requests"));
        assert!(development_tool("pytest").is_some() && abandoned("pycrypto").is_some());
    }

    #[test]
    fn import_names_are_found_both_ways() {
        assert_eq!(import_names("pyyaml").0[0], "yaml");
        assert_eq!(import_names("flask-sqlalchemy").0[0], "flask_sqlalchemy");
        assert!(import_names("python-foo").0.contains(&"foo".to_owned()));
        assert!(packages_of("PIL").contains(&"pillow"));
    }
}
