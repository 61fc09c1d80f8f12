//! Every page is a test, and the catalogue is in order.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, sync::Arc};

use clearance_casebook::{Case, cases, differences, program_of, repaired};
use clearance_finding::{Plane, Severity};
use clearance_supply::{
    Advisories, Outcome, SupplyRule,
    advisory::Database,
    catalogue,
    manifest::{File, read},
    resolve::resolve,
    rules::FAMILIES,
    run,
};

/// All cases of the pages whose rule id contains `CLEARANCE_RULE` (all pages where it is unset).
#[test]
fn pages_tell_the_truth() {
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    for rule in all().filter(|rule| rule.rule.id.contains(&only)) {
        let found = match cases(&whole_page(rule)) {
            Ok(found) => found,
            Err(error) => {
                problems.push_str(&format!("{}: {error}\n", rule.rule.id));
                continue;
            }
        };
        let (mut fires, mut silent) = (false, false);
        for case in &found {
            let announced = || case.files.iter().flat_map(|file| &file.expected);
            let own = announced().any(|expected| expected.rule == rule.rule.id);
            fires |= own;
            silent |= !own;
            // A page is about its own rule; what others say of its files stands on theirs.
            let mentioned: BTreeSet<&str> =
                announced().map(|expected| expected.rule.as_str()).chain([rule.rule.id]).collect();
            let findings: Vec<_> = outcome_of(case)
                .plane
                .findings
                .into_iter()
                .filter(|finding| mentioned.contains(finding.rule.id))
                .collect();
            let of_page = |case: &Case| {
                let findings = outcome_of(case).plane.findings.into_iter();
                findings.filter(|finding| mentioned.contains(finding.rule.id)).collect()
            };
            let difference = differences(case, &findings).or_else(|| repaired(case, &of_page));
            if let Some(difference) = difference {
                problems.push_str(&format!(
                    "{} § {} (line {}):\n{difference}\n",
                    rule.rule.id, case.heading, case.line
                ));
            }
        }
        if !fires || !silent {
            problems.push_str(&format!("{}: needs a case that fires and one that does not\n", rule.rule.id));
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// The page with its further cases.
fn whole_page(rule: &SupplyRule) -> String {
    let folder = rule.rule.id.replace('-', "_");
    let family = FAMILIES.iter().find(|family| family.rules.iter().any(|other| std::ptr::eq(*other, rule)));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let path = family.map(|family| root.join(family.name).join(&folder).join("cases.md"));
    let more = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    format!("{}\n{more}", rule.rule.doc)
}

fn all() -> impl Iterator<Item = &'static SupplyRule> {
    FAMILIES.iter().flat_map(|family| family.rules.iter().copied())
}

/// What the plane says of a case. Files below `advisories/` are the database, `age-in-days` is its age.
fn outcome_of(case: &Case) -> Outcome {
    let program = program_of(case, std::iter::empty());
    let records = tempfile::tempdir().unwrap();
    let mut has_records = false;
    let mut age = Some(0);
    let mut manifests = Vec::new();
    let mut files: Vec<_> = case.files.iter().filter(|file| !file.is_python()).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in files {
        if let Some(name) = file.path.strip_prefix("advisories/") {
            std::fs::write(records.path().join(name), &file.text).unwrap();
            has_records = true;
            continue;
        }
        if file.path == "age-in-days" {
            age = file.text.trim().parse().ok();
            continue;
        }
        let path: Arc<str> = file.path.as_str().into();
        let mut line_starts = vec![0];
        line_starts.extend(file.text.match_indices('\n').map(|(at, _)| at as u32 + 1));
        let text = File { path: &path, text: &file.text, line_starts: &line_starts };
        manifests.push(read(text).unwrap_or_else(|| panic!("{path} is no manifest")));
    }
    let database = has_records.then(|| Database::import(records.path()).unwrap().0);
    let resolution = resolve(&manifests, None);
    run(&program, &manifests, &resolution, Advisories { database: database.as_ref(), age_days: age })
}

#[test]
fn the_catalogue_is_in_order() {
    let mut ids = BTreeSet::new();
    for rule in catalogue() {
        let id = rule.id;
        assert!(ids.insert(id), "{id} twice");
        assert_eq!(rule.plane, Plane::Supply, "{id}");
        assert!(rule.severity < Severity::Medium || !rule.cwe.is_empty(), "{id} needs a CWE");
        assert!(!rule.advice.is_empty() && !rule.advice.ends_with('.'), "{id}: advice");
        assert!(rule.effort_minutes > 0, "{id}: effort");
        for section in ["## What it looks at", "## Bad", "## Good", "## How to fix", "## References"] {
            let has = rule.doc.contains(&format!("\n{section}\n"));
            assert!(has, "{id}: the page has no section {section:?}");
        }
        assert!(rule.doc.starts_with(&format!("# {}\n", rule.title)), "{id}: the page begins with the title");
    }
}

#[test]
fn lists_name_every_folder() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let folders = |path: &std::path::Path| -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(path)
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().unwrap().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let listed: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    assert_eq!(folders(&root), listed);
    for family in FAMILIES {
        let listed: Vec<String> = family.rules.iter().map(|rule| rule.rule.id.replace('-', "_")).collect();
        assert_eq!(folders(&root.join(family.name)), listed, "{}", family.name);
    }
}
