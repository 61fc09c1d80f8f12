//! Bills of material: they keep their schemas, say no more than is known, and are the same for the same run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;

use clearance_finding::{
    Dependency, DependencyScope, Exploitation, KnownVulnerability, Location, Reachable, Severity, Step,
};
use clearance_report::{Format, RenderOptions, render};
use clearance_verdict::{Assessment, Policy, assess};
use common::*;
use jsonschema::{Registry, Validator};
use serde_json::Value;

const CYCLONEDX: [Format; 2] = [Format::Cyclonedx, Format::Cyclonedx17];

fn json(format: Format, assessment: &Assessment) -> Value {
    serde_json::from_str(&render(format, assessment, &RenderOptions::default())).expect("valid JSON")
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn assert_valid(validator: &Validator, instance: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(instance)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn step(note: &str) -> Step {
    Step { location: Location::file("shop/app.py".into()), note: note.to_owned() }
}

fn known(id: &str, reachable: Reachable, evidence: Vec<Step>) -> KnownVulnerability {
    KnownVulnerability {
        id: id.to_owned(),
        aliases: vec![format!("CVE-{}", id.len()), format!("PYSEC-{}", id.len())],
        summary: format!("Something <b>bad</b> about {id}"),
        severity: Severity::Critical,
        vector: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned()),
        fixed: vec!["0.9".to_owned(), "2.0".to_owned()],
        exploitation: Exploitation::default(),
        reachable,
        evidence,
    }
}

fn dependency(name: &str, version: Option<&str>, source: &str) -> Dependency {
    Dependency {
        ecosystem: "PyPI".to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        range: None,
        source: source.into(),
        location: Location::file(source.into()),
        scope: DependencyScope::Production,
        direct: true,
        chain: vec![name.to_owned()],
        needs: Vec::new(),
        hashes: Vec::new(),
        origin: None,
        advisories: Vec::new(),
        reachable: Reachable::Undecided,
        evidence: Vec::new(),
    }
}

/// Everything that a dependency may be.
fn varied() -> Vec<Dependency> {
    let one = |byte: &str| format!("sha256:{}", byte.repeat(32));
    vec![
        Dependency {
            needs: vec!["jinja2".to_owned(), "nowhere".to_owned()],
            hashes: vec![one("ab")],
            advisories: vec![
                known("GHSA-yes", Reachable::Yes, vec![step("`render` is called")]),
                known("GHSA-no", Reachable::No, vec![step("no module imports `flask.sansio`")]),
                known("GHSA-no-evidence", Reachable::No, Vec::new()),
                known("GHSA-undecided", Reachable::Undecided, Vec::new()),
            ],
            ..dependency("flask", Some("1.0"), "uv.lock")
        },
        Dependency {
            direct: false,
            chain: vec!["flask".to_owned(), "jinja2".to_owned()],
            hashes: vec![one("01"), one("02"), "md5:nonsense".to_owned()],
            ..dependency("jinja2", Some("3.1.6"), "uv.lock")
        },
        Dependency {
            range: Some(">=2,<3".to_owned()),
            advisories: vec![known("GHSA-range", Reachable::Yes, vec![step("`get` is called")])],
            ..dependency("requests", None, "requirements.txt")
        },
        dependency("flask", Some("1.0"), "requirements.txt"),
        Dependency { scope: DependencyScope::Development, ..dependency("pytest", Some("8.0"), "uv.lock") },
        Dependency { scope: DependencyScope::Optional, ..dependency("redis", Some("5.0"), "uv.lock") },
        Dependency {
            origin: Some("git+https://bob:hunter3@git.example/x y.git@v1".to_owned()),
            ..dependency("inhouse", Some("0.1"), "pyproject.toml")
        },
        Dependency { origin: Some("../lib".to_owned()), ..dependency("local", None, "pyproject.toml") },
        Dependency {
            ecosystem: "npm".to_owned(),
            hashes: vec!["sha512:Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw==".to_owned()],
            ..dependency("@babel/core", Some("7.0.0"), "package-lock.json")
        },
    ]
}

fn assessed(dependencies: Vec<Dependency>) -> Assessment {
    let mut given = sample_input();
    given.dependencies = dependencies;
    assess(given, &Policy::default())
}

fn all_assessments() -> Vec<Assessment> {
    let many = (0..300).map(|at| dependency(&format!("package-{at}"), Some("1.0"), "uv.lock")).collect();
    vec![sample(), empty(), assessed(varied()), assessed(many)]
}

#[test]
fn cyclonedx_keeps_its_schemas() {
    let parts = [
        ("spdx.schema.json", include_str!("schemas/spdx.schema.json")),
        ("jsf-0.82.schema.json", include_str!("schemas/jsf-0.82.schema.json")),
        ("cryptography-defs.schema.json", include_str!("schemas/cryptography-defs.schema.json")),
    ];
    let mut registry = Registry::new();
    for (name, text) in parts {
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), schema(text)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let versions = [include_str!("schemas/bom-1.6.schema.json"), include_str!("schemas/bom-1.7.schema.json")];
    for (format, text) in CYCLONEDX.into_iter().zip(versions) {
        let validator =
            jsonschema::options().with_registry(&registry).build(&schema(text)).expect("a valid schema");
        for assessment in all_assessments() {
            let bom = json(format, &assessment);
            assert_valid(&validator, &bom);
            let refs: Vec<&str> = bom["components"]
                .as_array()
                .unwrap()
                .iter()
                .chain([&bom["metadata"]["component"]])
                .chain(bom["vulnerabilities"].as_array().unwrap())
                .map(|one| one["bom-ref"].as_str().unwrap())
                .collect();
            let known: BTreeSet<&str> = refs.iter().copied().collect();
            assert_eq!(known.len(), refs.len(), "each reference once");
            for node in bom["dependencies"].as_array().unwrap() {
                let ends = node["dependsOn"].as_array().unwrap().iter().chain([&node["ref"]]);
                assert!(ends.into_iter().all(|end| known.contains(end.as_str().unwrap())), "{node}");
            }
            for one in bom["vulnerabilities"].as_array().unwrap() {
                assert!(known.contains(one["affects"][0]["ref"].as_str().unwrap()));
            }
        }
    }
}

fn named<'v>(list: &'v Value, key: &str, name: &str) -> &'v Value {
    let mut found = list.as_array().unwrap().iter().filter(|one| one[key] == name);
    let one = found.next().unwrap_or_else(|| panic!("no {name} in {list}"));
    assert!(found.next().is_none(), "{name} twice");
    one
}

