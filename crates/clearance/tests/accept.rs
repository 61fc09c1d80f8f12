//! `clearance accept`: an acceptance is written, and holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{BAD, Tree, findings};

const FINDING: &str = "flask-debug-enabled@app.py:6";

#[test]
fn a_table_is_added_and_the_rest_stays() {
    for (file, text, header) in [
        ("clearance.toml", "# ours\nprofile = \"staging\"  # not yet\n", "\n[[accept]]\n"),
        ("pyproject.toml", "[project]\nname = \"shop\" # a name", "\n[[tool.clearance.accept]]\n"),
    ] {
        let tree = Tree::new(&[("app.py", BAD), (file, text)]);
        let before = findings(&tree.report(&[])).len();
        let run = tree.run(&["accept", FINDING, "--reason", "only \"here\"", "--until", "2999-12-31"]);
        assert_eq!(run.code, 0, "{run:?}");
        let written = tree.read(file);
        assert!(written.starts_with(text) && written.contains(header), "{written}");
        assert!(written.contains("reason = \"only \\\"here\\\"\"\nuntil = 2999-12-31\n"), "{written}");
        assert_eq!(findings(&tree.report(&[])).len(), before - 1);
        let again = tree.run(&["accept", FINDING, "--reason", "twice"]);
        assert!(again.code == 2 && again.stderr.contains("already"), "{again:?}");
        assert_eq!(tree.read(file), written);
    }
}

#[test]
fn a_comment_stands_at_the_finding() {
    let tree = Tree::new(&[("app.py", BAD)]);
    let run = tree.run(&["accept", FINDING, "--reason", "only here", "--comment"]);
    assert_eq!(run.code, 0, "{run:?}");
    let written = tree.read("app.py");
    assert!(
        written.contains("\n    # clearance: accept[flask-debug-enabled] only here\n    app.run("),
        "{written}"
    );
    assert!(!findings(&tree.report(&[])).iter().any(|line| line.contains("flask-debug-enabled")));
}

#[test]
fn what_cannot_hold_is_refused() {
    let tree = Tree::new(&[("app.py", BAD), ("clearance.toml", "accept = []\n")]);
    let mine = |args: &[&str]| tree.run(&[&["accept"], args].concat());
    assert_eq!(mine(&[FINDING]).code, 2);
    assert_eq!(mine(&[FINDING, "--reason", " - "]).code, 2);
    assert_eq!(mine(&["flask-debug-enabled@app.py:9", "--reason", "none"]).code, 2);
    // Over already.
    assert_eq!(mine(&[FINDING, "--reason", "late", "--until", "2001-01-01"]).code, 2);
    // The list is written in another way.
    let listed = mine(&[FINDING, "--reason", "fine"]);
    assert!(listed.code == 2 && listed.stderr.contains("Nothing was changed"), "{listed:?}");
    assert_eq!(tree.read("clearance.toml"), "accept = []\n");
    assert_eq!(tree.read("app.py"), BAD);
}
