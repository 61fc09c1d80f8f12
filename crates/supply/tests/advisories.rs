//! What the database says of records that are made for it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, io::Write, path::Path};

use clearance_supply::{
    Ecosystem, PackageName, Version,
    advisory::{Builder, Database, ImportError, Mode, Outcome, Reach, Source, Tally, Unclear},
    manifest::RequirementRange,
};
use serde_json::{Value, json};
use tempfile::TempDir;

fn source() -> Source {
    Source {
        from: "test".to_owned(),
        ecosystems: Vec::new(),
        etag: None,
        imported: 0,
        checked: 0,
        tally: Tally::default(),
    }
}

/// A folder with one file for each record.
fn folder(records: &[Value]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for record in records {
        let name = format!("{}.json", record["id"].as_str().unwrap());
        fs::write(folder.path().join(name), record.to_string()).unwrap();
    }
    folder
}

fn database(records: &[Value]) -> Database {
    Database::import(folder(records).path()).unwrap().0
}

fn affected(name: &str, events: Value, versions: Value) -> Value {
    json!({"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}], "versions": versions})
}

fn ask(database: &Database, ecosystem: Ecosystem, name: &str, version: &str) -> Outcome {
    let name = PackageName::new(ecosystem, name);
    database.lookup(ecosystem, &name, &Version::new(ecosystem, version)).unwrap()
}

fn ids(outcome: &Outcome) -> Vec<&str> {
    outcome.matched.iter().map(|matched| matched.advisory.id.as_str()).collect()
}

fn texts(versions: &[Version]) -> Vec<&str> {
    versions.iter().map(|version| version.text.as_str()).collect()
}

#[test]
fn records_of_one_flaw_are_one() {
    let mut pysec = json!({
        "id": "PYSEC-2024-1", "aliases": ["CVE-2024-7"], "modified": "2024-01-02T00:00:00Z", "details": "From PyPA",
        "affected": [affected("Foo.Bar", json!([{"introduced": "0"}, {"fixed": "1.2"}]), json!([]))],
        "references": [{"type": "WEB", "url": "https://pypa.example"}]
    });
    pysec["affected"][0]["ecosystem_specific"] =
        json!({"imports": [{"attribute": "run", "modules": ["foo.bar"]}]});
    let ghsa = json!({
        "id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2024-7"], "modified": "2024-03-04T00:00:00Z", "summary": "From GitHub",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
        "affected": [affected("foo-bar", json!([{"introduced": "0"}, {"fixed": "1.3"}]), json!([]))],
        "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-22"]}
    });
    let other = json!({
        "id": "PYSEC-2024-2", "aliases": ["CVE-2024-8"], "modified": "2024-01-01T00:00:00Z",
        "affected": [affected("foo-bar", json!([{"introduced": "1.1"}]), json!([]))]
    });
    let database = database(&[pysec, ghsa, other]);
    let outcome = ask(&database, Ecosystem::PyPi, "foo_bar", "1.0");
    assert_eq!(ids(&outcome), ["GHSA-aaaa-bbbb-cccc"]);
    let advisory = &outcome.matched[0].advisory;
    assert_eq!(advisory.aliases, ["CVE-2024-7", "PYSEC-2024-1"]);
    assert_eq!(advisory.summary, "From GitHub");
    assert_eq!(advisory.severity.as_ref().unwrap().cvss.as_ref().unwrap().score, 7.5);
    assert_eq!(advisory.cwe, [22]);
    assert_eq!(advisory.references, ["https://pypa.example"]);
    assert_eq!(advisory.symbols, ["foo.bar.run"]);
    assert_eq!(advisory.modified, "2024-03-04T00:00:00Z");
    // What one record counts as affected, another one's fix does not repair.
    assert_eq!(texts(&outcome.matched[0].fixed), ["1.3"]);
    assert_eq!(outcome.matched[0].upgrade().unwrap().text, "1.3");
    assert_eq!(
        ids(&ask(&database, Ecosystem::PyPi, "foo-bar", "1.2")),
        ["GHSA-aaaa-bbbb-cccc", "PYSEC-2024-2"]
    );
    assert_eq!(ids(&ask(&database, Ecosystem::PyPi, "foo-bar", "1.3")), ["PYSEC-2024-2"]);
    assert_eq!(database.meta().advisories, 2);
}

