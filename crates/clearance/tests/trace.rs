//! `clearance trace`: one finding's way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{BAD, Tree};

const APP: &str = "import os\nfrom flask import Flask, request\nfrom helper import pack\n\napp = Flask(__name__)\n\n\n@app.get(\"/\")\ndef index():\n    name = request.args[\"name\"]\n    pack(name)\n    pack(request.args[\"other\"])\n    return \"done\"\n";

const HELPER: &str = "import os\n\n\ndef pack(label):\n    os.system(\"tar cf b.tar \" + label)\n";

fn tree() -> Tree {
    Tree::new(&[("app.py", APP), ("helper.py", HELPER), ("run.py", BAD)])
}

const WAY: &str = r#"
  1  app.py:10:12  data that a client sends comes in here
     10 │     name = request.args["name"]
        │            ^^^^^^^^^^^^

  2  app.py:11:5  passed on
     11 │     pack(name)
        │     ^^^^^^^^^^

  3  helper.py:5:5  Outside data becomes part of a shell command: data that a client sends gets here
     5 │     os.system("tar cf b.tar " + label)
       │     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#;

#[test]
fn every_step_is_shown_with_its_code() {
    let tree = tree();
    let report = tree.report(&[]);
    let finding = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["trace"][0]["line"] == 10)
        .unwrap();
    let print = finding["fingerprint"].as_str().unwrap();
    let run = tree.run(&["trace", print]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with("critical  command-injection  helper.py:5:5\n"), "{run:?}");
    assert!(run.stdout.ends_with(WAY), "{run:?}");
    assert_eq!(tree.run(&["trace", &print[..10], "."]).stdout, run.stdout);
    assert_eq!(tree.run(&["trace", &finding["number"].to_string()]).stdout, run.stdout);
    tree.write("report.json", &report.to_string());
    tree.write("app.py", "");
    assert_eq!(tree.run(&["trace", print, "--from", "report.json"]).stdout, run.stdout);
}

#[test]
fn a_finding_without_a_way_is_shown_with_its_code() {
    let tree = tree();
    let run = tree.run(&["trace", "B201@run.py:6"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("6 │     app.run(host=\"0.0.0.0\", debug=True)"), "{run:?}");
    assert_eq!(tree.run(&["trace", "flask-debug-enabled@./run.py"]).stdout, run.stdout);
}

#[test]
fn none_and_several_are_errors_that_help() {
    let tree = tree();
    let refused = |args: &[&str]| {
        let run = tree.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        run.stderr
    };
    tree.write(
        "helper.py",
        "import os\n\n\ndef pack(label):\n    os.system(\"a \" + label); os.system(\"b \" + label)\n",
    );
    let several = refused(&["trace", "command-injection@helper.py:5"]);
    assert!(
        several.starts_with("error: `command-injection@helper.py:5` means 2 findings of the report\n"),
        "{several}"
    );
    assert_eq!(several.matches("command-injection@helper.py:5\n").count(), 2, "{several}");
    assert!(
        refused(&["trace", "--no-flow", "command-injection@helper.py"])
            .contains("data was not followed: leave out --no-flow")
    );
    let none = refused(&["trace", "flask-debug-enabled@run.py:7"]);
    assert!(none.contains("no finding of the report is `flask-debug-enabled@run.py:7`"), "{none}");
    assert!(none.contains("flask-debug-enabled@run.py:6"), "{none}");
    assert!(refused(&["trace", "abc"]).contains("findings, and shows none that are hidden"));
    assert!(refused(&["trace", "999999"]).contains("no finding of the report is `999999`"));
    tree.write("x.json", "{\"findings\": []}");
    assert!(
        refused(&["trace", "1", "--from", "x.json"]).contains("does not say \"schema\": \"clearance/1\"")
    );
    tree.write("x.json", "[");
    assert!(refused(&["trace", "1", "--from", "x.json"]).contains("x.json is not a report in JSON"));
    assert_eq!(tree.run(&["trace", "1", "--from", "none.json"]).code, 3);
}

#[test]
fn a_report_from_elsewhere_gives_no_orders() {
    let tree = tree();
    let report = r###"{"schema": "clearance/1", "findings": [{"number": 1, "rule": "x\u001b[2J", "path": "::error::", "line": 1, "column": 9, "message": "a\r\n##[group]b",
        "fingerprint": 4, "trace": [{"path": "a.py", "line": 4294967295, "column": 99999999999, "note": "\u202e", "code": [{"line": 1, "text": "\u001b[31m"}, {}]}, 7]}]}"###;
    tree.write("x.json", report);
    let run = tree.run(&["trace", "1", "--from", "x.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stdout.contains(['\u{1b}', '\r', '\u{202e}']), "{run:?}");
    assert!(
        !run.stdout.contains("##[") && !run.stdout.lines().any(|line| line.trim_start().starts_with("::")),
        "{run:?}"
    );
}
