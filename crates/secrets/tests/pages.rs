//! Every page is a test, and the catalogue is in order.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, sync::Arc};

use clearance_casebook::{Case, cases, differences};
use clearance_finding::{Finding, Plane};
use clearance_secrets::{
    catalogue,
    detector::built_in,
    plane::{Commit, Extent, Text, judge, look},
    search::Searcher,
    template::expand,
};
use clearance_source::role_of_path;

#[test]
fn pages_tell_the_truth() {
    let searcher = Searcher::new(built_in().to_vec()).unwrap();
    let mut problems = String::new();
    for rule in catalogue() {
        let found = match cases(rule.doc) {
            Ok(found) => found,
            Err(error) => {
                problems.push_str(&format!("{}: {error}\n", rule.id));
                continue;
            }
        };
        let (mut fires, mut silent) = (false, false);
        for case in &found {
            let mut announced = case.files.iter().flat_map(|file| &file.expected);
            let own = announced.any(|expected| expected.rule == rule.id);
            fires |= own;
            silent |= !own;
            if let Some(difference) = differences(case, &findings(&searcher, case)) {
                problems.push_str(&format!(
                    "{} § {} (line {}):\n{difference}\n",
                    rule.id, case.heading, case.line
                ));
            }
        }
        if !fires || !silent {
            problems.push_str(&format!("{}: needs a case that fires and one that does not\n", rule.id));
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// What the plane says of a case. Files below `history/` are of an earlier commit.
fn findings(searcher: &Searcher, case: &Case) -> Vec<Finding> {
    let mut leaks = Vec::new();
    for file in &case.files {
        let path: Arc<str> = file.path.as_str().into();
        let text = expand(&file.text, 1).unwrap();
        let looked = look(
            searcher,
            Text { path: &path, role: role_of_path(&path), bytes: text.as_bytes(), alone: false },
        );
        leaks.extend(looked.leaks.into_iter().map(|mut leak| {
            if path.starts_with("history/") {
                leak.commit = Some(Commit {
                    id: "0123456789abcdef0123456789abcdef01234567".to_owned(),
                    date: "2026-01-31".to_owned(),
                    still_there: false,
                    unreachable: false,
                });
            }
            leak
        }));
    }
    judge(searcher, leaks, &Extent::default(), &mut Vec::new()).findings
}

#[test]
fn the_catalogue_is_in_order() {
    let mut ids = BTreeSet::new();
    for rule in catalogue() {
        let id = rule.id;
        assert!(ids.insert(id), "{id} twice");
        assert_eq!(rule.plane, Plane::Secrets, "{id}");
        assert!(!rule.cwe.is_empty(), "{id} needs a CWE");
        assert!(!rule.advice.is_empty() && !rule.advice.ends_with('.'), "{id}: advice");
        for section in ["## What it looks at", "## Bad", "## Good", "## How to fix", "## References"] {
            let has = rule.doc.contains(&format!("\n{section}\n"));
            assert!(has, "{id}: the page has no section {section:?}");
        }
        assert!(rule.doc.starts_with(&format!("# {}\n", rule.title)), "{id}: the page begins with the title");
    }
}

#[test]
fn lists_name_every_folder() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/leak");
    let mut folders: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let listed: Vec<String> = catalogue().iter().map(|rule| rule.id.replace('-', "_")).collect();
    assert_eq!(folders, listed);
}
