//! `clearance verify REPORT.json`: what became of an earlier report.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{BAD, GOOD, Tree};
use serde_json::Value;

const LOAD: &str = "import yaml\n\n\ndef read(stream):\n    return yaml.load(stream, Loader=yaml.Loader)\n";
const CALL: &str = "import subprocess\n\n\ndef one(name):\n    subprocess.call(name, shell=True)\n";

fn git(tree: &Tree, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(tree.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-11-20T12:00:00Z")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(tree: &Tree, message: &str) -> String {
    git(tree, &["add", "-A"]);
    git(tree, &["commit", "-q", "-m", message]);
    git(tree, &["rev-parse", "HEAD"])
}

/// A repository of `files` with a report of it in `before.json`, which git ignores.
fn reported(files: &[(&str, &str)], options: &[&str]) -> Tree {
    let tree = Tree::new(files);
    tree.write(".gitignore", "*.json\n");
    git(&tree, &["init", "-q"]);
    commit(&tree, "Begin");
    let run = tree.run(&[&["check", "--quiet", "--output", "before.json"], options].concat());
    assert!(run.code < 2, "{run:?}");
    tree
}

fn verified(tree: &Tree) -> Value {
    let run = tree.run(&["verify", "before.json", "--format", "json"]);
    let document: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    assert_valid(&document);
    let code = match document["outcome"].as_str().unwrap() {
        "cleared" => 0,
        "stands" => 1,
        _ => 3,
    };
    assert_eq!(run.code, code, "{run:?}");
    document
}

fn assert_valid(document: &Value) {
    let schema = include_str!("../../report/schema/clearance-verify-1.schema.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// Every object closed: what the schema does not know is an error.
fn close(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if object.get("type").is_some_and(|kind| kind == "object") {
            object.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        object.values_mut().for_each(close);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(close);
    }
}

/// The finding of `rule` in the answer.
fn of<'d>(document: &'d Value, rule: &str) -> &'d Value {
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .find(|finding| finding["rule"] == rule)
        .unwrap_or_else(|| panic!("no {rule} in {findings:#?}"))
}

#[test]
fn what_is_fixed_names_its_commit_and_what_says_so() {
    let tree = reported(&[("app.py", BAD), ("load.py", LOAD)], &[]);
    tree.write("other.py", "x = 1\n");
    commit(&tree, "Something else");
    tree.write("app.py", &format!("# The shop\n{GOOD}"));
    let fixed = commit(&tree, "Take the debugger out");
    let document = verified(&tree);
    let debug = of(&document, "flask-debug-enabled");
    assert_eq!((&debug["answer"], &debug["blocked"]), (&"fixed".into(), &true.into()), "{debug:#}");
    let told = &debug["way"]["commits"][0];
    assert_eq!(told["commit"], fixed.as_str());
    assert_eq!(
        (&told["subject"], &told["date"], &told["author"]),
        (&"Take the debugger out".into(), &"2026-11-20".into(), &"Ada".into())
    );
    let lines = told["hunk"]["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line.as_str().unwrap().starts_with("-    app.run(")), "{lines:?}");
    let evidence = debug["evidence"].to_string();
    assert!(
        evidence.contains("parsed app.py whole") && evidence.contains("control no-debug-code is pass"),
        "{evidence}"
    );

    let load = of(&document, "yaml-unsafe-load");
    assert_eq!((&load["answer"], &load["now"]["line"]), (&"still-there".into(), &5.into()), "{load:#}");
    assert_eq!(document["outcome"], if load["blocks"] == true { "stands" } else { "cleared" });
    let controls = document["controls"].as_array().unwrap();
    let control = controls.iter().find(|control| control["id"] == "no-debug-code").unwrap();
    assert_eq!((&control["then"], &control["now"]), (&"fail".into(), &"pass".into()));
    // The handler that came in lacks headers.
    let new = document["new"].as_array().unwrap();
    assert!(new.iter().all(|finding| finding["rule"].as_str().unwrap().starts_with("response-")), "{new:?}");

    let record = tree.run(&["verify", "before.json", "--format", "markdown"]).stdout;
    for part in [
        "# Fix record: ",
        "**What was wrong.**",
        "**How it was fixed.** By commit ",
        "```diff\n@@ -",
        "-    app.run(",
        "**What says so.**",
    ] {
        assert!(record.contains(part), "{part}: {record}");
    }
    let text = tree.run(&["verify", "before.json"]).stdout;
    assert!(
        text.contains(&format!("by commit {} of 2026-11-20 by Ada, \"Take the debugger out\"", &fixed[..10])),
        "{text}"
    );
}

#[test]
fn all_clear_is_exit_code_0() {
    let tree = reported(&[("app.py", BAD)], &[]);
    assert_eq!(verified(&tree)["outcome"], "stands");
    tree.write("app.py", GOOD);
    // Not committed.
    let document = verified(&tree);
    let debug = of(&document, "flask-debug-enabled");
    assert_eq!(debug["way"]["commits"][0]["commit"], Value::Null, "{debug:#}");
    assert_eq!(document["outcome"], "cleared", "{document:#}");
    assert!(tree.run(&["verify", "before.json"]).stdout.contains("by a change that is not committed"));
}

#[test]
fn what_moves_still_stands() {
    let tree = reported(&[("app.py", BAD), ("load.py", LOAD)], &[]);
    tree.write("app.py", &format!("# One\n# Two\n{BAD}"));
    git(&tree, &["mv", "load.py", "reader.py"]);
    commit(&tree, "Move");
    let document = verified(&tree);
    let debug = of(&document, "flask-debug-enabled");
    assert_eq!((&debug["answer"], &debug["now"]["line"]), (&"moved".into(), &8.into()), "{debug:#}");
    let load = of(&document, "yaml-unsafe-load");
    assert_eq!((&load["answer"], &load["now"]["path"]), (&"moved".into(), &"reader.py".into()), "{load:#}");
    assert!(document["new"].as_array().unwrap().is_empty(), "{}", document["new"]);
    let text = tree.run(&["verify", "before.json"]).stdout;
    assert!(text.contains("load.py:5 → reader.py:5"), "{text}");
}

#[test]
fn other_code_with_the_same_fault_is_not_fixed() {
    let tree = reported(&[("load.py", LOAD)], &[]);
    tree.write("load.py", &LOAD.replace("yaml.load(stream,", "yaml.load(stream.read(),"));
    commit(&tree, "Read it first");
    let document = verified(&tree);
    let load = of(&document, "yaml-unsafe-load");
    assert!(
        load["answer"] == "still-there" && load["note"].as_str().unwrap().contains("its code changed"),
        "{load:#}"
    );
    assert!(document["new"].as_array().unwrap().is_empty(), "{}", document["new"]);
}

#[test]
fn a_file_that_went_is_told_with_its_commit() {
    let tree = reported(&[("app.py", GOOD), ("load.py", LOAD)], &[]);
    git(&tree, &["rm", "-q", "load.py"]);
    let gone = commit(&tree, "Nobody needs it");
    let document = verified(&tree);
    let load = of(&document, "yaml-unsafe-load");
    let told = &load["way"]["commits"][0];
    assert_eq!(
        (&load["answer"], &told["commit"], &told["removed_file"]),
        (&"fixed".into(), &gone.into(), &true.into()),
        "{load:#}"
    );
    assert!(load["evidence"].to_string().contains("load.py is gone"), "{load:#}");
}

#[test]
fn what_is_accepted_since_says_by_whom() {
    let tree = reported(&[("load.py", LOAD)], &[]);
    tree.write(
        "load.py",
        &LOAD
            .replace("yaml.Loader)\n", "yaml.Loader)  # clearance: accept[yaml-unsafe-load] our own files\n"),
    );
    commit(&tree, "Accept");
    let document = verified(&tree);
    let load = of(&document, "yaml-unsafe-load");
    assert!(
        load["answer"] == "accepted" && load["note"].as_str().unwrap().contains("our own files"),
        "{load:#}"
    );
}

#[test]
fn what_this_run_does_not_see_cannot_be_told() {
    let tree = reported(&[("app.py", BAD), ("other.py", "x = 1\n")], &[]);
    let run = tree.run(&["verify", "before.json", "--format", "json", "--exclude", "app.py"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let debug = of(&document, "flask-debug-enabled");
    assert_eq!(
        (&debug["answer"], &debug["note"]),
        (&"cannot-tell".into(), &"its file was left out".into()),
        "{debug:#}"
    );
    assert_eq!((run.code, &document["outcome"]), (3, &"cannot-tell".into()));
    let run = tree.run(&["verify", "before.json", "--format", "json", "--ignore", "flask-debug-enabled"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(of(&document, "flask-debug-enabled")["answer"], "cannot-tell");
    tree.write("app.py", "def read(:\n");
    assert_eq!(of(&verified(&tree), "flask-debug-enabled")["answer"], "cannot-tell");
}

#[test]
fn what_is_new_since_is_told_and_does_not_decide() {
    let tree = reported(&[("app.py", GOOD)], &[]);
    tree.write("call.py", CALL);
    let document = verified(&tree);
    let new = document["new"].as_array().unwrap();
    assert!(new.iter().any(|finding| finding["path"] == "call.py"), "{new:?}");
    assert_eq!(document["outcome"], "cleared");
}

#[test]
fn a_report_without_a_commit_and_a_shallow_clone_say_why() {
    let tree = Tree::new(&[("app.py", BAD)]);
    tree.run(&["check", "--quiet", "--output", "before.json"]);
    tree.write("app.py", GOOD);
    let document = verified(&tree);
    let debug = of(&document, "flask-debug-enabled");
    assert!(
        debug["answer"] == "fixed" && debug["way"]["why"].as_str().unwrap().contains("names no commit"),
        "{debug:#}"
    );

    let tree = reported(&[("app.py", BAD)], &[]);
    tree.write("app.py", GOOD);
    commit(&tree, "Fix");
    let clone = Tree::new(&[]);
    git(&clone, &["clone", "-q", "--depth", "1", &format!("file://{}", tree.path().display()), "shop"]);
    let run = tree.run(&["verify", "before.json", clone.file("shop").to_str().unwrap()]);
    assert!(run.code == 0 && run.stdout.contains("git fetch --unshallow"), "{run:?}");
}

#[test]
fn credentials_are_not_shown_again() {
    let secret = "Zk9q-tR42-vLmP-88xYwQ";
    let tree = reported(
        &[("app.py", GOOD), ("settings.py", &format!("DB_PASSWORD = \"{secret}\"\nAPI = \"x\"\n"))],
        &["--severity", "info"],
    );
    tree.write("settings.py", "import os\n\nDB_PASSWORD = os.environ[\"DB_PASSWORD\"]\nAPI = \"x\"\n");
    commit(&tree, "From the environment");
    let document = verified(&tree);
    assert!(
        document["findings"].as_array().unwrap().iter().any(|finding| finding["path"] == "settings.py"),
        "{document:#}"
    );
    for format in ["json", "markdown", "text"] {
        let run = tree.run(&["verify", "before.json", "--format", format]);
        assert!(!run.stdout.contains(secret), "{format}: {}", run.stdout);
    }
}

#[test]
fn wrong_usage_is_told() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    tree.write("bandit.json", "{\"errors\": [], \"results\": []}\n");
    for (arguments, told) in [
        (&["verify"][..], "REPORT.json"),
        (&["verify", "none.json"], "none.json"),
        (&["verify", "bandit.json"], "clearance check --format json"),
        (&["verify", "bandit.json", "--attestation", "x"], "cannot be used with"),
        (
            &["verify", "--attestation", "x", "--public-key", "k", "--commit", "c", "--format", "json"],
            "cannot be used with",
        ),
        (
            &["verify", "--attestation", "x", "--public-key", "k", "--commit", "c", "--no-flow"],
            "cannot be used with",
        ),
        (&["verify", "bandit.json", "--public-key", "k"], "--attestation"),
        (&["verify", "bandit.json", "--max-age", "7d"], "--attestation"),
    ] {
        let run = tree.run(arguments);
        assert!(run.code == 2 && run.stderr.contains(told), "{arguments:?}: {run:?}");
    }
}
