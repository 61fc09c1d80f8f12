//! Findings that are new since a revision, and what is staged: examined from what git holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{fs, process::Command};

use common::Tree;
use serde_json::Value;

const OLD: &str = "import yaml\n\n\ndef load(text):\n    return yaml.load(text, yaml.Loader)\n";

fn git(tree: &Tree, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(tree.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn begun() -> Tree {
    let tree = Tree::new(&[("app/old.py", OLD), ("requirements.txt", "pyyaml==6.0.1\n")]);
    git(&tree, &["init", "--quiet", "--initial-branch=main"]);
    git(&tree, &["add", "--all"]);
    git(&tree, &["commit", "--quiet", "--message", "first"]);
    tree
}

/// Rule and place of each new finding.
fn new(report: &Value) -> Vec<String> {
    let prints: Vec<&str> =
        report["baseline"]["new"].as_array().unwrap().iter().map(|print| print.as_str().unwrap()).collect();
    let all = report["findings"].as_array().unwrap();
    let new = all.iter().filter(|finding| prints.contains(&finding["fingerprint"].as_str().unwrap()));
    new.map(|finding| {
        format!(
            "{} {}:{}",
            finding["rule"].as_str().unwrap(),
            finding["path"].as_str().unwrap(),
            finding["line"]
        )
    })
    .collect()
}

#[test]
fn what_came_since_is_told_apart() {
    let tree = begun();
    // The old one moves down, and a second one that is equal comes in, together with another.
    tree.write(
        "app/old.py",
        "import yaml\n\nX = 1\n\n\ndef load(text):\n    return yaml.load(text, yaml.Loader)\n\n\ndef again(text):\n    return yaml.load(text, yaml.Loader)\n",
    );
    tree.write("app/new.py", OLD);
    let before = git(&tree, &["status", "--porcelain"]);
    let report = tree.report(&["--since", "HEAD"]);
    let new = new(&report);
    assert!(new.contains(&"yaml-unsafe-load app/old.py:11".to_owned()), "{new:?}");
    assert!(!new.iter().any(|line| line.ends_with("old.py:7")), "{new:?}");
    assert!(new.iter().any(|line| line.contains("app/new.py:5")), "{new:?}");
    assert!(report["baseline"]["file"].as_str().unwrap().starts_with("of HEAD ("));
    assert_eq!(git(&tree, &["status", "--porcelain"]), before);
    // What was there is no reason to refuse, if that is asked for.
    tree.write("app/new.py", "x = 1\n");
    tree.write("app/old.py", OLD);
    assert_eq!(tree.run(&["check", "--since", "HEAD"]).code, tree.run(&["check"]).code);
    let only = tree.report(&["--since", "HEAD", "--new-only"]);
    assert_ne!(only["decision"], "blocked");
    let text = tree.run(&["check", "--since", "main"]).stdout;
    assert!(text.contains("of main ("), "{text}");
}

#[test]
fn what_was_repaired_since_is_gone() {
    let tree = begun();
    tree.write("app/old.py", "import yaml\n\n\ndef load(text):\n    return yaml.safe_load(text)\n");
    git(&tree, &["commit", "--quiet", "--all", "--message", "second"]);
    let report = tree.report(&["--since", "HEAD~1"]);
    assert_eq!(report["baseline"]["gone"].as_array().unwrap().len(), 1, "{:#}", report["baseline"]);
    let text = tree.run(&["check", "--since", "HEAD~1"]).stdout;
    assert!(!text.contains("baseline update"), "{text}");
}

#[test]
fn what_is_staged_is_examined_as_it_is_staged() {
    let tree = begun();
    tree.write("app/new.py", OLD);
    git(&tree, &["add", "app/new.py"]);
    // What is in the work tree only does not count.
    tree.write("app/new.py", "x = 1\n");
    tree.write("app/later.py", OLD);
    let report = tree.report(&["--staged", "--since", "HEAD"]);
    let new = new(&report);
    assert!(!new.is_empty() && new.iter().all(|line| line.contains("app/new.py:5")), "{new:?}");
    let all = report["findings"].as_array().unwrap();
    assert!(all.iter().any(|finding| finding["path"] == "app/old.py"));
    assert!(!all.iter().any(|finding| finding["path"] == "app/later.py"));
    fs::remove_file(tree.path().join("app/old.py")).unwrap();
    assert!(
        tree.report(&["--staged"])["findings"].as_array().unwrap().iter().any(|f| f["path"] == "app/old.py")
    );
}

#[test]
fn what_git_does_not_hold_any_more_is_said() {
    let tree = begun();
    let blob = git(&tree, &["rev-parse", "HEAD:app/old.py"]);
    fs::remove_file(tree.path().join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let run = tree.run(&["check", "--since", "HEAD"]);
    assert!(run.stderr.contains("what is found there counts as new"), "{}", run.stderr);
    assert!(run.stdout.contains("1 new"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let tree = begun();
    let unknown = tree.run(&["check", "--since", "v9"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("--since: `v9` names no commit"), "{}", unknown.stderr);
    let two = tree.run(&["check", "--since", "HEAD", "--baseline", "x.toml"]);
    assert!(two.code == 2 && two.stderr.contains("--baseline or --since"), "{}", two.stderr);
    let fix = tree.run(&["fix", "--since", "HEAD"]);
    assert!(fix.code == 2 && fix.stderr.contains("leave out"), "{}", fix.stderr);
    let taken = tree.run(&["baseline", "create", "--since", "HEAD"]);
    assert!(taken.code == 2 && taken.stderr.contains("leave out --since"), "{}", taken.stderr);
    let bare = Tree::new(&[("a.py", "x = 1\n")]);
    let none = bare.run(&["check", "--since", "HEAD"]);
    assert!(none.code == 2 && none.stderr.contains("no git repository"), "{}", none.stderr);
}