#[test]
fn what_was_taken_back_never_matches() {
    let gone = json!({
        "id": "PYSEC-2024-1", "modified": "2024-01-02T00:00:00Z", "withdrawn": "2024-02-01T00:00:00Z",
        "affected": [affected("foo", json!([{"introduced": "0"}]), json!(["1.0"]))]
    });
    let here = json!({
        "id": "PYSEC-2024-2", "modified": "2024-01-02T00:00:00Z",
        "affected": [affected("foo", json!([{"introduced": "2"}]), json!([]))]
    });
    let (database, imported) = Database::import(folder(&[gone, here]).path()).unwrap();
    assert_eq!((imported.tally.records, imported.tally.withdrawn), (1, 1));
    assert!(ask(&database, Ecosystem::PyPi, "foo", "1.0").matched.is_empty());
}

#[test]
fn what_cannot_be_decided_is_told() {
    let commits = json!({
        "id": "PYSEC-1", "modified": "2024-01-02T00:00:00Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "foo"}, "ranges": [{"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}]}]}]
    });
    let nothing = json!({"id": "PYSEC-2", "affected": [{"package": {"ecosystem": "PyPI", "name": "foo"}}]});
    let bound = json!({"id": "PYSEC-3", "affected": [affected("foo", json!([{"introduced": "0"}, {"fixed": "0.2.0-n653"}]), json!([]))]});
    let clear = json!({"id": "PYSEC-4", "affected": [affected("foo", json!([{"introduced": "5"}, {"fixed": "6"}]), json!(["old-one"]))]});
    let ranged =
        json!({"id": "PYSEC-5", "affected": [affected("foo", json!([{"introduced": "5"}]), json!([]))]});
    let database = database(&[commits, nothing, bound, clear, ranged]);
    let outcome = ask(&database, Ecosystem::PyPi, "foo", "1.0");
    assert!(outcome.matched.is_empty());
    let why: Vec<&Unclear> = outcome.undecided.iter().map(|undecided| &undecided.why).collect();
    assert_eq!(why, [&Unclear::OnlyCommits, &Unclear::NoVersions, &Unclear::Bound("0.2.0-n653".to_owned())]);
    // The bound itself is spelt like that, and fixed.
    assert_eq!(ask(&database, Ecosystem::PyPi, "foo", "0.2.0-n653").undecided.len(), 3);
    let outcome = ask(&database, Ecosystem::PyPi, "foo", "old-one");
    assert_eq!(ids(&outcome), ["PYSEC-4"]);
    assert!(outcome.undecided.iter().any(|undecided| undecided.why == Unclear::Version));
}

