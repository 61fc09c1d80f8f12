//! Acceptances are judged by what following data says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::Tree;

/// Line 12: constants only. Line 13: data from outside. Line 18: nobody knows. Line 22: sanitised.
const APP: &str = r#"import sqlite3
from flask import Flask, request

app = Flask(__name__)
TABLES = {"a": "users", "b": "orders"}


@app.get("/")
def index():
    db = sqlite3.connect("x.db")
    table = TABLES.get(request.args["table"], "users")
    db.execute(f"SELECT * FROM {table}")  # noqa: S608
    db.execute("SELECT * FROM " + request.args["name"])  # noqa: S608
    return "done"


def helper(db, name):
    db.execute("SELECT * FROM " + name)  # nosec B608 - called with constants


def number(db: sqlite3.Connection):
    db.execute(f"SELECT * FROM t{int(request.args['n'])}")  # clearance: accept[sql-built-from-strings] a number
"#;

/// Accepted findings: line, rule, and how they are judged.
fn accepted(report: &serde_json::Value) -> Vec<String> {
    let mut all: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| !finding["acceptance"].is_null())
        .map(|finding| {
            format!(
                "{} {} {}",
                finding["line"],
                finding["rule"].as_str().unwrap(),
                finding["acceptance"]["judged"]
            )
        })
        .collect();
    all.sort();
    all
}

fn open(report: &serde_json::Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    // What responses lack is no subject here.
    let of_headers =
        |finding: &&serde_json::Value| finding["rule"].as_str().unwrap().starts_with("response-without");
    all.filter(|finding| finding["acceptance"].is_null() && !of_headers(finding))
        .map(|finding| format!("{} {}", finding["line"], finding["rule"].as_str().unwrap()))
        .collect()
}

#[test]
fn proven_disproved_and_undecided() {
    let tree = Tree::new(&[("app.py", APP)]);
    let report = tree.report(&[]);
    assert_eq!(
        accepted(&report),
        [
            "12 sql-built-from-strings \"proven\"",
            "13 sql-built-from-strings \"disproved\"",
            "18 sql-built-from-strings \"undecided\"",
            "22 sql-built-from-strings \"proven\"",
        ]
    );
    // What is proven needs no reason; what is disproved is told by the rule that follows data, and stays open.
    assert_eq!(open(&report), ["13 sql-injection", "13 acceptance-unexplained"], "{report:#}");
    let shown = tree.run(&["check"]).stdout;
    assert!(shown.contains("4 findings, 2 without a reason, 2 proven harmless, 1 disproved"), "{shown}");
    let page = tree.run(&["check", "--format", "markdown"]).stdout;
    assert!(page.contains("**proven**: only constants or harmless data get there"), "{page}");
    assert!(page.contains("**disproved**: data from outside gets there"), "{page}");
    let sarif = tree.run(&["check", "--format", "sarif"]).stdout;
    assert!(sarif.contains("a number, proven: only constants or harmless data get there"), "{sarif}");
}

#[test]
fn without_following_data_nothing_is_judged() {
    let tree = Tree::new(&[("app.py", APP)]);
    let report = tree.report(&["--no-flow"]);
    assert!(accepted(&report).iter().all(|line| line.ends_with(" null")), "{:?}", accepted(&report));
}

#[test]
fn an_auditor_sees_the_same_judgement() {
    let tree = Tree::new(&[("app.py", APP)]);
    let all = accepted(&tree.report(&["--audit"]));
    assert!(all.contains(&"12 sql-built-from-strings \"proven\"".to_owned()), "{all:?}");
    assert!(all.contains(&"13 sql-built-from-strings \"disproved\"".to_owned()), "{all:?}");
}

#[test]
fn a_flow_finding_that_is_accepted_is_disproved() {
    let app =
        APP.replace("# noqa: S608\n    return", "# clearance: accept[sql-injection] trust me\n    return");
    let tree = Tree::new(&[("app.py", app.as_str())]);
    let report = tree.report(&[]);
    assert!(accepted(&report).contains(&"13 sql-injection \"disproved\"".to_owned()), "{report:#}");
}

#[test]
fn a_table_over_what_is_proven_is_used() {
    let app = APP.replace("  # noqa: S608\n    db", "\n    db");
    let table = "[[accept]]\nrule = \"B608\"\npath = \"app.py\"\nreason = \"a fixed list\"\n";
    let tree = Tree::new(&[("app.py", app.as_str()), ("clearance.toml", table)]);
    let report = tree.report(&[]);
    assert!(accepted(&report).contains(&"12 sql-built-from-strings \"proven\"".to_owned()), "{report:#}");
}
