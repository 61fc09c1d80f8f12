//! The example application: its report and the list of its known defects agree.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn run(args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_clearance"))
        .args(args)
        .current_dir(root())
        .env("CLEARANCE_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"))
        // The example's acceptances have dates: one in the past of this day, one after it.
        .env("SOURCE_DATE_EPOCH", "1795000000")
        // No database of the user's decides.
        .env("CLEARANCE_ADVISORIES_INDEX", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-advisories"))
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

type Place = (String, i64, String);

fn places(report: &Value) -> BTreeSet<Place> {
    let findings = report["findings"].as_array().unwrap();
    let place = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        (text("path"), finding["line"].as_i64().unwrap(), text("rule"))
    };
    findings.iter().map(place).collect()
}

struct Truth {
    defects: BTreeSet<Place>,
    audit_defects: BTreeSet<Place>,
    clean: BTreeSet<Place>,
    /// Defects that later analyses will find; a finding there is no false alarm.
    later: BTreeSet<Place>,
}

fn truth() -> Truth {
    let text = fs::read_to_string(root().join("examples/storefront.truth.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let mut truth = Truth {
        defects: BTreeSet::new(),
        audit_defects: BTreeSet::new(),
        clean: BTreeSet::new(),
        later: BTreeSet::new(),
    };
    for (kind, list) in table.iter().filter(|(kind, _)| *kind != "route") {
        for entry in list.as_array().unwrap() {
            let text = |key: &str| entry.get(key).and_then(toml::Value::as_str).unwrap_or("").to_owned();
            let known = |rule: &str| clearance_deploy::catalogue().iter().any(|other| other.id == rule);
            let is_told = match text("plane").as_str() {
                "code" | "template" | "secrets" => true,
                "deploy" => known(&text("rule")),
                "supply" => text("rule") != "vulnerable-dependency",
                _ => false,
            };
            if !is_told {
                continue;
            }
            let place = (text("path"), entry["line"].as_integer().unwrap(), text("rule"));
            let set = match kind.as_str() {
                "clean" => &mut truth.clean,
                _ if !matches!(&*text("needs"), "" | "settings") => &mut truth.later,
                _ if entry.get("audit").is_some() || text("severity") == "info" => &mut truth.audit_defects,
                _ => &mut truth.defects,
            };
            set.insert(place);
        }
    }
    truth
}

#[test]
fn the_report_finds_what_is_known() {
    let truth = truth();
    let (code, text) = run(&["check", "examples/storefront", "--format", "json"]);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["decision"], "blocked");
    let found = places(&report);
    let (_, text) =
        run(&["check", "examples/storefront", "--format", "json", "--audit", "--severity", "info"]);
    let everything = places(&serde_json::from_str(&text).unwrap());
    let missed: Vec<_> = truth.defects.difference(&found).collect();
    let missed_by_audit: Vec<_> = truth.audit_defects.difference(&everything).collect();
    let false_alarms: Vec<_> = truth.clean.intersection(&found).collect();
    let unknown: Vec<_> = found
        .difference(&truth.defects)
        .filter(|place| !truth.later.contains(*place) && !truth.audit_defects.contains(*place))
        .filter(|place| !place.2.starts_with("acceptance-"))
        .collect();
    let problems = [missed.len(), missed_by_audit.len(), false_alarms.len(), unknown.len()];
    assert_eq!(
        problems, [0; 4],
        "missed {missed:#?}\nmissed with --audit {missed_by_audit:#?}\nfalse alarms {false_alarms:#?}\nnot in the list {unknown:#?}"
    );
    assert!(truth.defects.len() > 60, "the list is not empty: {}", truth.defects.len());
}