#[test]
fn versions_compare_as_the_ecosystem_does() {
    let listed = json!({"id": "PYSEC-1", "affected": [affected("foo", json!([]), json!(["1.0", "1.2rc1", "2.0.post1"]))]});
    let npm = json!({"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name": "left-pad"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"last_affected": "1.9.9"}]}]}]});
    let malicious = json!({"id": "MAL-2024-1", "aliases": ["GHSA-2"], "affected": [{"package": {"ecosystem": "npm", "name": "@evil/Pad"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]});
    let database = database(&[listed, npm, malicious]);
    for (version, expected) in [
        ("1.0.0", 1),
        ("v1", 1),
        ("1.2-rc.1", 1),
        ("2-1", 1),
        ("2.0-1", 1),
        ("1.0+cu118", 1),
        ("1.0.post1", 0),
        ("1!1.0", 0),
    ] {
        assert_eq!(ask(&database, Ecosystem::PyPi, "foo", version).matched.len(), expected, "{version}");
    }
    assert_eq!(ids(&ask(&database, Ecosystem::Npm, "left-pad", "1.9.9")), ["GHSA-1"]);
    assert!(ask(&database, Ecosystem::Npm, "left-pad", "1.9.10").matched.is_empty());
    assert!(ask(&database, Ecosystem::PyPi, "left-pad", "1.9.9").matched.is_empty());
    let outcome = ask(&database, Ecosystem::Npm, "@evil/pad", "0.0.1-alpha");
    assert!(outcome.matched[0].advisory.malicious);
    assert_eq!(outcome.matched[0].advisory.id, "MAL-2024-1");
}

#[test]
fn ranges_are_judged_by_what_is_known() {
    let one = json!({"id": "PYSEC-1", "affected": [affected("foo", json!([{"introduced": "0"}, {"fixed": "2.0"}]), json!(["1.0", "1.1", "1.2", "2.0b1"]))]});
    let two = json!({"id": "PYSEC-2", "affected": [affected("foo", json!([{"introduced": "3.0"}]), json!(["3.0"]))]});
    let database = database(&[one, two]);
    let name = PackageName::new(Ecosystem::PyPi, "foo");
    let ask = |text: &str| {
        database.range(Ecosystem::PyPi, &name, &RequirementRange::Python(text.parse().unwrap())).unwrap()
    };
    let known = |text: &str| (ask(text).reach(), ask(text).known, ask(text).affected);
    assert_eq!(known("<2"), (Reach::All, 3, 3));
    assert_eq!(known(">=2,<3"), (Reach::None, 1, 0));
    assert_eq!(known(">1.1"), (Reach::Some, 3, 2));
    assert_eq!(known("==9.*"), (Reach::NothingKnown, 0, 0));
    // A version before a release counts only where it is asked for, or where there is nothing else.
    assert_eq!(known(">=2.0a0,<2.1"), (Reach::Some, 2, 1));
    let found = ask(">1.1");
    let (newest, outcome) = found.newest.unwrap();
    assert_eq!((newest.text.as_str(), ids(&outcome)), ("3.0", vec!["PYSEC-2"]));
    assert_eq!(
        found.matched.iter().map(|found| (found.affected, found.newest)).collect::<Vec<_>>(),
        [(1, false), (1, true)]
    );
    let unknown = database.range(Ecosystem::PyPi, &name, &RequirementRange::Unknown("?".to_owned())).unwrap();
    assert_eq!(unknown.reach(), Reach::NothingKnown);
}

#[test]
fn exploitation_comes_from_lists() {
    let record = json!({"id": "PYSEC-1", "aliases": ["CVE-2021-44228"], "affected": [affected("foo", json!([{"introduced": "0"}]), json!([]))]});
    let records = folder(&[record]);
    let lists = tempfile::tempdir().unwrap();
    let epss = lists.path().join("epss.csv");
    fs::write(&epss, "cve,epss,percentile\nCVE-2021-44228,0.97565,0.99996\nCVE-1999-0001,0.01,0.5\n")
        .unwrap();
    let kev = lists.path().join("kev.json");
    fs::write(&kev, r#"{"dateReleased": "2026-11-20", "vulnerabilities": [{"cveID": "CVE-2021-44228"}]}"#)
        .unwrap();
    let mut builder = Builder::new();
    builder.add(records.path(), None, Mode::Replace, source()).unwrap();
    builder.add_epss(&epss, 1).unwrap();
    let only_epss = Database::of_bytes("test", builder.build(1).unwrap()).unwrap();
    let exploitation = ask(&only_epss, Ecosystem::PyPi, "foo", "1").matched[0].advisory.exploitation.unwrap();
    assert_eq!((exploitation.known_exploited, exploitation.epss.unwrap().probability), (None, 0.97565));
    // Lists outlive a later import of records.
    let mut builder = Builder::from_database(&only_epss).unwrap();
    builder.add_kev(&kev, 2).unwrap();
    builder.add(records.path(), None, Mode::Replace, source()).unwrap();
    let both = Database::of_bytes("test", builder.build(2).unwrap()).unwrap();
    let exploitation = ask(&both, Ecosystem::PyPi, "foo", "1").matched[0].advisory.exploitation.unwrap();
    assert_eq!((exploitation.known_exploited, exploitation.epss.unwrap().percentile), (Some(true), 0.99996));
    assert_eq!(both.meta().epss.as_ref().unwrap().entries, 2);
}

#[test]
fn an_import_replaces_its_ecosystems_only() {
    let python = |id: &str, modified: &str, fixed: &str| {
        json!({"id": id, "modified": modified,
        "affected": [affected("foo", json!([{"introduced": "0"}, {"fixed": fixed}]), json!([]))]})
    };
    let npm = json!({"id": "GHSA-9", "affected": [{"package": {"ecosystem": "npm", "name": "pad"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]});
    let mut builder = Builder::new();
    builder
        .add(folder(&[python("PYSEC-1", "2024-01-01T00:00:00Z", "1")]).path(), None, Mode::Replace, source())
        .unwrap();
    builder.add(folder(&[npm]).path(), None, Mode::Replace, source()).unwrap();
    builder
        .add(folder(&[python("PYSEC-2", "2024-01-01T00:00:00Z", "2")]).path(), None, Mode::Replace, source())
        .unwrap();
    let database = Database::of_bytes("test", builder.build(0).unwrap()).unwrap();
    assert_eq!(ids(&ask(&database, Ecosystem::PyPi, "foo", "0.5")), ["PYSEC-2"]);
    assert_eq!(ids(&ask(&database, Ecosystem::Npm, "pad", "0.5.0")), ["GHSA-9"]);
    // Added, the record that was changed last counts.
    builder
        .add(folder(&[python("PYSEC-2", "2025-01-01T00:00:00Z", "3")]).path(), None, Mode::Add, source())
        .unwrap();
    builder
        .add(folder(&[python("PYSEC-2", "2023-01-01T00:00:00Z", "9")]).path(), None, Mode::Add, source())
        .unwrap();
    let database = Database::of_bytes("test", builder.build(0).unwrap()).unwrap();
    assert_eq!(ids(&ask(&database, Ecosystem::PyPi, "foo", "2.5")), ["PYSEC-2"]);
    assert!(ask(&database, Ecosystem::PyPi, "foo", "3").matched.is_empty());
}

const RECORD: &str = r#"{"id": "PYSEC-1", "modified": "2024-01-02T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI", "name": "foo"}, "versions": ["1.0"]}]}"#;

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // The library refuses to write names that lead out.
        if name.len() < 100 {
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        } else {
            builder.append_data(&mut header, name, *bytes).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn import_bytes(
    name: &str,
    bytes: &[u8],
) -> Result<(Database, clearance_supply::advisory::Imported), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, bytes).unwrap();
    Database::import(&file)
}

#[test]
fn archives_of_all_kinds_are_read() {
    let long = format!("{}/{}.json", "folder".repeat(10), "name".repeat(20));
    let entries: [(&str, &[u8]); 4] =
        [("a/PYSEC-1.json", RECORD.as_bytes()), ("README.md", b"x"), ("b.json", b"{"), (&long, b"[]")];
    let plain = tar(&entries);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(&plain[..], ruzstd::encoding::CompressionLevel::Fastest);
    let forms = [
        ("x.tar", plain),
        ("x.tar.gz", gzip.finish().unwrap()),
        ("x.tar.zst", zstd),
        ("x.zip", zip(&entries)),
    ];
    for (name, bytes) in forms {
        let (database, imported) =
            import_bytes(name, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            imported.tally,
            Tally { records: 1, malformed: 1, other: 2, ..Tally::default() },
            "{name}"
        );
        assert_eq!(imported.malformed[0].0, "b.json");
        assert_eq!(ask(&database, Ecosystem::PyPi, "foo", "1.0").matched.len(), 1, "{name}");
        // Cut off anywhere it is no panic, and no half database either where the end is missing.
        for cut in (0..bytes.len()).step_by(97) {
            let _ = import_bytes(name, &bytes[..cut]);
        }
    }
    let yaml = "id: PYSEC-1\naffected:\n- package: {ecosystem: PyPI, name: foo}\n  versions: [\"1.0\"]\n";
    assert!(import_bytes("x.yaml", yaml.as_bytes()).is_ok());
    assert!(import_bytes("x.txt", RECORD.as_bytes()).unwrap_err().to_string().contains("it is no zip"));
}

#[track_caller]
fn refused(name: &str, bytes: &[u8], parts: &[&str]) {
    let error = import_bytes(name, bytes).unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "{error}");
    }
    assert!(error.contains(name) && error.lines().count() == 1, "{error}");
}

#[test]
fn hostile_archives_are_refused() {
    let good = RECORD.as_bytes();
    let bomb = vec![b' '; 9 << 20];
    let deep = "[".repeat(1000);
    for (entry, bytes, problem) in [
        ("../../etc/x.json", good, "leads out of the archive"),
        ("/etc/x.json", good, "absolute path"),
        ("big.json", &bomb[..], "more than 8 MiB"),
        ("deep.json", deep.as_bytes(), "levels of nesting"),
        ("deep.yaml", deep.as_bytes(), "levels of nesting"),
    ] {
        refused("x.zip", &zip(&[("good.json", good), (entry, bytes)]), &[entry, problem]);
        refused("x.tar", &tar(&[("good.json", good), (entry, bytes)]), &[entry, problem]);
    }
    refused("x.zip", b"PK\x03\x04 and nothing more", &["no whole zip file"]);
    refused("x.zip", &zip(&[("a.json", b"{}")]), &["no usable advisory"]);
    refused(
        "x.zip",
        &zip(&[("a.json", b"{")]),
        &["no usable advisory", "1 are malformed, the first is a.json"],
    );
}

#[cfg(unix)]
#[test]
fn links_in_folders_are_not_followed() {
    let outside = folder(&[serde_json::from_str(RECORD).unwrap()]);
    let inside = folder(&[
        json!({"id": "PYSEC-2", "affected": [affected("bar", json!([{"introduced": "0"}]), json!([]))]}),
    ]);
    std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("PYSEC-1.json"), inside.path().join("link.json")).unwrap();
    let (database, imported) = Database::import(inside.path()).unwrap();
    assert_eq!(imported.tally.records, 1);
    assert!(ask(&database, Ecosystem::PyPi, "foo", "1.0").matched.is_empty());
}

