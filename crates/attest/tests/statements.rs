//! What statements say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_attest::{CannotAttest, ConfigurationFile, Occasion, Predicate, statement};
use clearance_verdict::{Assessment, Level, Policy, Status, assess};
use common::{COMMIT, FILE, artefact, input, occasion, sample};
use serde_json::Value;

fn made(predicate: Predicate, assessment: &Assessment, occasion: &Occasion) -> Value {
    serde_json::from_slice(&statement(predicate, assessment, occasion).unwrap()).unwrap()
}

fn ids(assessment: &Assessment, status: Status) -> Vec<&str> {
    let stands = assessment.controls.iter().filter(|control| control.level != Level::Off);
    stands.filter(|control| control.status == status).map(|control| control.definition.id.as_str()).collect()
}

#[test]
fn a_test_result_lists_controls_by_how_they_stand() {
    let assessment = sample();
    let files = vec![ConfigurationFile { name: "pyproject.toml".to_owned(), sha256: FILE.to_owned() }];
    let made = made(Predicate::TestResult, &assessment, &Occasion { files, ..occasion() });
    assert_eq!(made["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(made["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    assert_eq!(made["subject"], serde_json::json!([{ "digest": { "gitCommit": COMMIT } }]));
    let predicate = &made["predicate"];
    assert_eq!(predicate["result"], "WARNED");
    let passed = ids(&assessment, Status::Pass);
    assert!(!passed.is_empty());
    assert_eq!(predicate["passedTests"], serde_json::json!(passed));
    assert_eq!(predicate["warnedTests"], serde_json::json!(ids(&assessment, Status::Warn)));
    assert_eq!(predicate["failedTests"], serde_json::json!(ids(&assessment, Status::Fail)));
    let configuration = predicate["configuration"].as_array().unwrap();
    let names: Vec<&str> = configuration.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["clearance", "rule-set", "policy", "pyproject.toml", "advisories"]);
    for entry in configuration {
        let has_one = ["uri", "digest", "content"].iter().any(|field| !entry[*field].is_null());
        assert!(has_one, "a descriptor needs something that identifies: {entry}");
    }
    // What was not verified is said, and not among what passed.
    let open = ids(&assessment, Status::NotVerified);
    assert!(!open.is_empty());
    assert_eq!(configuration[0]["annotations"]["notVerified"], serde_json::json!(open));
    assert_eq!(configuration[0]["annotations"]["time"], "2026-11-22T09:14:00Z");
    assert_eq!(configuration[3]["digest"]["sha256"], FILE);
}

#[test]
fn a_verification_result_names_only_what_passed() {
    let assessment = sample();
    let old = made(Predicate::Svr, &assessment, &occasion());
    let new = made(Predicate::Svr02, &assessment, &occasion());
    assert_eq!(old["predicateType"], "https://in-toto.io/attestation/svr/v0.1");
    assert_eq!(new["predicateType"], "https://in-toto.io/attestation/svr/v0.2");
    assert_eq!(old["predicate"]["properties"], new["predicate"]["properties"]);
    assert_eq!(new["predicate"]["verifier"]["policies"][0]["name"], "rule-set");
    assert_eq!(old["predicate"]["verifier"]["policy"]["name"], "rule-set");
    assert_eq!(new["predicate"]["timeCreated"], "2026-11-22T09:14:00Z");
    let properties: Vec<&str> = new["predicate"]["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap())
        .collect();
    let name = |id: &str| format!("CLEARANCE_{}", id.to_uppercase().replace('-', "_"));
    let mut expected = vec!["CLEARANCE_DEPLOYMENT_NOT_BLOCKED".to_owned()];
    expected.extend(ids(&assessment, Status::Pass).into_iter().map(name));
    assert_eq!(properties, expected);
    for status in [Status::Warn, Status::Fail, Status::NotVerified, Status::NotApplicable] {
        for id in ids(&assessment, status) {
            assert!(!properties.contains(&name(id).as_str()), "{id} did not pass");
        }
    }
}

#[test]
fn vulnerabilities_need_a_dated_database() {
    let assessment = sample();
    let made = made(Predicate::Vulns, &assessment, &occasion());
    assert_eq!(made["predicateType"], "https://in-toto.io/attestation/vulns/v0.2");
    let scanner = &made["predicate"]["scanner"];
    assert_eq!(scanner["uri"], "pkg:generic/clearance@0.1.0");
    assert_eq!(scanner["version"], "0.1.0");
    assert_eq!(scanner["db"]["lastUpdate"], "2026-11-21T00:00:00Z");
    let results = scanner["result"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["id"], "GHSA-2g68-c3qc-8985");
    assert_eq!(results[0]["severity"][0]["method"], "cvss_vector");
    assert_eq!(results[0]["severity"][1]["score"], "high");
    assert_eq!(results[0]["annotations"][0]["package"], "werkzeug");
    // What could not be compared is told, so that nobody takes a short list for a clean one.
    assert_eq!(scanner["clearance_unresolved"], serde_json::json!(["PyPI flask >=3"]));
    assert_eq!(made["predicate"]["metadata"]["scanStartedOn"], "2026-11-22T09:14:00Z");
    assert_eq!(made["predicate"]["metadata"]["scanFinishedOn"], "2026-11-22T09:14:01Z");

    let without = Occasion { database: None, ..occasion() };
    assert_eq!(statement(Predicate::Vulns, &assessment, &without), Err(CannotAttest::NoAdvisories));
    let mut undated = occasion();
    undated.database.as_mut().unwrap().last_update = None;
    assert_eq!(statement(Predicate::Vulns, &assessment, &undated), Err(CannotAttest::UndatedAdvisories));
    let mut no_supply = input();
    no_supply.planes.truncate(1);
    let refused = statement(Predicate::Vulns, &assess(no_supply, &Policy::default()), &occasion());
    assert!(matches!(refused, Err(CannotAttest::NoSupply { .. })), "{refused:?}");
}

#[test]
fn a_changed_tree_never_speaks_for_its_commit() {
    let with = |commit: Option<&str>, dirty: Option<bool>| {
        let mut input = input();
        input.header.commit = commit.map(str::to_owned);
        input.header.dirty = dirty;
        assess(input, &Policy::default())
    };
    let of = |assessment: &Assessment, artefacts: bool, allow_dirty: bool| {
        let artefacts = if artefacts { vec![artefact()] } else { Vec::new() };
        let occasion = Occasion { artefacts, allow_dirty, ..Occasion::default() };
        statement(Predicate::TestResult, assessment, &occasion)
            .map(|text| serde_json::from_slice::<Value>(&text).unwrap()["subject"].clone())
    };
    let dirty = with(Some(COMMIT), Some(true));
    assert!(matches!(of(&dirty, true, false), Err(CannotAttest::Dirty { .. })));
    assert_eq!(of(&dirty, false, true), Err(CannotAttest::OnlyDirty));
    let subjects = of(&dirty, true, true).unwrap();
    assert_eq!(subjects.as_array().unwrap().len(), 1, "{subjects}");
    assert_eq!(subjects[0]["annotations"], serde_json::json!({ "dirty": true, "commit": COMMIT }));
    assert!(subjects[0]["digest"]["gitCommit"].is_null());

    let unknown = with(Some(COMMIT), None);
    assert!(matches!(of(&unknown, true, false), Err(CannotAttest::PerhapsDirty { .. })));
    let none = with(None, None);
    assert_eq!(of(&none, false, false), Err(CannotAttest::NoSubject));
    assert_eq!(of(&none, true, false).unwrap()[0]["digest"]["sha256"], FILE);
    assert!(matches!(of(&with(Some("d20ace7"), Some(false)), false, false), Err(CannotAttest::Commit(_))));
    let both = of(&with(Some(COMMIT), Some(false)), true, false).unwrap();
    assert_eq!(both.as_array().unwrap().len(), 2);
    let lying_there = Occasion { untracked: vec!["extra.py".to_owned()], ..Occasion::default() };
    let refused = statement(Predicate::TestResult, &sample(), &lying_there);
    assert!(matches!(refused, Err(CannotAttest::Untracked { .. })), "{refused:?}");
    let allowed = Occasion { artefacts: vec![artefact()], allow_dirty: true, ..lying_there };
    let subjects = made(Predicate::TestResult, &sample(), &allowed)["subject"].clone();
    assert_eq!(
        (subjects.as_array().unwrap().len(), &subjects[0]["annotations"]["dirty"]),
        (1, &Value::Bool(true))
    );
    let twice = Occasion { artefacts: vec![artefact(), artefact()], ..Occasion::default() };
    let refused = statement(Predicate::TestResult, &sample(), &twice);
    assert_eq!(refused, Err(CannotAttest::SameName("shop.tar.gz".to_owned())));
}

#[test]
fn the_same_assessment_gives_the_same_bytes() {
    for predicate in Predicate::ALL {
        let once = statement(*predicate, &sample(), &occasion()).unwrap();
        assert_eq!(once, statement(*predicate, &sample(), &occasion()).unwrap(), "{predicate}");
    }
}