#[test]
fn cyclonedx_says_what_is_known_and_no_more() {
    let bom = json(Format::Cyclonedx, &assessed(varied()));
    assert_eq!(bom["specVersion"], "1.6");
    assert_eq!(json(Format::Cyclonedx17, &assessed(varied()))["specVersion"], "1.7");
    let components = &bom["components"];
    let flask = named(components, "name", "flask");
    assert_eq!((&flask["purl"], &flask["scope"]), (&"pkg:pypi/flask@1.0".into(), &"required".into()));
    assert_eq!(flask["hashes"][0]["alg"], "SHA-256");
    assert_eq!(flask["evidence"]["occurrences"].as_array().unwrap().len(), 2, "named in two files");
    let requests = named(components, "name", "requests");
    assert!(requests.get("version").is_none(), "a range is no version");
    assert_eq!(requests["purl"], "pkg:pypi/requests");
    assert_eq!(named(&requests["properties"], "name", "clearance:range")["value"], ">=2,<3");
    assert_eq!(named(components, "name", "pytest")["scope"], "excluded");
    assert_eq!(named(components, "name", "redis")["scope"], "optional");
    let jinja = named(components, "name", "jinja2");
    assert!(jinja.get("hashes").is_none(), "digests of two archives are not those of the package");
    assert_eq!(jinja["externalReferences"][0]["hashes"].as_array().unwrap().len(), 2);
    let core = named(components, "name", "core");
    assert_eq!((&core["group"], &core["purl"]), (&"@babel".into(), &"pkg:npm/%40babel/core@7.0.0".into()));
    assert_eq!(core["hashes"][0]["content"], "0f".repeat(64));
    assert!(!bom.to_string().contains("hunter3"), "no credentials");

    let edges = named(&bom["dependencies"], "ref", "pkg:pypi/flask@1.0");
    assert_eq!(edges["dependsOn"], serde_json::json!(["pkg:pypi/jinja2@3.1.6"]));
    let unknown = bom["compositions"][0]["dependencies"].to_string();
    assert!(unknown.contains("pkg:pypi/requests"), "{unknown}");
    assert!(!unknown.contains("jinja2"), "its lock file says what it needs: nothing");

    let of = |id: &str| named(&bom["vulnerabilities"], "id", id);
    assert_eq!(of("GHSA-yes")["analysis"]["state"], "exploitable");
    assert_eq!(of("GHSA-no")["analysis"]["state"], "not_affected");
    assert_eq!(of("GHSA-no")["analysis"]["justification"], "code_not_reachable");
    for id in ["GHSA-no-evidence", "GHSA-undecided"] {
        assert!(of(id).get("analysis").is_none(), "{id}: no evidence, no analysis");
    }
    let yes = of("GHSA-yes");
    assert_eq!(yes["recommendation"], "Upgrade flask to 2.0", "0.9 is none");
    assert_eq!(
        (&yes["ratings"][0]["method"], &yes["ratings"][0]["severity"]),
        (&"CVSSv31".into(), &"critical".into())
    );
    assert_eq!(yes["source"]["url"], "https://github.com/advisories/GHSA-yes");
    assert!(of("GHSA-range")["affects"][0].get("versions").is_none());
}