/// A generator that gives the same numbers every time (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// An index that covers every kind of part.
fn index() -> Vec<u8> {
    let records: Vec<Value> = (0..40)
        .map(|number| {
            json!({"id": format!("PYSEC-{number}"), "aliases": [format!("CVE-2024-{:04}", number / 2)],
                "affected": [affected(&format!("p{}", number % 7), json!([{"introduced": "0"}, {"fixed": format!("{number}.1")}]), json!(["1", "2", "x"]))]})
        })
        .collect();
    let lists = tempfile::tempdir().unwrap();
    let epss = lists.path().join("epss.csv");
    fs::write(&epss, "CVE-2024-0001,0.5,0.5\n").unwrap();
    let mut builder = Builder::new();
    builder.add(folder(&records).path(), None, Mode::Replace, source()).unwrap();
    builder.add_epss(&epss, 0).unwrap();
    builder.build(0).unwrap()
}

fn exercise(bytes: Vec<u8>) -> bool {
    let Ok(database) = Database::of_bytes("test", bytes) else { return false };
    let mut good = true;
    for name in ["p0", "p3", "p6", "q"] {
        let name = PackageName::new(Ecosystem::PyPi, name);
        for version in ["1", "5.1", "x"] {
            good &= database.lookup(Ecosystem::PyPi, &name, &Version::new(Ecosystem::PyPi, version)).is_ok();
        }
        let range = RequirementRange::Python("<9".parse().unwrap());
        good &= database.range(Ecosystem::PyPi, &name, &range).is_ok();
    }
    good & Builder::from_database(&database).is_ok()
}

