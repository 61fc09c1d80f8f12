//! The files of deployment: looked at, counted, accepted where they stand, and never trusted.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{GOOD, Tree};
use serde_json::Value;

fn report(tree: &Tree) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_clearance"))
        .args(["check", "--format", "json", "--severity", "info", "."])
        .current_dir(tree.path())
        .env("CLEARANCE_CACHE_DIR", tree.cache())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn control<'r>(report: &'r Value, id: &str) -> &'r Value {
    report["controls"].as_array().unwrap().iter().find(|control| control["id"] == id).unwrap()
}

#[test]
fn files_are_counted_and_findings_accepted_in_place() {
    let tree = Tree::new(&[
        ("app.py", GOOD),
        (
            "Dockerfile",
            "FROM python:3.13-slim\n# clearance: accept[dockerfile-remote-add] checked by hand\nADD https://example.com/a /a\nUSER 10001\nCMD [\"gunicorn\", \"app:app\"]\n",
        ),
        (
            "docker-compose.yml",
            "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: hunter2postgres\n      APP_PASSWORD: admin\n",
        ),
    ]);
    for _ in 0..2 {
        let report = report(&tree);
        let plane = report["planes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|plane| plane["name"] == "deploy")
            .unwrap()
            .clone();
        assert_eq!(
            (plane["status"].as_str(), plane["why"].as_str()),
            (Some("run"), Some("2 files of deployment"))
        );
        let findings = report["findings"].as_array().unwrap();
        let accepted = findings.iter().find(|finding| finding["rule"] == "dockerfile-remote-add").unwrap();
        assert!(!accepted["acceptance"].is_null(), "{accepted}");
        assert_eq!(control(&report, "container-user")["status"], "pass");
        assert_eq!(control(&report, "production-server")["status"], "pass");
        assert_eq!(control(&report, "compose-services")["status"], "fail");
        assert_eq!(control(&report, "ci-gates")["status"], "not-verified");
        let text = report.to_string();
        assert!(
            !text.contains("hunter2") && !text.contains("PASSWORD: admin"),
            "secrets stay out of the report"
        );
    }
}

#[test]
fn what_is_not_understood_is_said() {
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("docker-compose.yml", "services:\n  web: [\n  image: x\n"),
        ("nginx.conf", "server {\n  listen 80;\n"),
        ("Dockerfile", "FROM python:3.13\nNOTHING\n"),
        ("compose.bomb.yml", &format!("a: {}\n", "[".repeat(50_000))),
        ("compose.deep.yml", &format!("a: {}{}\n", "[".repeat(80), "]".repeat(80))),
    ]);
    let report = report(&tree);
    let partial = report["coverage"]["partial"].to_string();
    for path in ["docker-compose.yml", "nginx.conf", "Dockerfile", "compose.bomb.yml"] {
        assert!(partial.contains(path), "{path}: {partial}");
    }
    assert!(
        report["coverage"]["truncated"].to_string().contains("compose.deep.yml"),
        "{}",
        report["coverage"]
    );
}
