//! The pages of the rules on settings and the environment tell the truth.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_casebook::{Case, cases, differences, repaired};
use clearance_deploy::{rules::FAMILIES, run};
use clearance_finding::Finding;

#[test]
fn pages_tell_the_truth() {
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    let families = FAMILIES.iter().filter(|family| matches!(family.name, "settings" | "environment"));
    for rule in families.flat_map(|family| family.rules).filter(|rule| rule.rule.id.contains(&only)) {
        let id = rule.rule.id;
        let (mut fires, mut silent) = (false, false);
        for case in cases(rule.rule.doc).unwrap_or_else(|error| panic!("{id}: {error}")) {
            let found = |case: &Case| -> Vec<Finding> {
                let files: Vec<(String, String)> =
                    case.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
                let (program, deployment) = common::target(&files);
                let findings = run(&program, &deployment).plane.findings;
                findings.into_iter().filter(|finding| finding.rule.id == id).collect()
            };
            let own = found(&case);
            fires |= !own.is_empty();
            silent |= own.is_empty();
            let difference = differences(&case, &own).or_else(|| repaired(&case, &found));
            if let Some(difference) = difference {
                problems.push_str(&format!("{id} § {} (line {}):\n{difference}\n", case.heading, case.line));
            }
        }
        if !fires || !silent {
            problems.push_str(&format!("{id}: needs a case that fires and one that does not\n"));
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn secrets_are_never_shown() {
    let secret = "s3cr3t-value-of-nobody";
    let files = [
        ("config.py".to_owned(), format!("class Config:\n    SECRET_KEY = \"{secret}\"\n    SQLALCHEMY_DATABASE_URI = \"postgresql://u:{secret}@h/d\"\n    MAIL_PASSWORD = \"{secret}\"\n")),
        ("app.py".to_owned(), "from flask import Flask, session\napp = Flask(__name__)\napp.config.from_object(\"config.Config\")\n".to_owned()),
        (".env".to_owned(), format!("# tracked by git\n# mode 644\nAPI_TOKEN={secret}\nADMIN_PASSWORD=admin\n")),
    ];
    let (program, deployment) = common::target(&files);
    let outcome = run(&program, &deployment);
    let findings = format!("{:?}", outcome.plane.findings);
    assert!(outcome.plane.findings.iter().any(|finding| finding.rule.id == "secret-key-weak"), "{findings}");
    assert!(
        outcome.plane.findings.iter().any(|finding| finding.rule.id == "environment-file-tracked"),
        "{findings}"
    );
    assert!(!findings.contains(secret), "{findings}");
    let settings = format!("{:?}", outcome.settings);
    assert!(!settings.contains(secret), "{settings}");
    let facts = format!("{:?}", outcome.plane.facts);
    assert!(!facts.contains(secret), "{facts}");
}
