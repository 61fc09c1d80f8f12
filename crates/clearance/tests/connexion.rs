//! An OpenAPI document of the target makes entry points.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Tree, findings};

const APP: &str = "import connexion\n\napp = connexion.FlaskApp(__name__, specification_dir=\"spec\")\napp.add_api(\"openapi.yaml\")\n";

const API: &str = "import os\n\n\ndef run(name, count, size):\n    os.system(\"job \" + name)\n    return \"ok\"\n\n\ndef safe(name, count, size):\n    os.system(f\"job {count} {size}\")\n    return \"ok\"\n";

const SPEC: &str = "openapi: 3.0.0\npaths:\n  /run:\n    get: &get\n      operationId: api.run\n      parameters:\n        - {name: name, in: query, schema: {type: string}}\n        - {name: count, in: query, schema: {type: integer}}\n        - {name: size, in: query, schema: {type: string, enum: [s, m]}}\n  /safe:\n    get:\n      <<: *get\n      operationId: api.safe\n";

#[test]
fn data_is_followed_from_the_parameters_that_a_document_declares() {
    let tree = Tree::new(&[("app.py", APP), ("api.py", API), ("spec/openapi.yaml", SPEC)]);
    let report = tree.report(&[]);
    assert_eq!(findings(&report), ["api.py command-injection"], "{report:#}");
    assert_eq!(report["findings"][0]["line"], 5);
    assert_eq!(report["routes"][0]["path"], "/run");
    let told = tree.run(&["debug", "flow", "api.py:5"]).stdout;
    assert!(told.contains("run, called from outside"), "{told}");
    // The document is a file of the target like any other.
    let excluded = tree.report(&["--exclude", "spec"]);
    assert!(!findings(&excluded).contains(&"api.py command-injection".to_owned()), "{excluded:#}");
}

#[test]
fn a_document_that_is_too_large_is_told() {
    let large = format!("{SPEC}# {}\n", "x".repeat(3 << 20));
    let tree = Tree::new(&[("app.py", APP), ("api.py", API), ("spec/openapi.yaml", large.as_str())]);
    let report = tree.report(&[]);
    assert!(
        report["coverage"]["notices"].to_string().contains("the description of an interface is over 2 MiB")
    );
}
