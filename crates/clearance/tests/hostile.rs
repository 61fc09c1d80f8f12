//! Trees that mean harm: clear notices, the right exit code, bounded time and memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
    time::{Duration, Instant},
};

use common::{BAD, GOOD, Tree};

/// Runs with bounded virtual memory: whatever happens, the program must not ask for more.
fn bounded(tree: &Tree) -> (i32, serde_json::Value, Duration) {
    let start = Instant::now();
    let program = env!("CARGO_BIN_EXE_clearance");
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -v 4000000; exec '{program}' check --threads 2 --format json .")])
        .current_dir(tree.path())
        .env("CLEARANCE_CACHE_DIR", tree.cache())
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), report, start.elapsed())
}

/// What the report says it could not see into or left out.
fn listed(report: &serde_json::Value, path: &str) -> bool {
    let coverage = &report["coverage"];
    ["partial", "unreadable", "truncated", "skipped"].iter().any(|list| {
        coverage[list]
            .as_array()
            .is_some_and(|entries| entries.iter().any(|entry| entry.to_string().contains(path)))
    })
}

#[test]
fn deep_nesting() {
    let deep = 100_000;
    let tree = Tree::new(&[
        ("parens.py", &format!("x = {}1{}\n", "(".repeat(deep), ")".repeat(deep))),
        ("open.py", &"(".repeat(deep)),
        ("sum.py", &format!("x = 1{}\n", " + 1".repeat(deep))),
        ("dots.py", &format!("x = a{}\n", ".a".repeat(deep))),
        ("not.py", &format!("x = {}1\n", "not ".repeat(deep))),
        ("lists.py", &format!("x = {}{}\n", "[".repeat(deep), "]".repeat(deep))),
        ("lambda.py", &format!("x = {}1\n", "lambda: ".repeat(20_000))),
        ("app.py", BAD),
    ]);
    let (code, report, time) = bounded(&tree);
    assert_eq!(code, 1, "{report}");
    assert_eq!(report["decision"], "blocked");
    assert_eq!(report["coverage"]["files"], 8);
    assert!(time < Duration::from_secs(60), "{time:?}");
}

#[test]
fn deep_nesting_in_notebooks_and_configuration() {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    let cell = format!(
        r#"{{"cells": [{{"cell_type": "code", "metadata": {{"a": {}}}, "outputs": [], "source": "x = 1"}}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}"#,
        deep("[", "]")
    );
    let table = format!("[{}b]\nc = 1\n", "a.".repeat(100_000));
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("open.ipynb", &"[".repeat(100_000)),
        ("cell.ipynb", &cell),
        ("pyproject.toml", &format!("a = {}\n", deep("[", "]"))),
        ("inner/app.py", GOOD),
        ("inner/pyproject.toml", &format!("a = {}1{}\n", "{b = ".repeat(100_000), "}".repeat(100_000))),
        ("table/app.py", GOOD),
        ("table/pyproject.toml", &table),
        ("table/.bandit", &deep("[", "]")),
    ]);
    let (code, report, time) = bounded(&tree);
    assert_eq!(code, 3, "{report:#}");
    assert!(listed(&report, "open.ipynb") && listed(&report, "cell.ipynb"), "{report:#}");
    let notices = report["coverage"]["notices"].to_string();
    for file in ["pyproject.toml", "inner/pyproject.toml", "table/.bandit"] {
        assert!(notices.contains(&format!("\"{file}:")), "{file}: {notices}");
    }
    assert!(time < Duration::from_secs(60), "{time:?}");

    // Our own configuration must be usable if it is there.
    let own = Tree::new(&[("app.py", GOOD), ("clearance.toml", &format!("select = {}\n", deep("[", "]")))]);
    let run = own.run(&["check"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.starts_with("error: clearance.toml:1:"), "{run:?}");
}

#[test]
fn a_line_of_200_megabytes() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    let big = fs::File::create(tree.file("big.py")).unwrap();
    big.set_len(200 << 20).unwrap();
    let (code, report, time) = bounded(&tree);
    assert_ne!(code, 0);
    assert_ne!(report["decision"], "approved");
    assert!(listed(&report, "big.py"), "{}", report["coverage"]);
    assert!(time < Duration::from_secs(20), "{time:?}");
}

#[test]
fn bytes_that_are_no_text() {
    let tree = Tree::new(&[("app.py", BAD)]);
    fs::write(tree.file("nul.py"), b"x = 1\n\0\0\ny = eval(z)\n").unwrap();
    fs::write(tree.file("latin.py"), b"x = '\xe9\xff'\ny = eval(z)\n").unwrap();
    let (code, report, _) = bounded(&tree);
    assert_eq!(code, 1);
    assert!(listed(&report, "nul.py") && listed(&report, "latin.py"), "{}", report["coverage"]);
    let found = common::findings(&report);
    for path in ["nul.py", "latin.py"] {
        assert!(found.contains(&format!("{path} eval-used")), "what can be read is analysed: {found:?}");
    }
}

#[test]
fn what_is_not_a_file() {
    let tree = Tree::new(&[("app.py", GOOD), ("folder.py/inner.py", GOOD), ("secret.py", GOOD)]);
    symlink(tree.path(), tree.file("loop")).unwrap();
    symlink("/etc", tree.file("outside")).unwrap();
    symlink("nowhere", tree.file("dangling.py")).unwrap();
    let made = Command::new("mkfifo").arg(tree.file("pipe.py")).status().unwrap();
    assert!(made.success());
    fs::set_permissions(tree.file("secret.py"), fs::Permissions::from_mode(0o000)).unwrap();
    let can_read_anything = fs::read(tree.file("secret.py")).is_ok();
    let (_, report, time) = bounded(&tree);
    assert!(time < Duration::from_secs(20), "{time:?}");
    assert_eq!(report["coverage"]["files"], 3, "{}", report["coverage"]);
    assert!(listed(&report, "pipe.py"), "{}", report["coverage"]);
    assert!(listed(&report, "outside") && listed(&report, "dangling.py"), "{}", report["coverage"]);
    if can_read_anything {
        // As root every file is readable: nothing to see here.
        return;
    }
    assert!(listed(&report, "secret.py"), "{}", report["coverage"]);
    assert_ne!(report["decision"], "approved");
}

#[test]
fn fifty_thousand_empty_files() {
    let tree = Tree::new(&[("app.py", BAD)]);
    for folder in 0..50 {
        let path = tree.file(&format!("p{folder}"));
        fs::create_dir(&path).unwrap();
        for file in 0..1000 {
            fs::write(path.join(format!("m{file}.py")), b"").unwrap();
        }
    }
    let (code, report, time) = bounded(&tree);
    assert_eq!(code, 1);
    assert_eq!(report["coverage"]["files"], 50_001);
    assert!(time < Duration::from_secs(60), "{time:?}");
}
