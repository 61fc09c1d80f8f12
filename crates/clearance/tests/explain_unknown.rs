//! `--explain-unknown`: the calls that models should say something about.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::Tree;

const APP: &str = r#"
import mylib
from other import thing
from flask import Flask, request
from helper import own

app = Flask(__name__)


def wash(x):
    return mylib.clean(x)


@app.get("/")
def index():
    name = request.args["name"]
    first = wash(name)
    second = thing.fetch(name).polish()
    thing.fetch("constant")
    mylib.clean(name).strip()
    mylib.clean(second)
    mylib.clean(first)
    return str(len(own(name)))


def never_called(q):
    return mylib.drop(q)
"#;

const HELPER: &str = "import mylib\n\n\ndef own(y):\n    return [mylib.sub.go(z) for z in y.split(\",\")]\n";

const LIST: &str = "
not modelled
      4  mylib.clean        app.py:11 app.py:20 app.py:21 …
      1  .polish            app.py:18
      1  mylib.sub.go       helper.py:5
      1  other.thing.fetch  app.py:18
";

#[test]
fn calls_that_take_data_from_outside_are_listed() {
    let tree = Tree::new(&[("app.py", APP), ("helper.py", HELPER)]);
    let run = tree.run(&["check", "--explain-unknown"]);
    assert!(run.stdout.contains(LIST), "{run:?}");
    for threads in ["1", "3"] {
        assert_eq!(tree.run(&["check", "--explain-unknown", "--threads", threads]).stdout, run.stdout);
    }
    // The question changes nothing of the report.
    let report = tree.run(&["check", "--format", "json"]);
    let asked = tree.run(&["check", "--explain-unknown", "--format", "json"]);
    assert_eq!(asked.stdout.replace(" --explain-unknown", ""), report.stdout);
    assert_eq!(asked.code, report.code);
    assert!(asked.stderr.contains(LIST), "{asked:?}");
}

#[test]
fn a_model_takes_its_calls_off_the_list() {
    let model = "library = \"mylib\"\n[[sanitizer]]\npath = \"mylib.clean\"\nremoves = \"all\"\n[[propagator]]\npath = \"mylib.sub.go\"\n";
    let tree = Tree::new(&[
        ("app.py", APP),
        ("helper.py", HELPER),
        ("clearance.toml", "models = [\"m.toml\"]\n"),
        ("m.toml", model),
    ]);
    let run = tree.run(&["check", "--explain-unknown"]);
    assert!(run.stdout.contains("other.thing.fetch"), "{run:?}");
    assert!(!run.stdout.contains("mylib"), "{run:?}");
    let tree = Tree::new(&[("app.py", common::GOOD)]);
    let run = tree.run(&["check", "--explain-unknown"]);
    assert!(run.stdout.contains("every call that takes data from outside is modelled"), "{run:?}");
}
