//! Models of the project: found, confined, checked, and in force.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Tree, findings};

const APP: &str = "import ledger\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/\")\ndef index():\n    name = ledger.tidy(request.args[\"name\"])\n    return str(ledger.Client().query(\"select \" + name))\n";

const SINK: &str = "library = \"ledger\"\n\n[[sink]]\npath = \"ledger.Client.query\"\nargument = 0\nkind = \"sql\"\nrule = \"sql-injection\"\n";

const SANITIZER: &str =
    "library = \"ledger-tidy\"\n[[sanitizer]]\npath = \"ledger.tidy\"\nremoves = \"all\"\n";

const CONFIGURATION: &str = "flow = true\nmodels = [\"models/*.toml\"]\n";

/// The standard error of a run that must end with exit code 2.
fn refused(configuration: &str, models: &[(&str, &str)]) -> String {
    let mut files = vec![("app.py", APP), ("clearance.toml", configuration)];
    files.extend(models);
    let tree = Tree::new(&files);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.stdout, "");
    run.stderr
}

#[test]
fn a_sink_of_the_project_is_one() {
    let tree = Tree::new(&[("app.py", APP), ("clearance.toml", CONFIGURATION), ("models/ledger.toml", SINK)]);
    let report = tree.report(&[]);
    assert!(findings(&report).contains(&"app.py sql-injection".to_owned()), "{report:#}");
    assert!(
        report["coverage"]["notices"].to_string().contains("model models/ledger.toml (ledger): sink 1"),
        "{:#}",
        report["coverage"]
    );
    tree.write("models/tidy.toml", SANITIZER);
    let report = tree.report(&[]);
    assert!(!findings(&report).contains(&"app.py sql-injection".to_owned()), "{report:#}");
    // What takes findings away is told.
    assert!(
        report["coverage"]["notices"]
            .to_string()
            .contains("model models/tidy.toml (ledger-tidy): sanitizer 1")
    );
    let shown = tree.run(&["config", "show"]).stdout;
    assert!(shown.contains("models             models/*.toml"), "{shown}");
}

#[test]
fn inner_configurations_name_no_models() {
    let tree =
        Tree::new(&[("app.py", APP), ("inner/clearance.toml", CONFIGURATION), ("inner/a.py", "x = 1\n")]);
    let report = tree.report(&[]);
    assert!(
        report["coverage"]["notices"]
            .to_string()
            .contains("inner/clearance.toml: flow, models: only the uppermost")
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    let wrong = SINK.replace("sql-injection", "sql-injektion");
    assert_eq!(
        refused(CONFIGURATION, &[("models/ledger.toml", &wrong)]),
        "error: models/ledger.toml:7:8: no rule that follows data is called `sql-injektion`; did you mean `sql-injection`?; `clearance models schema` prints what a model file may say\n"
    );
    let listener = SINK.replace("sql-injection", "zzz");
    assert!(
        refused(CONFIGURATION, &[("models/ledger.toml", &listener)]).contains("called `zzz`; there are ")
    );
    let wrong = SINK.replace("\"sql\"", "\"sq\"");
    assert!(
        refused(CONFIGURATION, &[("models/ledger.toml", &wrong)])
            .contains("models/ledger.toml:6:8: `sq` is not a kind of danger; did you mean `sql`?")
    );
    assert!(
        refused(CONFIGURATION, &[("models/ledger.toml", "library = ")]).contains("models/ledger.toml:1:")
    );
    assert_eq!(
        refused("models = [\"security/*.toml\"]\n", &[]),
        "error: clearance.toml:1:11: pattern `security/*.toml`: it names no file; correct or remove it\n"
    );
    let long = SINK.replace("ledger.Client.query", &"a.".repeat(100_000));
    assert!(refused(CONFIGURATION, &[("models/ledger.toml", &long)]).contains("at most 24 parts"));
}

#[test]
fn models_are_bounded() {
    let large = format!("{SINK}# {}\n", "x".repeat(1 << 20));
    assert!(refused(CONFIGURATION, &[("models/a.toml", &large)]).contains("is larger than 1 MiB"));
    let half = format!("{SINK}# {}\n", "x".repeat(900 << 10));
    let names: Vec<String> = (0..10).map(|number| format!("models/{number}.toml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), half.as_str())).collect();
    assert!(refused(CONFIGURATION, &files).contains("the model files are larger than 8 MiB together"));
}

#[test]
fn nothing_outside_is_read() {
    for pattern in ["../*.toml", "/etc/*.toml", "models/../../x.toml", ""] {
        let configuration = format!("models = [\"{pattern}\"]\n");
        assert!(
            refused(&configuration, &[]).contains("name files below the folder of the configuration"),
            "{pattern}"
        );
    }
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out() {
    use std::os::unix::fs::symlink;

    let outside = Tree::new(&[("secret.toml", "password = 1\n")]);
    let tree = Tree::new(&[("app.py", APP), ("models/a.txt", "")]);
    symlink(outside.file("secret.toml"), tree.file("models/link.toml")).unwrap();
    symlink(outside.path(), tree.file("away")).unwrap();
    symlink(tree.path(), tree.file("models/circle")).unwrap();
    for pattern in ["models/*.toml", "models/link.toml", "**/*.toml", "away/secret.toml", "away/*.toml"] {
        tree.write("clearance.toml", &format!("models = [\"{pattern}\"]\n"));
        let run = tree.run(&["check"]);
        assert_eq!(run.code, 2, "{pattern}: {run:?}");
        assert!(!run.stderr.contains("password"), "{pattern}: {run:?}");
    }
}

#[test]
fn files_are_checked_by_themselves() {
    let tree = Tree::new(&[("good.toml", SINK), ("bad.toml", "library = \"x\"\n[[sinks]]\n")]);
    let run = tree.run(&["models", "check", "good.toml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "model good.toml (ledger): sink 1\n"));
    let run = tree.run(&["models", "check", "bad.toml", "none.toml", "good.toml"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("bad.toml:2:3: unknown key `sinks`; did you mean `sink`?"), "{run:?}");
    assert!(run.stderr.contains("none.toml"), "{run:?}");
    let schema = tree.run(&["models", "schema"]);
    assert!(serde_json::from_str::<serde_json::Value>(&schema.stdout).is_ok());
}
