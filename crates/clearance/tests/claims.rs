//! `clearance claims REPORT.md`: a report that somebody wrote, held against the project.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{GOOD, Tree};
use serde_json::Value;

/// An application with the debugger on, a session cookie that is secure, and one route behind a check.
const APP: &str = r#"import hashlib
from functools import wraps

from flask import Flask, abort, request, session
from werkzeug.security import generate_password_hash

app = Flask(__name__)
app.config["SESSION_COOKIE_SECURE"] = True
app.config["SESSION_COOKIE_HTTPONLY"] = True
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return inner


@app.get("/orders")
@signed_in
def orders():
    return "none"


@app.post("/register")
def register():
    return generate_password_hash(request.form["password"])


@app.get("/digest")
def digest():
    return hashlib.md5(request.args["text"].encode()).hexdigest()


if __name__ == "__main__":
    app.run(host="0.0.0.0", debug=True)
"#;

fn tree(report: &str) -> Tree {
    Tree::new(&[
        ("app.py", APP),
        ("requirements.txt", "flask==3.0.2\nwerkzeug==3.0.1\n"),
        ("report.md", report),
    ])
}

/// The claims of `report` against the application: line, what it is about, verdict.
fn held(report: &str) -> Vec<(u64, String, String)> {
    let tree = tree(report);
    let run = tree.run(&["claims", "report.md", "--format", "json"]);
    let document: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    assert_valid(&document);
    let claims = document["claims"].as_array().unwrap();
    let contradicted = claims.iter().any(|claim| claim["verdict"] == "contradicted");
    assert_eq!(run.code == 1, contradicted, "{run:?}");
    for claim in claims {
        let is_told =
            claim["verdict"] == "not-understood" || !claim["evidence"].as_array().unwrap().is_empty();
        assert!(is_told, "no evidence: {claim}");
    }
    let text = |claim: &Value, key: &str| claim[key].as_str().unwrap_or("?").to_owned();
    claims
        .iter()
        .map(|claim| (claim["line"].as_u64().unwrap(), text(claim, "about"), text(claim, "verdict")))
        .collect()
}