#[test]
fn spdx_keeps_its_schema() {
    let validator = jsonschema::validator_for(&schema(include_str!("schemas/spdx-2.3.schema.json")))
        .expect("a valid schema");
    for assessment in all_assessments() {
        let document = json(Format::Spdx, &assessment);
        assert_valid(&validator, &document);
        let mut ids: BTreeSet<&str> = document["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["SPDXID"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), document["packages"].as_array().unwrap().len());
        ids.extend(["SPDXRef-DOCUMENT", "NONE", "NOASSERTION"]);
        for id in &ids {
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)), "{id}");
        }
        for one in document["relationships"].as_array().unwrap() {
            assert!(ids.contains(one["relatedSpdxElement"].as_str().unwrap()), "{one}");
        }
    }
    let document = json(Format::Spdx, &assessed(varied()));
    let requests = named(&document["packages"], "name", "requests");
    assert!(requests.get("versionInfo").is_none());
    assert_eq!(requests["licenseDeclared"], "NOASSERTION");
    assert_eq!(requests["externalRefs"][0]["referenceLocator"], "pkg:pypi/requests");
    let inhouse = named(&document["packages"], "name", "inhouse");
    assert_eq!(inhouse["downloadLocation"], "git+https://git.example/x%20y.git@v1");
    assert!(!document.to_string().contains("hunter3"));
}

