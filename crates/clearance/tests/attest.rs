//! `clearance attest` and `clearance verify`: what is signed, what is refused, and how they end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{fs, process::Command};

use common::{BAD, GOOD, Run, Tree};
use data_encoding::BASE64;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use serde_json::Value;

/// A repository with one commit. Keys and what was built lie in folders that git does not see.
fn repository(app: &str) -> Tree {
    let tree =
        Tree::new(&[("app.py", app), (".gitignore", "/dist\n*.pem\n*.json\n"), ("dist/shop.whl", "built")]);
    for (name, algorithm) in [("key", &PKCS_ED25519), ("other", &PKCS_ECDSA_P256_SHA256)] {
        let pair = KeyPair::generate_for(algorithm).unwrap();
        tree.write(&format!("{name}.pem"), &pair.serialize_pem());
        tree.write(&format!("{name}.pub.pem"), &pair.public_key_pem());
    }
    git(&tree, &["init", "-q"]);
    commit(&tree);
    tree
}

fn git(tree: &Tree, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(tree.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(tree: &Tree) {
    git(tree, &["add", "."]);
    git(tree, &["commit", "-q", "-m", "change"]);
}

fn statement(text: &str) -> Value {
    let envelope: Value = serde_json::from_str(text).unwrap();
    let payload = BASE64.decode(envelope["payload"].as_str().unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

fn verify(tree: &Tree, more: &[&str]) -> Run {
    let mut args = vec!["verify", "--attestation", "out.json", "--public-key", "key.pub.pem"];
    args.extend(more);
    tree.run(&args)
}

#[test]
fn a_run_is_signed_and_verified() {
    let tree = repository(GOOD);
    let head = git(&tree, &["rev-parse", "HEAD"]);
    let run = tree.run(&["attest", "--key", "key.pem", "--output", "out.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let said = statement(&tree.read("out.json"));
    assert_eq!(said["subject"][0]["digest"]["gitCommit"], head.as_str());
    // As `check` decides, so it is attested.
    let report = tree.report(&[]);
    assert_eq!(report["decision"], "conditional");
    assert_eq!(said["predicate"]["result"], "WARNED");
    let passed = report["controls"].as_array().unwrap().iter().filter(|control| control["status"] == "pass");
    let passed: Vec<&Value> = passed.map(|control| &control["id"]).collect();
    assert_eq!(said["predicate"]["passedTests"].as_array().unwrap().iter().collect::<Vec<_>>(), passed);

    let run = verify(&tree, &["--commit", &head, "--max-age", "1h"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with("verified  test-result · WARNED"), "{run:?}");
    let refusals: [(&[&str], &str); 5] = [
        (&["--commit", &head, "--require", "passed"], "passed is required"),
        (&["--commit", &"a".repeat(40)], "it is not about commit"),
        (&["--subject", "dist/shop.whl"], "it is not about a file"),
        (&["--commit", &head, "--predicate", "svr"], "test-result/v0.1"),
        (&["--commit", &head, "--attestation", "none.json"], "cannot be used multiple times"),
    ];
    for (more, why) in refusals {
        let run = verify(&tree, more);
        let code = if why.contains("multiple") { 2 } else { 1 };
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.stderr.contains(why), "{run:?}");
        assert!(run.stdout.is_empty(), "{run:?}");
    }
    let other = ["verify", "--attestation", "out.json", "--public-key", "other.pub.pem", "--commit", &head];
    let run = tree.run(&other);
    assert_eq!(
        (run.code, run.stderr.contains("none of its signatures is by the public key")),
        (1, true),
        "{run:?}"
    );
    let missing = ["verify", "--attestation", "none.json", "--public-key", "key.pub.pem", "--commit", &head];
    assert_eq!(tree.run(&missing).code, 1);
    // A week later it is too old, and a year before it was not there.
    for (time, why) in [("1790700000", "more than 7 days ago"), ("1760000000", "in the future")] {
        let args = [
            "verify",
            "--attestation",
            "out.json",
            "--public-key",
            "key.pub.pem",
            "--commit",
            &head,
            "--max-age",
            "7d",
        ];
        let output = tree.command(&args).env("SOURCE_DATE_EPOCH", time).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), told.contains(why)), (Some(1), true), "{told}");
    }
}

#[test]
fn a_failed_statement_is_one_too() {
    let tree = repository(BAD);
    let run = tree.run(&["attest", "--key", "other.pem", "--output", "out.json", "--quiet"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(statement(&tree.read("out.json"))["predicate"]["result"], "FAILED");
    let run = tree.run(&["attest", "--key", "other.pem", "--fail-on", "blocked"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(statement(&run.stdout)["predicate"]["result"], "FAILED");
    let head = git(&tree, &["rev-parse", "HEAD"]);
    let args = ["verify", "--attestation", "out.json", "--public-key", "other.pub.pem", "--commit", &head];
    let run = tree.run(&args);
    assert_eq!((run.code, run.stderr.contains("it came to FAILED")), (1, true), "{run:?}");
}

#[test]
fn changes_are_not_attested() {
    let tree = repository(GOOD);
    let attest = |more: &[&str]| {
        let mut args = vec!["attest", "--key", "key.pem", "--output", "out.json"];
        args.extend(more);
        tree.run(&args)
    };
    // Larger, so that no clock is needed to tell.
    tree.write("app.py", &format!("{GOOD}\n# changed\n"));
    for more in [&[][..], &["--subject", "dist/shop.whl"], &["--allow-dirty"]] {
        let run = attest(more);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("nothing was attested"), "{run:?}");
        assert!(!tree.file("out.json").exists());
    }
    assert_eq!(attest(&["--allow-dirty", "--subject", "dist/shop.whl"]).code, 0);
    let run = verify(&tree, &["--subject", "dist/shop.whl"]);
    assert_eq!((run.code, run.stderr.contains("differed from its commit")), (1, true), "{run:?}");
    assert_eq!(verify(&tree, &["--subject", "dist/shop.whl", "--allow-dirty"]).code, 0);
    let head = git(&tree, &["rev-parse", "HEAD"]);
    assert_eq!(verify(&tree, &["--commit", &head, "--allow-dirty"]).code, 1);
    commit(&tree);

    // A file that only lies there could hold what makes a control pass.
    tree.write("extra.py", GOOD);
    let run = attest(&["--subject", "dist/shop.whl"]);
    assert_eq!((run.code, run.stderr.contains("extra.py")), (2, true), "{run:?}");
}

#[test]
fn wrong_usage_is_told_before_the_run() {
    let tree = repository(GOOD);
    let cases: [(&[&str], &str); 9] = [
        (&["attest"], "--key"),
        (&["attest", "--key", "none.pem"], "cannot be read"),
        (&["attest", "--key", "key.pub.pem"], "public key"),
        (&["attest", "--key", "key.pem", "--subject", "none"], "cannot be read"),
        (&["attest", "--key", "key.pem", "--predicate", "provenance"], "test-result"),
        (&["attest", "--key", "key.pem", "--predicate", "vulns"], "needs dependencies"),
        (&["verify", "--attestation", "out.json", "--public-key", "key.pub.pem"], "--commit"),
        (
            &["verify", "--attestation", "out.json", "--commit", "abc", "--public-key", "key.pub.pem"],
            "whole name",
        ),
        (
            &["verify", "--attestation", "out.json", "--commit", "abc", "--public-key", "key.pem"],
            "private key",
        ),
    ];
    for (args, why) in cases {
        let run = tree.run(args);
        assert_eq!((run.code, run.stderr.contains(why)), (2, true), "{args:?} {run:?}");
    }
}

/// The commands of the README, as they stand there.
#[test]
fn commands_of_the_readme_run() {
    let tree = repository(GOOD);
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let mut codes = Vec::new();
    for line in text.lines() {
        if line.starts_with("clearance attest --") || line.starts_with("clearance verify --") {
            // Here all files lie in one folder, out of git's sight.
            let line = line.replace("../", "");
            let args: Vec<&str> = line.split_whitespace().skip(1).collect();
            let run = tree.run(&args);
            let forgivable = run.code == 0 || run.stderr.contains("passed is required");
            assert!(forgivable, "{line}: {run:?}");
            codes.push(run.code);
        }
    }
    // This application is conditional, and the README asks for more.
    assert_eq!(codes, [0, 1]);
}
