//! The model files that the program carries, and what is said about a file that is not one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeSet, path::Path};

use clearance_models::{builtin_libraries, parse_library};

fn files_below(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => files_below(&entry.path(), &format!("{name}/"), found),
            false => assert!(found.insert(name)),
        }
    }
}

#[test]
fn every_file_of_the_folder_is_listed_and_reads() {
    let mut found = BTreeSet::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), "", &mut found);
    let listed: Vec<&str> = builtin_libraries().iter().map(|(name, _)| *name).collect();
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), listed);
    for (name, text) in builtin_libraries() {
        parse_library(name, text).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn error(text: &str) -> String {
    let text = format!("library = \"x\"\n{text}");
    parse_library("x.toml", &text).unwrap_err().to_string()
}

#[test]
fn errors_have_a_line() {
    assert_eq!(error("\n[[type]]\npath = \"a..b\"\nis = \"c\"\n"), "x.toml:4: `a..b` is not a dotted path");
    assert_eq!(
        error("[[sanitizer]]\npath = [\n  \"a\",\n  \"b-c\",\n]\nremoves = \"html\"\n"),
        "x.toml:5: `b-c` is not a dotted path"
    );
    assert_eq!(
        error("[[sink]]\nargument = 0\nkind = \"sql\"\nrule = \"sql-injection\"\n"),
        "x.toml:2: a sink needs a `path`, or a `method` whose receiver need not be known"
    );
    assert_eq!(
        error("[[guard]]\npath = \"a.b\"\n"),
        "x.toml:2: exactly one of `removes` and `keeps` must be given"
    );
    assert_eq!(
        error(
            "[[sink]]\npath = \"a\"\nargument = 0\nkind = \"sql\"\nrule = \"sql-injection\"\nwhen = { argument = 1 }\n"
        ),
        "x.toml:7: a condition needs exactly one of `is`, `is-not`, `object`, `not-object`, `present`, `absent`, `contains` and `lacks`"
    );
}

#[test]
fn errors_suggest_what_was_meant() {
    assert_eq!(
        error("[[source]]\npath = \"a.b\"\norigin = \"remot\"\n"),
        "x.toml:4: `remot` is not an origin; did you mean `remote`?"
    );
    assert_eq!(
        error("[[sanitizer]]\npath = \"a.b\"\nremoves = [\"html\", \"sq\"]\n"),
        "x.toml:4: `sq` is not a kind of danger; did you mean `sql`?"
    );
    assert_eq!(
        error("[[sanitizer]]\npath = \"a.b\"\nremove = \"html\"\n"),
        "x.toml:4: unknown key `remove`; did you mean `removes`?"
    );
    assert_eq!(
        error("[[santizer]]\npath = \"a.b\"\n"),
        "x.toml:2: unknown key `santizer`; did you mean `sanitizer`?"
    );
}
