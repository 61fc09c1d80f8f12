//! The real records of PyPA: size, speed, and what they say.
//!
//! `CLEARANCE_ADVISORIES` names the folder with the archive of the records (`pypa-advisory-database-*.tar.zst`); without it these tests say so and pass.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

use std::{path::PathBuf, time::Instant};

use clearance_supply::{
    Ecosystem, PackageName, Version,
    advisory::{Builder, Database, Mode, Source, Tally, write},
};

fn archive() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("CLEARANCE_ADVISORIES") else {
        eprintln!("skipped: CLEARANCE_ADVISORIES does not name a folder with the records of PyPA");
        return None;
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".tar.zst"))
        .collect();
    found.sort();
    Some(found.pop().unwrap_or_else(|| panic!("there is no *.tar.zst in {}", folder.display())))
}

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

#[test]
fn the_index_is_small_and_quick() {
    let Some(archive) = archive() else { return };
    let started = Instant::now();
    let mut builder = Builder::new();
    let imported = builder.add(&archive, None, Mode::Replace, source()).unwrap();
    let bytes = builder.build(0).unwrap();
    let import = started.elapsed();
    assert!(imported.tally.records >= 2600, "{imported:?}");
    assert_eq!(imported.tally.malformed, 0, "{imported:?}");
    assert!(bytes.len() < 8_000_000, "{} bytes", bytes.len());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("index");
    write(&file, &bytes).unwrap();
    let opening = (0..5)
        .map(|_| {
            let started = Instant::now();
            let database = Database::open(&file).unwrap();
            assert!(database.meta().advisories > 2000);
            started.elapsed()
        })
        .min()
        .unwrap();

    let names = [
        "django",
        "flask",
        "pillow",
        "jinja2",
        "tensorflow",
        "requests",
        "urllib3",
        "not-there",
        "salt",
        "numpy",
    ];
    let pairs: Vec<(PackageName, Version)> = (0..10_000_u32)
        .map(|number| {
            let name = PackageName::new(Ecosystem::PyPi, names[number as usize % names.len()]);
            let text = format!("{}.{}.{}", number % 7, number % 13, number % 29);
            (name, Version::new(Ecosystem::PyPi, &text))
        })
        .collect();
    // The best of several rounds, each from a cold start: the machine has other things to do, too.
    let mut matched = 0;
    let rounds = (0..20).map(|_| {
        let database = Database::open(&file).unwrap();
        let started = Instant::now();
        let found = pairs
            .iter()
            .map(|(name, version)| database.lookup(Ecosystem::PyPi, name, version).unwrap().matched.len());
        matched = found.sum();
        started.elapsed()
    });
    let lookups = rounds.min().unwrap();
    eprintln!(
        "{} records, {} bytes; import {import:?}, open {opening:?}, 10,000 look-ups {lookups:?} with {matched} matches",
        imported.tally.records,
        bytes.len(),
    );
    // Debug builds are slower by an order of magnitude; what is promised is measured with optimisation.
    if !cfg!(debug_assertions) {
        assert!(import.as_millis() < 3000 && opening.as_micros() < 5000 && lookups.as_millis() < 50);
    }
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let Some(archive) = archive() else { return };
    let mut builder = Builder::new();
    builder.add(&archive, None, Mode::Replace, source()).unwrap();
    let bytes = builder.build(7).unwrap();
    let database = Database::of_bytes("test", bytes.clone()).unwrap();
    // Taken apart and put together again it is what it was.
    let again = Builder::from_database(&database).unwrap().build(7).unwrap();
    assert!(again == bytes, "an index that is put together again differs");
    assert!(database.with_meta(database.meta().clone()).unwrap() == bytes);
}

#[test]
fn known_vulnerabilities_are_found() {
    let Some(archive) = archive() else { return };
    let (database, _) = Database::import(&archive).unwrap();
    let ids = |name: &str, version: &str| -> Vec<String> {
        let name = PackageName::new(Ecosystem::PyPi, name);
        let version = Version::new(Ecosystem::PyPi, version);
        let outcome = database.lookup(Ecosystem::PyPi, &name, &version).unwrap();
        outcome
            .matched
            .iter()
            .flat_map(|matched| matched.advisory.ids().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let has = |name: &str, version: &str, id: &str| ids(name, version).iter().any(|known| known == id);
    assert!(has("Django", "4.2.14", "CVE-2024-42005"));
    assert!(!has("Django", "4.2.15", "CVE-2024-42005"));
    assert!(has("django", "5.0", "PYSEC-2024-70"));
    assert!(has("jinja2", "2.10", "CVE-2019-10906"));
    assert!(ids("there-is-no-such-package", "1").is_empty());
}
