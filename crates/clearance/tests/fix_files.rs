//! `clearance fix` for files that are not code, and what reports show of such repairs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::Tree;

const APP: &str = "import os\n\nfrom dotenv import load_dotenv\nfrom flask import Flask, render_template, request\n\nload_dotenv()\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\napp.config[\"SESSION_COOKIE_SECURE\"] = os.environ.get(\"SESSION_COOKIE_SECURE\", \"true\") == \"true\"\n\n\n@app.get(\"/\")\ndef page():\n    return render_template(\"page.html\", title=request.args[\"title\"])\n";
const ENVIRONMENT: &str =
    "# What production sets\nSECRET_KEY=f3Zr81kQ0vWc7LxT5mYb2Hd9\nSESSION_COOKIE_SECURE=false\n";
const PAGE: &str =
    "<p title={{ title }}>a</p>\r\n{% autoescape false %}\r\n<p>{{ title }}</p>\r\n{% endautoescape %}\r\n";
const IMAGE: &str = "FROM python:3.12-slim\nCOPY . .\nCMD [\"gunicorn\", \"--reload\", \"app:app\"]";
const WORKFLOW: &str = "on: issues\njobs:\n  hello:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo \"${{ github.event.issue.title }}\" # kept\n";

fn tree() -> Tree {
    Tree::new(&[
        ("app.py", APP),
        (".env.production", ENVIRONMENT),
        ("templates/page.html", PAGE),
        ("Dockerfile", IMAGE),
        (".github/workflows/hello.yml", WORKFLOW),
    ])
}

#[test]
fn files_of_all_kinds_are_repaired_once() {
    let tree = tree();
    let run = tree.run(&["fix", ".", "--unsafe", "--apply"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stdout.contains("f3Zr81kQ0vWc7LxT5mYb2Hd9"), "{run:?}");
    assert_eq!(tree.read(".env.production"), ENVIRONMENT.replace("=false", "=true"));
    assert_eq!(tree.read("templates/page.html"), "<p title=\"{{ title }}\">a</p>\r\n<p>{{ title }}</p>\r\n");
    assert_eq!(
        tree.read("Dockerfile"),
        "FROM python:3.12-slim\nCOPY . .\nRUN useradd --system --create-home app\nUSER app\nCMD [\"gunicorn\", \"app:app\"]"
    );
    assert_eq!(
        tree.read(".github/workflows/hello.yml"),
        "on: issues\npermissions:\n  contents: read\n\njobs:\n  hello:\n    runs-on: ubuntu-latest\n    steps:\n      - env:\n          ISSUE_TITLE: ${{ github.event.issue.title }}\n        run: echo \"$ISSUE_TITLE\" # kept\n"
            .replacen("permissions", "\npermissions", 1)
    );
    let app = tree.read("app.py");
    assert!(app.contains("@app.after_request\ndef send_security_headers(response):\n"), "{app}");
    let again = tree.run(&["fix", ".", "--unsafe", "--apply"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    assert_eq!(app, tree.read("app.py"));
}

#[test]
fn reports_name_the_file_that_a_repair_edits() {
    let tree = tree();
    let report = tree.report(&[]);
    let finding = |rule: &str| {
        let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == rule);
        found.unwrap_or_else(|| panic!("{rule}")).clone()
    };
    let cookie = finding("session-cookie-not-secure");
    assert_eq!(cookie["path"], "app.py");
    assert_eq!(cookie["fix"]["path"], ".env.production");
    assert!(finding("dockerfile-root-user")["fix"].get("path").is_none());
    let sarif: serde_json::Value =
        serde_json::from_str(&tree.run(&["check", "--format", "sarif"]).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let change = |rule: &str| {
        let result = results.iter().find(|result| result["ruleId"] == rule).unwrap();
        result["fixes"][0]["artifactChanges"][0].clone()
    };
    let cookie = change("session-cookie-not-secure");
    assert_eq!(cookie["artifactLocation"]["uri"], ".env.production");
    let region = &cookie["replacements"][0]["deletedRegion"];
    assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(3), Some(23)));
    let image = change("dockerfile-root-user");
    let region = &image["replacements"][0]["deletedRegion"];
    assert_eq!((region["startLine"].as_u64(), region["endLine"].as_u64()), (Some(3), Some(3)));
    let markdown = tree.run(&["check", "--format", "markdown"]).stdout;
    assert!(!markdown.contains("bytes "), "{markdown}");
    assert!(!markdown.contains("f3Zr81kQ0vWc7LxT5mYb2Hd9"), "{markdown}");
}