#[test]
fn openvex_says_not_affected_with_evidence_only() {
    let mut whole = schema(include_str!("schemas/openvex-0.2.0.schema.json"));
    // A run in which nothing is known against anything has nothing to state.
    whole["properties"]["statements"].as_object_mut().unwrap().remove("minItems");
    let validator = jsonschema::validator_for(&whole).expect("a valid schema");
    for assessment in all_assessments() {
        assert_valid(&validator, &json(Format::Openvex, &assessment));
    }
    let document = json(Format::Openvex, &assessed(varied()));
    let statements = document["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 5);
    let status = |id: &str| {
        statements
            .iter()
            .find(|one| one["vulnerability"]["name"] == id)
            .map(|one| one["status"].as_str().unwrap())
    };
    assert_eq!(status("GHSA-yes"), Some("affected"));
    assert_eq!(status("GHSA-no"), Some("not_affected"));
    assert_eq!(status("GHSA-no-evidence"), Some("under_investigation"));
    assert_eq!(status("GHSA-undecided"), Some("under_investigation"));
    assert_eq!(status("GHSA-range"), Some("under_investigation"), "the version is not known");
    for one in statements {
        assert_ne!(one["status"], "fixed");
        assert_eq!(one.get("justification").is_some(), one["status"] == "not_affected");
        assert_eq!(one.get("action_statement").is_some(), one["status"] == "affected");
    }
}

#[test]
fn gitlab_gets_every_open_vulnerability_and_every_file() {
    let report = json(Format::GitlabDependency, &assessed(varied()));
    assert_eq!(report["scan"]["type"], "dependency_scanning");
    let all = report["vulnerabilities"].as_array().unwrap();
    assert_eq!(all.len(), 5);
    let ids: BTreeSet<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());
    let yes = all.iter().find(|one| one["name"] == "GHSA-yes in flask").unwrap();
    assert_eq!(yes["location"]["dependency"]["version"], "1.0");
    assert_eq!(yes["solution"], "Upgrade flask to 2.0");
    assert_eq!(
        (&yes["identifiers"][0]["type"], &yes["identifiers"][1]["type"]),
        (&"ghsa".into(), &"cve".into())
    );
    let files: Vec<(&str, &str)> = report["dependency_files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["path"].as_str().unwrap(), file["package_manager"].as_str().unwrap()))
        .collect();
    assert!(files.contains(&("uv.lock", "uv")) && files.contains(&("package-lock.json", "npm")), "{files:?}");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let formats =
        [Format::Cyclonedx, Format::Cyclonedx17, Format::Spdx, Format::Openvex, Format::GitlabDependency];
    for format in formats {
        let one = render(format, &assessed(varied()), &RenderOptions::default());
        let mut reversed = varied();
        reversed.reverse();
        assert_eq!(one, render(format, &assessed(reversed), &RenderOptions::default()), "{format}");
    }
    let serial = |assessment: &Assessment| json(Format::Cyclonedx, assessment)["serialNumber"].clone();
    assert_ne!(serial(&assessed(varied())), serial(&assessed(varied()[1..].to_vec())));
}

#[test]
fn three_hundred_dependencies_read_well() {
    let mut all: Vec<Dependency> =
        (0..300).map(|at| dependency(&format!("package-{at}"), Some("1.0"), "uv.lock")).collect();
    all[250].advisories = vec![
        known("GHSA-yes", Reachable::Yes, vec![step("`render` is called")]),
        known("GHSA-no", Reachable::No, Vec::new()),
    ];
    let assessment = assessed(all);
    let counts = "300 dependencies: 300 in production, 0 optional, 0 for development; 300 asked for directly; 1 with 2 known vulnerabilities (1 used, 1 not used, 0 not known)";
    let markdown = render(Format::Markdown, &assessment, &RenderOptions::default());
    let section = &markdown[markdown.find("## Dependencies").unwrap()..markdown.find("## Files").unwrap()];
    assert!(section.contains(counts), "{section}");
    let fold = section.find("<summary>299 other dependencies</summary>").expect("a fold");
    let vulnerable = &section[..fold];
    assert!(
        vulnerable.contains("GHSA-yes") && vulnerable.contains("used: `render` is called at `shop/app.py`")
    );
    assert!(vulnerable.contains("fixed in 0.9, 2.0") && !vulnerable.contains("package-249"), "{vulnerable}");
    let html = render(Format::Html, &assessment, &RenderOptions::default());
    assert!(html.contains("<summary>299 other dependencies</summary>") && html.contains(counts));
    let terminal =
        render(Format::Terminal, &assessment, &RenderOptions { width: 400, ..RenderOptions::default() });
    assert!(terminal.contains(counts), "{terminal}");
    assert!(terminal.contains("package-250 1.0 has GHSA-yes (critical)") && !terminal.contains("GHSA-no "));
}