/// `CLEARANCE_ADVISORIES` names the folder with the archive of PyPA's records; without it this test says so and passes.
#[test]
fn its_vulnerable_dependencies_are_known() {
    let Some(folder) = std::env::var_os("CLEARANCE_ADVISORIES") else {
        eprintln!("skipped: CLEARANCE_ADVISORIES does not name a folder with the records of PyPA");
        return;
    };
    let archive = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with(".tar.zst"))
        .unwrap();
    let advisories = archive.to_str().unwrap();
    let (code, text) =
        run(&["check", "examples/storefront", "--no-flow", "--format", "json", "--advisories", advisories]);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&text).unwrap();
    let found: BTreeSet<i64> = places(&report)
        .into_iter()
        .filter(|(path, _, rule)| path == "requirements.lock" && rule == "vulnerable-dependency")
        .map(|(_, line, _)| line)
        .collect();
    let text = fs::read_to_string(root().join("examples/storefront.truth.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let lines = |kind: &str| -> BTreeSet<i64> {
        let of_rule = |entry: &&toml::Value| {
            entry.get("rule").and_then(toml::Value::as_str) == Some("vulnerable-dependency")
        };
        let entries = table[kind].as_array().unwrap().iter().filter(of_rule);
        entries.map(|entry| entry["line"].as_integer().unwrap()).collect()
    };
    let (clean, defects) = (lines("clean"), lines("defect"));
    let false_alarms: Vec<_> = found.intersection(&clean).collect();
    let unknown: Vec<_> = found.difference(&defects).collect();
    assert!(false_alarms.is_empty() && unknown.is_empty(), "{false_alarms:?} {unknown:?}");
    // Some of the list are in records of GitHub only, or newer than the archive.
    assert!(found.len() >= 12, "{found:?}");
    // Its newest record is much older than the day of the run.
    assert!(places(&report).iter().any(|(_, _, rule)| rule == "advisory-database-stale"));
    let control =
        report["controls"].as_array().unwrap().iter().find(|it| it["id"] == "known-vulnerabilities");
    assert_eq!(control.unwrap()["status"], "fail");
}

#[test]
fn its_routes_are_protected_as_is_known() {
    let text = fs::read_to_string(root().join("examples/storefront.truth.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let (_, text) = run(&["check", "examples/storefront", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let routes = report["routes"].as_array().unwrap();
    let mut wrong = Vec::new();
    let known = table["route"].as_array().unwrap();
    for entry in known {
        let (method, path) = (entry["method"].as_str().unwrap(), entry["path"].as_str().unwrap());
        let is_it = |route: &&Value| {
            route["path"] == path && route["methods"].as_array().unwrap().iter().any(|one| one == method)
        };
        let Some(route) = routes.iter().find(is_it) else {
            wrong.push(format!("{method} {path} is not in the report"));
            continue;
        };
        for kind in ["authentication", "authorisation", "csrf", "rate_limit", "validation", "upload"] {
            let Some(expected) = entry.get(kind).and_then(toml::Value::as_str) else { continue };
            let found = &route[kind]["status"];
            if found != expected {
                wrong.push(format!("{method} {path}: {kind} is {found}, expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty() && known.len() > 20, "{wrong:#?}");
}

#[test]
fn acceptances_of_the_example() {
    let (_, text) = run(&["check", "examples/storefront", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let accepted =
        report["findings"].as_array().unwrap().iter().filter(|finding| !finding["acceptance"].is_null());
    assert!(accepted.count() >= 2);
    let rules: BTreeSet<String> = places(&report).into_iter().map(|place| place.2).collect();
    assert!(rules.contains("acceptance-expired"), "{rules:?}");
}

#[test]
fn every_file_is_accounted_for() {
    let (_, text) = run(&["check", "examples/storefront", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let coverage = &report["coverage"];
    assert_eq!(coverage["partial"].as_array().unwrap().len(), 0, "{coverage}");
    assert_eq!(coverage["unreadable"].as_array().unwrap().len(), 0, "{coverage}");
    assert_eq!(coverage["files"], coverage["analysed"]);
    assert!(report["routes"].as_array().unwrap().len() >= 20, "{}", report["routes"]);
}

#[test]
fn its_sarif_is_valid() {
    let (_, text) = run(&["check", "examples/storefront", "--format", "sarif", "--audit"]);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let schema =
        fs::read_to_string(root().join("crates/report/tests/schemas/sarif-schema-2.1.0.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // The published `language` pattern is not a valid ECMA-262 regular expression.
    for part in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][part]["properties"]["language"];
        if let Some(language) = language.as_object_mut() {
            language.remove("pattern");
        }
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&sarif).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let fingerprints: BTreeSet<&str> = results
        .iter()
        .map(|result| result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap())
        .collect();
    assert_eq!(fingerprints.len(), results.len(), "every result has a fingerprint of its own");
}