#[test]
fn a_damaged_index_is_an_error() {
    let whole = index();
    assert!(exercise(whole.clone()));
    let mut random = Random(7);
    for cut in 0..whole.len() {
        assert!(!exercise(whole[..cut].to_vec()), "cut at {cut}");
    }
    for _ in 0..300 {
        let mut bytes = whole.clone();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        assert!(!exercise(bytes), "a changed byte at {at} goes unseen");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(!exercise(longer));
    let mut later = whole;
    later[6] = 99;
    let error = Database::of_bytes("test", later).unwrap_err().to_string();
    assert!(error.contains("has format 99"), "{error}");
}

/// Checksums that are right again do not make the reader believe what it reads.
#[test]
fn a_forged_index_is_no_panic() {
    let whole = index();
    let number = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
    let front = 48 + number(8) + number(12);
    let mut random = Random(11);
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            let at = 48 + random.below(front - 48);
            bytes[at] = random.next() as u8;
        }
        let sum = blake3::Hasher::new().update(&bytes[..16]).update(&bytes[48..front]).finalize();
        bytes[16..48].copy_from_slice(sum.as_bytes());
        exercise(bytes);
    }
}

#[test]
fn mutated_records_are_no_panic() {
    let mut random = Random(13);
    let base = json!({"id": "PYSEC-1", "aliases": ["CVE-2024-1"], "modified": "2024-01-02T00:00:00Z", "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}],
        "affected": [affected("foo", json!([{"introduced": "0"}, {"last_affected": "1.2"}, {"limit": "3"}]), json!(["1.0", "2!0rc1"]))]})
    .to_string();
    let folder = tempfile::tempdir().unwrap();
    for (round, syntax) in (0..600).zip(["json", "yaml"].into_iter().cycle()) {
        let mut bytes = base.clone().into_bytes();
        for _ in 0..=random.below(6) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.next() as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"{}[]\":,0!+*.~"[random.below(13)]),
            }
        }
        let file = folder.path().join(format!("{round}.{syntax}"));
        fs::write(&file, &bytes).unwrap();
        let Ok((database, _)) = Database::import(Path::new(&file)) else { continue };
        for version in ["1.0", "", "9!9", "x"] {
            let _ = ask(&database, Ecosystem::PyPi, "foo", version);
        }
    }
}
