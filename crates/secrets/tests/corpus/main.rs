//! Credentials of every kind, planted where people leave them, and texts that are like credentials: how many of the ones are found, and how many of the others.
//!
//! `CLEARANCE_CORPUS=FOLDER` also writes the corpus there, with its labels, for `bench/secrets.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod decoys;
mod planted;

use std::{collections::BTreeMap, fmt::Write, fs, path::Path, sync::Arc};

use clearance_finding::Severity;
use clearance_secrets::{
    archive,
    detector::built_in,
    peers::Import,
    plane::{self, Extent, Leak, Text, look},
    search::{Searcher, What},
};
use clearance_source::Role;

/// One file.
struct Item {
    path: String,
    bytes: Vec<u8>,
    group: &'static str,
    /// What stands in it, for those who read the list of what was missed.
    what: String,
    /// How many credentials; of the others none is one.
    planted: usize,
    /// How many texts that are like credentials.
    decoys: usize,
}

/// The credentials in a file that are told without being asked for more.
fn found(searcher: &Searcher, item: &Item) -> usize {
    let mut leaks: Vec<Leak> = Vec::new();
    let mut see = |path: &str, bytes: &[u8]| {
        let path: Arc<str> = path.into();
        leaks
            .extend(look(searcher, Text { path: &path, role: Role::Application, bytes, alone: false }).leaks);
    };
    if archive::is_archive(&item.bytes) {
        archive::members(&item.bytes, &mut see);
    } else {
        see(&item.path, &item.bytes);
    }
    let outcome = plane::judge(searcher, leaks, &Extent::default(), &mut Vec::new());
    outcome.findings.iter().filter(|finding| finding.severity > Severity::Info).count()
}

#[derive(Default)]
struct Score {
    planted: usize,
    hit: usize,
    decoys: usize,
    false_alarms: usize,
    files: BTreeMap<String, usize>,
}

#[test]
fn planted_credentials_are_found_and_decoys_are_not() {
    let mut items = planted::all();
    items.extend(decoys::all());
    if let Some(folder) = std::env::var_os("CLEARANCE_CORPUS") {
        write(Path::new(&folder), &items);
    }
    let searcher = Searcher::new(built_in().to_vec()).unwrap();
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for item in &items {
        let found = found(&searcher, item);
        let score = scores.entry(item.group).or_default();
        score.planted += item.planted;
        score.decoys += item.decoys;
        score.hit += found.min(item.planted);
        let wrong = if item.planted == 0 { found } else { 0 };
        score.false_alarms += wrong;
        let missed = item.planted.saturating_sub(found);
        if missed + wrong > 0 {
            *score.files.entry(item.what.clone()).or_default() += missed + wrong;
        }
    }
    let sum = |of: fn(&Score) -> usize| scores.values().map(of).sum::<usize>();
    let (planted, hit) = (sum(|score| score.planted), sum(|score| score.hit));
    let (decoys, false_alarms) = (sum(|score| score.decoys), sum(|score| score.false_alarms));
    let mut told = String::new();
    for (group, score) in &scores {
        let _ = writeln!(
            told,
            "{group:22} {:5} of {:5} found, {:4} of {:5} decoys taken for credentials",
            score.hit, score.planted, score.false_alarms, score.decoys
        );
        for (what, count) in score.files.iter().take(40) {
            let _ = writeln!(told, "    {count:4} {what}");
        }
    }
    let recall = hit as f64 / planted as f64;
    let precision = hit as f64 / (hit + false_alarms) as f64;
    println!("{told}recall {recall:.4}, precision {precision:.4}");
    assert!(decoys >= 5000 && planted >= 3000, "{decoys} decoys, {planted} planted");
    assert!(recall >= 0.98, "recall {recall:.4}\n{told}");
    assert!(precision >= 0.95, "precision {precision:.4}\n{told}");
    // The share of precision depends on how much is planted, this does not.
    assert!(false_alarms * 100 <= decoys, "{false_alarms} of {decoys} decoys\n{told}");
}

/// What gitleaks' own rules find here, where `CLEARANCE_GITLEAKS` names its configuration; `bench/secrets.py` reads the lines.
#[test]
fn published_rules_on_the_same_corpus() {
    let Some(path) = std::env::var_os("CLEARANCE_GITLEAKS") else { return };
    let import = Import::read("gitleaks.toml", &fs::read_to_string(path).unwrap()).unwrap();
    let searcher = Searcher::new(import.detectors).unwrap().with_rulings(import.rulings);
    let mut items = planted::all();
    items.extend(decoys::all());
    let start = std::time::Instant::now();
    let mut scores: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for item in &items {
        let path: Arc<str> = item.path.as_str().into();
        let text = Text { path: &path, role: Role::Application, bytes: &item.bytes, alone: false };
        let known = |leak: &&Leak| matches!(leak.what, What::Known(_));
        // gitleaks looks into no archive unless it is told to.
        let found = if archive::is_archive(&item.bytes) {
            0
        } else {
            look(&searcher, text).leaks.iter().filter(known).count()
        };
        let score = scores.entry(item.group).or_default();
        score.0 += found.min(item.planted);
        score.1 += if item.planted == 0 { found } else { 0 };
    }
    for (group, (hit, false_alarms)) in scores {
        println!("published\t{group}\t{hit}\t{false_alarms}");
    }
    println!("seconds\t{:.2}", start.elapsed().as_secs_f64());
}

fn write(folder: &Path, items: &[Item]) {
    let mut labels = String::from("path\tgroup\tplanted\tdecoys\n");
    for item in items {
        let path = folder.join("tree").join(&item.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &item.bytes).unwrap();
        let _ = writeln!(labels, "{}\t{}\t{}\t{}", item.path, item.group, item.planted, item.decoys);
    }
    fs::write(folder.join("labels.tsv"), labels).unwrap();
}
