//! The subcommands that only print: explain, rules, completions, man, debug.

mod common;

use common::{GOOD, Tree};

#[test]
fn rules_are_explained_by_every_name() {
    let tree = Tree::new(&[]);
    let page = tree.run(&["explain", "flask-debug-enabled"]);
    assert_eq!(page.code, 0);
    assert!(page.stdout.contains("B201, flask_debug_true (Bandit) · S201 (Ruff)"), "{page:?}");
    assert!(page.stdout.contains("controls      no-debug-code"), "{page:?}");
    for name in ["B201", "s201", "flask_debug_true", "py/flask-debug"] {
        assert_eq!(tree.run(&["explain", name]).stdout, page.stdout, "{name}");
    }
    assert!(tree.run(&["explain", "no-debug-code"]).stdout.contains("flask-debug-enabled"));
    let miss = tree.run(&["explain", "flask-debug-enable"]);
    assert_eq!(miss.code, 2);
    assert!(miss.stderr.contains("`flask-debug-enabled`"), "{miss:?}");
}

#[test]
fn rules_are_listed() {
    let tree = Tree::new(&[]);
    let list = tree.run(&["rules", "--audit"]).stdout;
    assert!(list.contains("flask-debug-enabled"), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&tree.run(&["rules", "--format", "json"]).stdout).unwrap();
    let rules = json["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == "flask-debug-enabled" && rule["family"] == "server"));
    assert!(rules.iter().all(|rule| rule["audit"] == false));
}

#[test]
fn shells_and_man_get_their_texts() {
    let tree = Tree::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = tree.run(&["completions", shell]);
        assert!(script.code == 0 && script.stdout.contains("stdin-filename"), "{shell}");
    }
    let page = tree.run(&["man"]).stdout;
    assert!(page.contains(".TH") && page.contains("fail\\-on"), "{page}");
}

#[test]
fn the_analysis_can_be_looked_at() {
    let tree = Tree::new(&[
        ("a.py", GOOD),
        ("b.py", "import a\n\ndef f():\n    return g()\n\ndef g():\n    return 1\n"),
    ]);
    let ir = tree.run(&["debug", "ir", "b.py"]);
    assert!(ir.code == 0 && ir.stdout.contains("call v"), "{ir:?}");
    let graph = tree.run(&["debug", "callgraph"]);
    assert!(graph.stdout.contains("b:f -> b:g"), "{graph:?}");
    assert_eq!(tree.run(&["debug", "ir", "none.py"]).code, 3);
}