fn assert_valid(document: &Value) {
    let mut schema: Value =
        serde_json::from_str(include_str!("../../claims/schema/clearance-claims-1.schema.json")).unwrap();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// Every object closed: what the schema does not know is an error.
fn close(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if object.get("type").is_some_and(|kind| kind == "object") {
            object.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        object.values_mut().for_each(close);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(close);
    }
}

fn assert_held(report: &str, expected: &[(u64, &str, &str)]) {
    let found = held(report);
    let found: Vec<(u64, &str, &str)> =
        found.iter().map(|(line, about, verdict)| (*line, about.as_str(), verdict.as_str())).collect();
    assert_eq!(found, expected, "{report}");
}

#[test]
fn boxes_and_tables_are_held_against_controls() {
    assert_held(
        "# Checklist\n\n- [x] No debug code\n- [x] Passwords hashed with Werkzeug\n- [ ] HSTS enabled\n- [x] The team had lunch\n",
        &[
            (3, "no-debug-code", "contradicted"),
            (4, "password-hashing", "confirmed"),
            (5, "hsts", "open"),
            (6, "?", "not-understood"),
        ],
    );
    assert_held(
        "| # | Check | Status | Notes |\n|---|---|---|---|\n| 1 | No debug code | ❌ FAIL | debug=True |\n| 2 | Password hashing | ❌ FAIL | |\n| 3 | Password hashing | ✅ FAIL | |\n",
        &[
            (3, "no-debug-code", "confirmed"),
            (4, "password-hashing", "contradicted"),
            (5, "?", "not-understood"),
        ],
    );
}

#[test]
fn sentences_are_read_with_their_negations() {
    assert_held(
        "Passwords are hashed with bcrypt. CSRF protection is not enabled.\n\nDebug mode is disabled in production.\n\nNo insecure random usage was found.\n\nNo unicorns were found.\n",
        &[
            (1, "password-hashing", "confirmed"),
            (1, "csrf", "confirmed"),
            (3, "no-debug-code, debug-off", "contradicted"),
            (5, "randomness", "confirmed"),
            (7, "?", "not-understood"),
        ],
    );
}

#[test]
fn what_is_no_claim_is_left_alone() {
    assert_held(
        "# R\n\nThe server was listening on 0.0.0.0. CSRF protection should be enabled. Enable HSTS.\n\n```\nCSRF protection ✅\n```\n\n## Recommendations\n\n- [x] CSRF protection enabled\n\n## Next steps\n\n1. No debug code ✅\n",
        &[],
    );
}

#[test]
fn settings_packages_routes_and_counts_are_answered() {
    assert_held(
        "- SESSION_COOKIE_SECURE = True in production ✅\n- SESSION_COOKIE_SAMESITE: ✅ Strict\n- Flask 3.0.0+ ✅\n- Werkzeug 2.3.7 ✅\n- `/orders` requires authentication ✅\n- `/register` requires a login ✅\n- Critical severity issues: 0\n",
        &[
            (1, "SESSION_COOKIE_SECURE = True", "confirmed"),
            (2, "SESSION_COOKIE_SAMESITE = Strict", "contradicted"),
            (3, "flask 3.0.0 or later", "confirmed"),
            (4, "werkzeug 2.3.7", "contradicted"),
            (5, "/orders", "confirmed"),
            (6, "/register", "contradicted"),
            (7, "0 critical findings", "contradicted"),
        ],
    );
}

#[test]
fn problems_and_the_decision_are_claims_too() {
    assert_held(
        "# R\n\n**Overall Status:** ✅ APPROVED\n\n### 1. [HIGH] Flask debug mode enabled\n\n**Severity:** HIGH\n**Status:** TODO\n\n### 2. [HIGH] Flask debug server (CWE-489)\n\n**Status:** FIXED\n\nThis application is ready for production.\n",
        &[
            (3, "decision", "contradicted"),
            (5, "no-debug-code", "confirmed"),
            (10, "no-debug-code", "contradicted"),
            (14, "decision", "contradicted"),
        ],
    );
}

#[test]
fn signs_of_another_encoding_are_read() {
    assert_held(
        "| Check | Status |\n|---|---|\n| No debug code | ‚úÖ PASS |\n| Password hashing | ‚ùå FAIL |\n",
        &[(3, "no-debug-code", "contradicted"), (4, "password-hashing", "contradicted")],
    );
}

#[test]
fn every_format_says_the_same_and_shows_no_markup() {
    let tree = tree("- [x] No debug code <script>alert(1)</script> | x\u{1b}[31m\n");
    for format in ["text", "markdown", "json"] {
        let run = tree.run(&["claims", "report.md", "--format", format]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.stdout.contains("contradicted") && run.stdout.contains("flask-debug-enabled"),
            "{}",
            run.stdout
        );
        assert!(!run.stdout.contains('\u{1b}'), "{format}");
    }
    assert!(!tree.run(&["claims", "report.md", "--format", "markdown"]).stdout.contains("<script>"));
}

#[test]
fn hostile_and_wrong_reports_end_well() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    tree.write("deep.md", &format!("{}- [x] CSRF ✅\n", "> ".repeat(20_000)));
    tree.write(
        "nested.md",
        &(0..3000).map(|depth| format!("{}- [x] a\n", " ".repeat(depth))).collect::<String>(),
    );
    tree.write("long.md", &format!("| {} |\n|-|\n", "a | ".repeat(50_000)));
    tree.write("brackets.md", &format!("{} ✅ {}\n", "[".repeat(50_000), "*_`".repeat(30_000)));
    std::fs::write(tree.file("bytes.md"), b"- [x] CSRF \xff\xfe\x00 on\n").unwrap();
    for name in ["deep.md", "nested.md", "long.md", "brackets.md", "bytes.md"] {
        let run = tree.run(&["claims", name]);
        assert!(run.code <= 1, "{name}: {}", run.stderr);
    }
    tree.write("empty.md", "");
    let run = tree.run(&["claims", "empty.md"]);
    assert!(run.code == 0 && run.stderr.contains("no claim"), "{run:?}");
    tree.write("report.json", "{\"results\": []}");
    for (name, told) in [("none.md", "none.md"), ("report.json", "reads Markdown")] {
        let run = tree.run(&["claims", name]);
        assert!(run.code == 2 && run.stderr.contains(told), "{run:?}");
    }
}
