//! `clearance debug flow`: what reaches a line.

mod common;

use common::Tree;

const APP: &str = r#"import os
import re
from flask import Flask, abort, request
from helper import pack

app = Flask(__name__)


@app.get("/")
def index():
    name = request.args["name"]
    if not re.fullmatch("[a-z]+", name):
        abort(400)
    path = "/srv/" + name
    if False:
        os.system(name)
    pack(request.args["other"])
    return path
"#;

const HELPER: &str = "import os\n\n\ndef pack(label):\n    return wrap(label)\n\n\ndef wrap(text):\n    os.system(\"tar \" + text)\n";

fn ask(place: &str) -> String {
    let tree = Tree::new(&[("app.py", APP), ("helper.py", HELPER)]);
    let run = tree.run(&["debug", "flow", place]);
    assert_eq!(run.code, 0, "{run:?}");
    run.stdout
}

#[test]
fn values_sources_and_checks_are_told() {
    let told = ask("app.py:14:12");
    assert!(told.starts_with("app.py:14:12  expression\n  14 │     path = \"/srv/\" + name\n"), "{told}");
    assert!(told.contains("  index, called from outside\n    result      \"/srv/{data}\"\n"), "{told}");
    assert!(
        told.contains("      from      data that a client sends: `request.args` at app.py:11\n"),
        "{told}"
    );
    assert!(
        told.contains("    known here  `request.args[\"name\"]` (line 11) is at most dangerous for trust\n"),
        "{told}"
    );
    assert!(!told.contains("sql"), "letters only: {told}");
    let all = ask("app.py:14");
    assert!(all.contains(&told) && all.contains("app.py:14:5  assignment"), "{all}");
}

#[test]
fn a_function_is_told_who_passes_data() {
    let told = ask("helper.py:9");
    assert!(told.contains("  wrap, called with anything\n"), "{told}");
    assert!(
        told.contains("    argument 0  \"tar {data}\"\n      from      whatever is passed for `text`\n"),
        "{told}"
    );
    assert!(
        told.contains("  passed at app.py:17: data that a client sends: `request.args` at app.py:17\n"),
        "{told}"
    );
}

#[test]
fn what_is_never_reached_says_so() {
    assert!(ask("app.py:16").contains("  no run gets here: "));
}

#[test]
fn wrong_places_are_told() {
    let tree = Tree::new(&[("app.py", APP), ("notes.txt", "x\n")]);
    for (place, message) in [
        ("app.py", "`app.py` is not a place; write FILE:LINE or FILE:LINE:COLUMN"),
        ("app.py:7", "there is no expression at app.py:7"),
        ("app.py:900:1", "there is no expression at app.py:900:1"),
        ("notes.txt:1", "notes.txt is not among the Python files of "),
    ] {
        let run = tree.run(&["debug", "flow", place]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(message), "{run:?}");
    }
    assert_eq!(tree.run(&["debug", "flow", "none.py:1"]).code, 3);
}
