//! `clearance check --previous`: what changed since an earlier run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{BAD, GOOD, Tree};

#[test]
fn a_change_is_told_in_every_report() {
    let tree = Tree::new(&[("app.py", BAD), ("other.py", GOOD)]);
    let before = tree.run(&["check", "--quiet", "--output", "before.json", "--output", "before.md"]);
    assert_eq!(before.code, 1, "{before:?}");
    assert!(!tree.read("before.md").contains("Change since"));

    tree.write("app.py", GOOD);
    tree.write(
        "other.py",
        "import yaml\n\n\ndef read(stream):\n    return yaml.load(stream, Loader=yaml.Loader)\n",
    );
    let report = tree.report(&["--previous", "before.json"]);
    let change = &report["change"];
    assert_eq!(change["since"]["file"], "before.json");
    assert_eq!(
        (change["since"]["decision"].as_str(), change["decision"].as_str()),
        (Some("blocked"), Some("blocked"))
    );
    // The handler went from one file to the other, and what it lacks went with it.
    let (new, still) = (change["new"].as_array().unwrap(), change["still"].as_array().unwrap());
    assert_eq!(new.len() + still.len(), report["totals"]["open"].as_u64().unwrap() as usize);
    let findings = report["findings"].as_array().unwrap();
    let is_header = |finding: &&serde_json::Value| finding["rule"].as_str().unwrap().starts_with("response-");
    assert_eq!(still.len(), findings.iter().filter(is_header).count(), "{change}");
    let fixed = change["fixed"].as_array().unwrap();
    assert!(
        fixed.iter().any(|one| one["rule"] == "flask-debug-enabled" && one["path"] == "app.py"),
        "{change}"
    );
    assert!(
        change["controls"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["id"] == "no-debug-code" && one["then"] == "fail")
    );

    let run =
        tree.run(&["check", "--previous", "before.json", "--output", "after.html", "--output", "after.md"]);
    assert!(run.stdout.contains("\nchange         since 2026-"), "{}", run.stdout);
    assert!(tree.read("after.md").contains("\n## Change since 2026-"));
    assert!(tree.read("after.html").contains("Change since 2026-"));
}

#[test]
fn the_earlier_report_may_be_written_over() {
    let tree = Tree::new(&[("app.py", BAD)]);
    tree.run(&["check", "--quiet", "--output", "last.json"]);
    let again = tree.run(&["check", "--quiet", "--previous", "last.json", "--output", "last.json"]);
    assert_eq!(again.code, 1, "{again:?}");
    let report: serde_json::Value = serde_json::from_str(&tree.read("last.json")).unwrap();
    let change = &report["change"];
    assert!(
        change["new"].as_array().unwrap().is_empty() && change["fixed"].as_array().unwrap().is_empty(),
        "{change}"
    );
    assert_eq!(
        change["still"].as_array().unwrap().len(),
        report["totals"]["open"].as_u64().unwrap() as usize
    );
    assert!(change["controls"].as_array().unwrap().is_empty(), "{change}");
}

#[test]
fn what_is_no_report_is_refused() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    for (content, told) in [
        ("{\n  \"schema\": \"clearance/1\",\n  oops\n}\n", "bad.json:3:3"),
        ("{\"version\": \"2.1.0\"}\n", "\"schema\": \"clearance/1\""),
        ("{\"schema\": \"clearance/2\"}\n", "\"clearance/2\""),
        ("not JSON", "bad.json:1:"),
        ("", "bad.json:1:"),
        ("[]", "bad.json:1:"),
    ] {
        tree.write("bad.json", content);
        let run = tree.run(&["check", "--previous", "bad.json"]);
        assert_eq!(run.code, 2, "{content}: {run:?}");
        assert!(run.stderr.contains("bad.json") && run.stderr.contains(told), "{content}: {}", run.stderr);
        assert!(run.stdout.is_empty());
    }
    let missing = tree.run(&["check", "--previous", "none.json"]);
    assert!(missing.code == 2 && missing.stderr.contains("none.json"), "{missing:?}");
}
