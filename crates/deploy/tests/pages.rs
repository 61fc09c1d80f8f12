//! Every page is a test, and the catalogue is in order.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use clearance_casebook::{Case, cases, differences, program_of, repaired};
use clearance_deploy::{DeployFile, DeployRule, Outcome, is_wanted, paths, rules, rules::FAMILIES, run};
use clearance_finding::{Plane, Severity};
use clearance_source::{FileKind, Options, inventory, role_of_path, text_of};

/// All cases of the pages whose rule id contains `CLEARANCE_RULE` (all pages where it is unset).
#[test]
fn pages_tell_the_truth() {
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    // Settings have cases of their own kind.
    let of_files = FAMILIES.iter().filter(|family| !matches!(family.name, "settings" | "environment"));
    let of_files = of_files.flat_map(|family| family.rules.iter().copied());
    for rule in of_files.filter(|rule| rule.rule.id.contains(&only)) {
        let page = whole_page(rule);
        let found = match cases(&page) {
            Ok(found) => found,
            Err(error) => {
                problems.push_str(&format!("{}: {error}\n", rule.rule.id));
                continue;
            }
        };
        let mut fires = false;
        let mut silent = false;
        for case in &found {
            let own = case
                .files
                .iter()
                .flat_map(|file| &file.expected)
                .any(|expected| expected.rule == rule.rule.id);
            fires |= own;
            silent |= !own;
            let outcome = outcome_of(case);
            // A page is about its own rule; what others say of its files stands on theirs.
            let mentioned: BTreeSet<&str> = case
                .files
                .iter()
                .flat_map(|file| file.expected.iter().map(|expected| expected.rule.as_str()))
                .chain([rule.rule.id])
                .collect();
            let findings: Vec<_> = outcome
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

/// What the plane says of a case.
fn outcome_of(case: &Case) -> Outcome {
    let program = program_of(case, paths());
    let mut files: Vec<DeployFile> = case
        .files
        .iter()
        .filter(|file| !file.is_python() && !file.is_template())
        .filter_map(|file| {
            let kind = kind_of(&file.path);
            assert!(is_wanted(&file.path, kind), "{} is not looked at", file.path);
            let text = text_of(file.path.as_str().into(), file.text.clone().into_bytes(), kind).ok()?;
            Some(DeployFile {
                path: file.path.as_str().into(),
                kind,
                role: role_of_path(&file.path),
                text: text.text,
                line_starts: text.line_starts,
                tracked: Some(true),
                mode: Some(0o644),
            })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    run(&program, &files)
}

/// What the inventory says of a path.
fn kind_of(path: &str) -> FileKind {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "\n").unwrap();
    let found = inventory(&[folder.path().to_owned()], &Options::default()).unwrap();
    found.files.first().map_or(FileKind::Other, |file| file.kind)
}

#[test]
fn the_catalogue_is_in_order() {
    let mut ids = BTreeSet::new();
    for rule in rules().map(|rule| rule.rule) {
        let id = rule.id;
        assert!(ids.insert(id), "{id} twice");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
        assert_eq!(rule.plane, Plane::Deploy, "{id}");
        assert!(rule.severity < Severity::Medium || !rule.cwe.is_empty(), "{id} needs a CWE");
        assert!(
            !rule.title.ends_with('.') && rule.title.starts_with(|c: char| !c.is_lowercase()),
            "{id}: title"
        );
        assert!(!rule.advice.is_empty() && !rule.advice.ends_with('.'), "{id}: advice");
        assert!(rule.effort_minutes > 0, "{id}: effort");
        for (year, category) in [("2021", rule.owasp_2021), ("2025", rule.owasp_2025)] {
            let known =
                category.is_empty() || matches!(category.as_bytes(), [b'A', b'0', b'1'..=b'9'] | b"A10");
            assert!(known, "{id}: OWASP {year} {category}");
        }
        for section in ["## What it looks at", "## Bad", "## Good", "## How to fix", "## References"] {
            assert!(
                rule.doc.contains(&format!("\n{section}\n")),
                "{id}: the page has no section {section:?}"
            );
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
        let mut listed: Vec<String> =
            family.rules.iter().map(|rule| rule.rule.id.replace('-', "_")).collect();
        let sorted = listed.is_sorted();
        listed.sort();
        assert_eq!(folders(&root.join(family.name)), listed, "family {}", family.name);
        assert!(sorted, "family {}: the list is sorted by folder", family.name);
    }
}

/// The page with its further cases.
fn whole_page(rule: &DeployRule) -> String {
    let folder = rule.rule.id.replace('-', "_");
    let family = FAMILIES.iter().find(|family| family.rules.iter().any(|other| std::ptr::eq(*other, rule)));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let more = family.and_then(|family| {
        std::fs::read_to_string(root.join(family.name).join(folder).join("cases.md")).ok()
    });
    format!("{}\n{}", rule.rule.doc, more.unwrap_or_default())
}
