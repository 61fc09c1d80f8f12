//! Templates as files of the target: findings, acceptances, coverage, and templates that mean harm.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::time::{Duration, Instant};

use common::Tree;
use serde_json::Value;

const APP: &str = "from flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n@app.get(\"/\")\ndef page():\n    return render_template(\"page.html\", body=load())\n";

fn report(tree: &Tree, more: &[&str]) -> Value {
    let mut args = vec!["check", "--format", "json", "--severity", "info"];
    args.extend(more);
    args.push(".");
    let run = tree.run(&args);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
}

/// Line, column, rule and whether it is accepted, of the findings of rules whose name begins so.
fn found(report: &Value, rule: &str) -> Vec<(i64, i64, bool)> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"].as_str().unwrap().starts_with(rule))
        .map(|finding| {
            let number = |key: &str| finding[key].as_i64().unwrap();
            (number("line"), number("column"), !finding["acceptance"].is_null())
        })
        .collect()
}

#[test]
fn places_are_lines_and_columns() {
    let page = "<p>\r\n  <b>ä</b> {{ body|safe }}\r\n</p>\r\n";
    let tree = Tree::new(&[("app.py", APP), ("templates/page.html", page)]);
    assert_eq!(found(&report(&tree, &[]), "template-unsafe-filter"), [(2, 12, false)]);
}

#[test]
fn without_following_data_templates_are_read_as_well() {
    let tree = Tree::new(&[("app.py", APP), ("templates/page.html", "<p>{{ body|safe }}</p>\n")]);
    let report = report(&tree, &["--no-flow"]);
    assert_eq!(found(&report, "template-unsafe-filter"), [(1, 4, false)]);
    let plane =
        report["planes"].as_array().unwrap().iter().find(|plane| plane["name"] == "template").unwrap();
    assert_eq!(plane["status"], "run");
}

#[test]
fn comments_accept() {
    let page = "\
<p>{{ body|safe }}</p> {# clearance: accept[template-unsafe-filter] the editor cleans it #}
{# clearance: accept[template-unsafe-filter] the editor cleans it #}
<p>{{ body|safe }}</p>
<p>{{ body|safe }}</p> {# nosec #}
<p>{{ body|safe }}</p> <!-- noqa -->
<p>{{ body|safe }}</p> {% comment %} nosemgrep: template-unescaped-with-safe {% endcomment %}
<p>{{ body|safe }}</p>
<form method=\"post\"
  class=\"wide\"> {# clearance: accept[template-form-without-csrf-token] a toy #}
</form>
";
    let tree = Tree::new(&[("app.py", APP), ("templates/page.html", page)]);
    let report = report(&tree, &[]);
    let mut accepted: Vec<(i64, bool)> = found(&report, "template-unsafe-filter")
        .into_iter()
        .map(|(line, _, accepted)| (line, accepted))
        .collect();
    accepted.sort_unstable();
    assert_eq!(accepted, [(1, true), (3, true), (4, true), (5, true), (6, true), (7, false)]);
    assert_eq!(found(&report, "template-form-without-csrf-token"), [(8, 1, true)]);
    // Once more from the cache.
    let again = self::report(&tree, &[]);
    assert_eq!(again["findings"], report["findings"]);
    assert_eq!(again["coverage"], report["coverage"]);
}

#[test]
fn an_acceptance_that_serves_nothing_is_told() {
    let page = "<p>{{ body }}</p> {# clearance: accept[template-unsafe-filter] old #}\n";
    let tree = Tree::new(&[("app.py", APP), ("templates/page.html", page)]);
    assert_eq!(found(&report(&tree, &[]), "acceptance-unused").len(), 1);
}

#[test]
fn what_cannot_be_read_is_a_notice() {
    let tree = Tree::new(&[("app.py", APP), ("templates/page.html", "<p>\0\u{1}</p>")]);
    let deep = "{% if a %}".repeat(100);
    tree.write("templates/deep.html", &deep);
    let report = report(&tree, &[]);
    let listed = report["coverage"].to_string();
    assert!(listed.contains("templates/deep.html"), "{listed}");
    assert_eq!(report["coverage"]["files"], 3, "{listed}");
}

#[test]
fn templates_that_mean_harm_end() {
    let many = 200_000;
    let tree = Tree::new(&[("app.py", APP)]);
    for (number, text) in [
        "{".repeat(many * 10),
        "{{ a|safe }}".repeat(many / 4),
        "{% if a %}<a b='".repeat(many / 8),
        "<form method=post>".repeat(many / 8) + "</form>",
        "<form method=post>{% include 'hostile2.html' %}</form>".repeat(many / 16),
        "<script>{{ a }}".repeat(many / 16),
        "{# nosec #}\n".repeat(many / 16),
        "{% macro m(a) %}{{ m(a) }}".repeat(many / 16),
        "{% autoescape off %}{{ a }}".repeat(many / 16),
        "{% set a = a ~ b %}{{ a|safe }}".repeat(many / 16),
    ]
    .into_iter()
    .enumerate()
    {
        tree.write(&format!("templates/hostile{number}.html"), &text);
    }
    let begin = Instant::now();
    let report = report(&tree, &[]);
    assert!(begin.elapsed() < Duration::from_secs(120), "{:?}", begin.elapsed());
    assert!(report["findings"].as_array().unwrap().len() > 100);
}
