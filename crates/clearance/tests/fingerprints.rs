//! Findings keep their identity when code moves or is reformatted, and equal ones stay apart.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;

use common::Tree;

fn fingerprints(text: &str) -> BTreeSet<(String, String)> {
    let tree = Tree::new(&[("app.py", text)]);
    let report = tree.report(&["--severity", "info"]);
    let findings = report["findings"].as_array().unwrap();
    let pair = |finding: &serde_json::Value| {
        (finding["rule"].as_str().unwrap().to_owned(), finding["fingerprint"].as_str().unwrap().to_owned())
    };
    let found: BTreeSet<_> = findings.iter().map(pair).collect();
    assert_eq!(found.len(), findings.len(), "two findings share a fingerprint: {findings:?}");
    found
}

const TEXT: &str = "import yaml\nimport subprocess\n\n\ndef load(text):\n    return yaml.load(text, Loader=yaml.Loader), eval(text)\n\n\ndef start(name):\n    subprocess.run('ls ' + name, shell=True)\n";

#[test]
fn lines_above_do_not_matter() {
    let before = fingerprints(TEXT);
    assert!(before.len() >= 3, "{before:?}");
    assert_eq!(before, fingerprints(&format!("# a comment\n\nX = 1\n\n{TEXT}")));
}

#[test]
fn formatting_does_not_matter() {
    let reformatted = "import subprocess\n\nimport yaml\n\n\ndef load(text):\n    return (\n        yaml.load(\n            text,\n            Loader=yaml.Loader,\n        ),\n        eval(text),\n    )\n\n\ndef start(name):\n    subprocess.run(\n        \"ls \" + name,\n        shell=True,\n    )\n";
    assert_eq!(fingerprints(TEXT), fingerprints(reformatted));
}

#[test]
fn equal_findings_on_one_line_stay_apart() {
    let found = fingerprints("def f(x):\n    return eval(x), eval(x)\n");
    assert_eq!(found.iter().filter(|(rule, _)| rule == "eval-used").count(), 2);
}

#[test]
fn another_function_is_another_finding() {
    let one = fingerprints("def f(x):\n    return eval(x)\n");
    let other = fingerprints("def g(x):\n    return eval(x)\n");
    assert!(one.is_disjoint(&other));
}
