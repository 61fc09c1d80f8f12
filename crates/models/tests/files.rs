//! The model files that the program carries, and what is said about a file that is not one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use clearance_models::{
    Models, builtin,
    flow::{KIND_NAMES, Kinds, Origin},
    parse_library, parse_user_library,
};

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files_below(&path, found),
            false => found.push(path),
        }
    }
}

fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn every_file_is_carried() {
    let mut read: Vec<String> = files()
        .iter()
        .map(|(name, text)| {
            parse_library(name, text).unwrap_or_else(|error| panic!("{error}")).name().to_owned()
        })
        .collect();
    let mut carried: Vec<String> = builtin().iter().map(|library| library.name().to_owned()).collect();
    read.sort();
    carried.sort();
    assert_eq!(read, carried);
    carried.dedup();
    assert_eq!(read, carried, "two files are about the same library");
}

fn error(text: &str) -> String {
    let text = format!("library = \"x\"\n{text}");
    parse_library("x.toml", &text).unwrap_err().to_string()
}

#[test]
fn errors_have_a_place() {
    assert_eq!(error("\n[[type]]\npath = \"a..b\"\nis = \"c\"\n"), "x.toml:4:8: `a..b` is not a dotted path");
    assert_eq!(
        error("[[sanitizer]]\npath = [\n  \"a\",\n  \"b-c\",\n]\nremoves = \"html\"\n"),
        "x.toml:5:3: `b-c` is not a dotted path"
    );
    assert_eq!(
        error("[[sink]]\nargument = 0\nkind = \"sql\"\nrule = \"sql-injection\"\n"),
        "x.toml:2:1: a sink needs a `path`, or a `method` whose receiver need not be known"
    );
    assert_eq!(
        error("[[guard]]\npath = \"a.b\"\n"),
        "x.toml:2:1: exactly one of `removes` and `keeps` must be given"
    );
    assert_eq!(
        error(
            "[[sink]]\npath = \"a\"\nargument = 0\nkind = \"sql\"\nrule = \"sql-injection\"\nwhen = { argument = 1 }\n"
        ),
        "x.toml:7:21: a condition needs exactly one of `is`, `is-not`, `object`, `not-object`, `present`, `absent`, `contains`, `lacks` and `chosen = true`"
    );
}

#[test]
fn errors_suggest_what_was_meant() {
    assert_eq!(
        error("[[source]]\npath = \"a.b\"\norigin = \"remot\"\n"),
        "x.toml:4:10: `remot` is not an origin; did you mean `remote`?"
    );
    assert_eq!(
        error("[[sanitizer]]\npath = \"a.b\"\nremoves = [\"html\", \"sq\"]\n"),
        "x.toml:4:20: `sq` is not a kind of danger; did you mean `sql`?"
    );
    assert_eq!(
        error("[[sanitizer]]\npath = \"a.b\"\nremove = \"html\"\n"),
        "x.toml:4:1: unknown key `remove`; did you mean `removes`?"
    );
    assert_eq!(
        error("[[santizer]]\npath = \"a.b\"\n"),
        "x.toml:2:3: unknown key `santizer`; did you mean `sanitizer`?"
    );
}

#[test]
fn users_name_rules_that_there_are() {
    let text =
        "library = \"x\"\n[[sink]]\npath = \"a\"\nargument = 0\nkind = \"sql\"\nrule = \"sql-injektion\"\n";
    assert!(parse_library("x.toml", text).is_ok());
    assert!(parse_user_library("x.toml", text, &["sql-injektion"]).is_ok());
    assert_eq!(
        parse_user_library("x.toml", text, &["code-injection", "sql-injection"]).unwrap_err().to_string(),
        "x.toml:6:8: no rule that follows data is called `sql-injektion`; did you mean `sql-injection`?"
    );
}

fn valid(text: &str) -> Result<(), String> {
    let schema: serde_json::Value = serde_json::from_str(clearance_models::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let value: serde_json::Value = toml::from_str(text).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

#[test]
fn files_keep_the_schema() {
    for (name, text) in files() {
        valid(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn the_schema_and_the_reader_agree_on_what_is_wrong() {
    for wrong in [
        "[[source]]\npath = \"a.b\"\norigin = \"remot\"\n",
        "[[source]]\norigin = \"remote\"\n",
        "[[sink]]\npath = \"a.b\"\nkind = \"sql\"\nrule = \"sql-injection\"\n",
        "[[sink]]\npath = \"a.b\"\nargument = 0\nkind = \"sequel\"\nrule = \"sql-injection\"\n",
        "[[sink]]\npath = \"a.b\"\nargument = \"-1\"\nkind = \"sql\"\nrule = \"sql-injection\"\n",
        "[[sanitizer]]\npath = \"a.b\"\nremoves = \"html\"\nkeeps = \"sql\"\n",
        "[[guard]]\npath = \"a..b\"\nremoves = \"html\"\n",
        "[[guard]]\npath = \"a.b\"\nremoves = \"html\"\nwhen = \"always\"\n",
        "[[container]]\npath = \"a.b\"\n",
        "[[type]]\npath = \"a.b\"\nis = \"a.C\"\nreturns = \"a.D\"\n",
        "[[clean]]\npath = []\n",
        "[[sanitizer]]\npath = \"a.b\"\nremoves = \"html\"\nwhen = { argument = 0, is = 1, is-not = 2 }\n",
        "unheard = 1\n",
    ] {
        let text = format!("library = \"x\"\n{wrong}");
        assert!(parse_library("x.toml", &text).is_err(), "the reader accepts\n{text}");
        assert!(valid(&text).is_err(), "the schema accepts\n{text}");
    }
}

#[test]
fn the_schema_lists_what_there_is() {
    let schema: serde_json::Value = serde_json::from_str(clearance_models::schema()).unwrap();
    let listed = |name: &str| -> Vec<String> {
        serde_json::from_value(schema["$defs"][name]["enum"].clone()).unwrap()
    };
    assert_eq!(listed("kind"), KIND_NAMES);
    let origins = listed("origin");
    for origin in &origins {
        let text = format!("library = \"x\"\n[[source]]\npath = \"a.b\"\norigin = \"{origin}\"\n");
        parse_library("x.toml", &text).unwrap();
    }
    // The last one of the enumeration.
    assert_eq!(origins.len(), Origin::Identity as usize + 1);
}

#[test]
fn the_example_of_the_guide_holds() {
    let guide = include_str!("../../../CONTRIBUTING.md");
    let (_, example) = guide.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    valid(example).unwrap();
    let library = parse_library("CONTRIBUTING.md", example).unwrap();
    assert_eq!(library.rules().collect::<Vec<_>>(), ["sql-injection", "server-side-request-forgery"]);
    let models = Models::new(&[library], std::iter::empty());
    let flow = models.flow();
    let path = |dotted: &str| models.find(dotted).unwrap();
    assert_eq!(flow.sources(path("ledger.Statement.text"))[0].origin, Origin::Upload);
    assert_eq!(flow.sinks(path("ledger.client.Client.query"))[0].kind, Kinds::SQL);
    assert_eq!(flow.sanitizers(path("ledger.quote"))[0].removes, Kinds::SQL);
    assert!(flow.guards(path("ledger.is_account"))[0].removes.meets(Kinds::HTML));
}
