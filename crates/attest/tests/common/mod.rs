//! Keys that exist for tests only, and an assessment.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, time::Duration};

use clearance_attest::{AdvisoryDatabase, Digest, Occasion, PublicKey, SigningKey, Subject, sha256};
use clearance_finding::{
    Dependency, DependencyScope, Examined, KnownVulnerability, Location, Plane, Reachable, Severity,
};
use clearance_verdict::{
    Assessment, Capability, FileLine, FileStatus, Header, Input, PlaneRun, PlaneStatus, Policy, Profile,
    RULES, assess, controls,
};
use data_encoding::{BASE64, HEXLOWER};

pub const COMMIT: &str = "d20ace7968ba43c0219f62d71334c1095bab1602";
/// The SHA-256 of `abc`.
pub const FILE: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// The secret of a key: never written down.
fn secret(number: u8) -> Vec<u8> {
    HEXLOWER.decode(sha256(format!("clearance test key {number}").as_bytes()).unwrap().as_bytes()).unwrap()
}

/// PKCS#8 of an Ed25519 key, as OpenSSL writes it.
pub fn ed25519_der(number: u8) -> Vec<u8> {
    let mut der = HEXLOWER.decode(b"302e020100300506032b657004220420").unwrap();
    der.extend(secret(number));
    der
}

/// PKCS#8 of the ECDSA key, as OpenSSL writes it.
pub fn p256_der() -> Vec<u8> {
    let front = b"308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420";
    let mut der = HEXLOWER.decode(front).unwrap();
    der.extend(secret(3));
    der.extend(HEXLOWER.decode(b"a144034200").unwrap());
    der.extend(
        HEXLOWER
            .decode(
                b"04b3309a76abc0763f351c3ea2e1ce2df3b460e97a1240ab99f47f2b05eeeccd245dcd3a891b579cc831be3b6df7d5187c7d9fc3455430d4fad267768f41f5450f",
            )
            .unwrap(),
    );
    der
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let body = BASE64.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub fn ed25519(number: u8) -> SigningKey {
    SigningKey::from_pem(pem("PRIVATE KEY", &ed25519_der(number)).as_bytes()).unwrap()
}

pub fn p256() -> SigningKey {
    SigningKey::from_pem(pem("PRIVATE KEY", &p256_der()).as_bytes()).unwrap()
}

pub fn vector(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub fn public(name: &str) -> PublicKey {
    PublicKey::from_pem(&vector(name)).unwrap()
}

pub fn input() -> Input {
    let ids: BTreeSet<&'static str> =
        controls().iter().flat_map(|control| control.rules.iter().map(String::as_str)).collect();
    let run = |plane| PlaneRun { plane, status: PlaneStatus::Run, why: String::new() };
    let dependency = |name: &str, version: Option<&str>, range: Option<&str>, advisories| Dependency {
        ecosystem: "PyPI".to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        range: range.map(str::to_owned),
        source: "requirements.txt".into(),
        location: Location::file("requirements.txt".into()),
        scope: DependencyScope::Production,
        direct: true,
        chain: vec![name.to_owned()],
        needs: Vec::new(),
        hashes: Vec::new(),
        origin: None,
        advisories,
        reachable: Reachable::Undecided,
        evidence: Vec::new(),
    };
    let known = KnownVulnerability {
        exploitation: Default::default(),
        id: "GHSA-2g68-c3qc-8985".to_owned(),
        aliases: vec!["CVE-2024-34069".to_owned()],
        summary: "The debugger may be made to run code".to_owned(),
        severity: Severity::High,
        vector: Some("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H".to_owned()),
        fixed: vec!["3.0.3".to_owned()],
        reachable: Reachable::Undecided,
        evidence: Vec::new(),
    };
    Input {
        header: Header {
            tool_version: "0.1.0".to_owned(),
            rule_set: "2026.11-ab12cd".to_owned(),
            target: "shop".to_owned(),
            commit: Some(COMMIT.to_owned()),
            dirty: Some(false),
            profile: Profile::Production,
            time: "2026-11-22T09:14:00.25Z".parse().unwrap(),
            duration: Duration::from_millis(190),
            command: "clearance attest".to_owned(),
        },
        planes: vec![run(Plane::Code), run(Plane::Supply)],
        capabilities: [Capability::Syntax].into(),
        findings: Vec::new(),
        facts: Vec::new(),
        examined: ids.iter().map(|&rule| Examined { rule, count: 3 }).collect(),
        routes: Vec::new(),
        settings: Vec::new(),
        environments: Vec::new(),
        dependencies: vec![
            dependency("werkzeug", Some("3.0.0"), None, vec![known]),
            dependency("flask", None, Some(">=3"), Vec::new()),
        ],
        files: vec![FileLine {
            path: "shop/app.py".into(),
            role: "application",
            kind: "python",
            status: FileStatus::Analysed,
            lines: 12,
        }],
        notices: Vec::new(),
        rules: RULES.to_vec(),
        enabled: ids.into_iter().chain(RULES.iter().map(|rule| rule.id)).collect(),
        hidden: Vec::new(),
        deployment: Default::default(),
        undecided: Vec::new(),
    }
}

pub fn sample() -> Assessment {
    assess(input(), &Policy::default())
}

pub fn artefact() -> Subject {
    Subject { name: Some("shop.tar.gz".to_owned()), digest: Digest::Sha256(FILE.to_owned()) }
}

pub fn occasion() -> Occasion {
    Occasion {
        database: Some(AdvisoryDatabase {
            uri: "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip".to_owned(),
            version: "1 advisory".to_owned(),
            last_update: Some("2026-11-21T00:00:00Z".parse().unwrap()),
        }),
        ..Occasion::default()
    }
}
