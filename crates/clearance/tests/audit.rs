//! Advisories from the database to the report.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{GOOD, Tree};
use serde_json::{Value, json};

/// A record that holds for all versions of a package below `fixed`.
fn record(id: &str, alias: &str, package: &str, fixed: &str) -> String {
    json!({
        "id": id, "aliases": [alias], "modified": "2026-09-20T07:08:09Z", "summary": "A flaw",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
        "affected": [{"package": {"ecosystem": "PyPI", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]
    })
    .to_string()
}

/// A target of `files` beside a folder of `records`, and its report with them.
fn audited(records: &[String], files: &[(&str, &str)]) -> Value {
    let tree = Tree::new(&[("app.py", GOOD)]);
    let beside = Tree::new(&[]);
    for (number, text) in records.iter().enumerate() {
        beside.write(&format!("{number}.json"), text);
    }
    for (path, text) in files {
        tree.write(path, text);
    }
    tree.report(&["--severity", "info", "--advisories", &beside.path().display().to_string(), "."])
}

/// The open findings about vulnerabilities: `package version id severity`.
fn vulnerable(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let open = findings
        .iter()
        .filter(|finding| finding["rule"] == "vulnerable-dependency" && finding["acceptance"].is_null());
    open.map(|finding| {
        let package = &finding["package"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        format!(
            "{} {} {} {}",
            text(&package["name"]),
            text(&package["version"]),
            text(&package["ids"][0]),
            text(&finding["severity"])
        )
    })
    .collect()
}

#[test]
fn versions_with_extras_and_local_parts_are_looked_up_and_ranges_are_no_versions() {
    let records = [
        record("GHSA-1111-1111-1111", "CVE-2021-23727", "celery", "5.2.2"),
        record("GHSA-2222-2222-2222", "CVE-2022-29217", "pyjwt", "2.4.0"),
        record("GHSA-3333-3333-3333", "CVE-2024-31580", "torch", "2.2.0"),
        record("GHSA-4444-4444-4444", "CVE-2026-0001", "requests", "2.10.1"),
    ];
    let report = audited(
        &records,
        &[
            ("requirements.txt", "-r ./base.txt\npyjwt[crypto]==2.1.0\ntorch==2.0.0+cpu\nrequests>=2.10.0\n"),
            ("base.txt", "celery[redis, pytest]==4.4.7\npyjwt[crypto]==2.1.0\n"),
        ],
    );
    assert_eq!(
        vulnerable(&report),
        [
            "celery 4.4.7 GHSA-1111-1111-1111 high",
            "pyjwt 2.1.0 GHSA-2222-2222-2222 high",
            "torch 2.0.0+cpu GHSA-3333-3333-3333 high"
        ]
    );
}

#[test]
fn a_flaw_of_other_versions_of_python_is_not_applicable_and_says_why() {
    let records = [record("GHSA-4xh5-x5gv-qwph", "CVE-2025-8869", "pip", "25.3")];
    let with = |image: &str| {
        let image = format!("FROM python:{image}\nRUN pip install -r requirements.txt\n");
        audited(&records, &[("requirements.txt", "pip==25.0\n"), ("Dockerfile", &image)])
    };
    let report = with("3.13-slim");
    assert_eq!(vulnerable(&report), ["pip 25.0 GHSA-4xh5-x5gv-qwph info"]);
    let advisory = &report["dependencies"][0]["advisories"][0];
    assert_eq!(advisory["reachable"], "no");
    assert_eq!(
        (&advisory["evidence"][0]["path"], &advisory["evidence"][0]["line"]),
        (&"Dockerfile".into(), &1.into())
    );
    let finding =
        report["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "vulnerable-dependency");
    let reason = finding.unwrap()["severity_reason"].as_str().unwrap();
    assert!(reason.starts_with("not applicable at run time"), "{reason}");
    assert!(reason.contains("`Dockerfile` says that it runs on Python 3.13"), "{reason}");
    assert_eq!(vulnerable(&with("3.11.2-slim")), ["pip 25.0 GHSA-4xh5-x5gv-qwph high"]);
}

#[test]
fn an_acceptance_of_one_version_does_not_hide_the_flaw_in_another() {
    let records = [record("GHSA-2222-2222-2222", "CVE-2022-29217", "pyjwt", "2.4.0")];
    let config = "[[accept]]\nadvisory = 'CVE-2022-29217'\npackage = 'pyjwt'\nversion = '==2.3.0'\nreason = 'tokens are our own'\n";
    let with = |version: &str| {
        let pin = format!("pyjwt=={version}\n");
        audited(&records, &[("requirements.txt", &pin), ("clearance.toml", config)])
    };
    assert!(vulnerable(&with("2.3.0")).is_empty());
    let report = with("2.1.0");
    assert_eq!(vulnerable(&report), ["pyjwt 2.1.0 GHSA-2222-2222-2222 high"]);
    // The acceptance that holds for nothing any more is told, too.
    let rules: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"acceptance-unused"), "{rules:?}");
}

#[test]
fn use_in_attacks_is_told() {
    let tree = Tree::new(&[
        ("shop/app.py", GOOD),
        ("shop/requirements.txt", "foo==1.0\n"),
        ("records/1.json", &record("GHSA-1111-1111-1111", "CVE-2024-0001", "foo", "1.5")),
        (
            "epss.csv",
            "#model_version:v2025.03.14,score_date:2026-09-20T00:00:00Z\ncve,epss,percentile\nCVE-2024-0001,0.94358,0.99961\n",
        ),
        (
            "kev.json",
            r#"{"catalogVersion": "2026.09.20", "dateReleased": "2026-09-20T00:00:00.0000Z", "vulnerabilities": [{"cveID": "CVE-2024-0001"}]}"#,
        ),
    ]);
    let import = ["db", "import", "--index", "index", "records", "--epss", "epss.csv", "--kev", "kev.json"];
    let run = tree.run(&import);
    assert_eq!(run.code, 0, "{run:?}");
    let report = tree.report(&["--advisories", "index", "shop"]);
    let finding =
        report["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "vulnerable-dependency");
    let finding = finding.unwrap();
    assert_eq!(finding["severity"], "critical");
    assert_eq!(
        finding["severity_reason"],
        "it is known to be exploited (CISA KEV); CVSS 7.5; EPSS 94.4 % within 30 days, percentile 100.0"
    );
    let told = json!({"probability": 0.94358, "percentile": 0.99961});
    assert_eq!((&finding["package"]["known_exploited"], &finding["package"]["epss"]), (&json!(true), &told));
    let advisory = &report["dependencies"][0]["advisories"][0];
    assert_eq!((&advisory["known_exploited"], &advisory["epss"]), (&json!(true), &told));
    let text = tree.run(&["check", "--advisories", "index", "--format", "markdown", "shop"]).stdout;
    assert!(text.contains("known to be exploited (CISA KEV); EPSS 94.4 % within 30 days"), "{text}");
}

#[test]
fn one_upgrade_for_several_advisories_is_one_step() {
    let records = [
        record("GHSA-1111-1111-1111", "CVE-2026-0001", "foo", "1.2"),
        record("GHSA-2222-2222-2222", "CVE-2026-0002", "foo", "1.5"),
        record("GHSA-3333-3333-3333", "CVE-2026-0003", "foo", "1.3"),
    ];
    let report = audited(&records, &[("requirements.txt", "foo==1.0\n")]);
    assert_eq!(vulnerable(&report).len(), 3);
    let steps = report["plan"]["steps"].as_array().unwrap();
    let upgrades: Vec<&Value> =
        steps.iter().filter(|step| step["title"].as_str().unwrap().starts_with("Upgrade `foo`")).collect();
    assert_eq!(upgrades.len(), 1, "{steps:#?}");
    assert_eq!(upgrades[0]["findings"].as_array().unwrap().len(), 3);
    assert!(upgrades[0]["title"].as_str().unwrap().starts_with("Upgrade `foo` from 1.0 to 1.5"));
}
