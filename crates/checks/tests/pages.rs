//! Every page is a test, and the catalogue is in order.

use std::collections::BTreeSet;

use clearance_casebook::{cases, run_code};
use clearance_checks::{CodeRule, code_rules, rules::FAMILIES};
use clearance_finding::{AliasKind, Plane, Severity};

/// All cases of the pages whose rule id contains `CLEARANCE_RULE` (all pages where it is unset).
#[test]
fn pages_tell_the_truth() {
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    for rule in code_rules().filter(|rule| rule.rule.id.contains(&only)) {
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
            if let Some(difference) = run_code(case, &[rule.rule.id]) {
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

#[test]
fn the_catalogue_is_in_order() {
    let mut ids = BTreeSet::new();
    for rule in code_rules().map(|rule| rule.rule) {
        let id = rule.id;
        assert!(ids.insert(id), "{id} twice");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
        assert!(matches!(rule.plane, Plane::Code | Plane::Template), "{id}");
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
    let mut bandit: Vec<&str> = Vec::new();
    for alias in code_rules().flat_map(|rule| rule.rule.aliases()) {
        if alias.kind == AliasKind::Bandit && alias.name.starts_with('B') {
            bandit.push(alias.name);
        }
    }
    bandit.sort_unstable();
    assert!(
        bandit.windows(2).all(|pair| pair[0] != pair[1]),
        "an id of Bandit belongs to one rule: {bandit:?}"
    );
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
fn whole_page(rule: &CodeRule) -> String {
    let folder = rule.rule.id.replace('-', "_");
    let family = FAMILIES.iter().find(|family| family.rules.iter().any(|other| std::ptr::eq(*other, rule)));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let more = |name: &str| {
        let family = family?;
        std::fs::read_to_string(root.join(family.name).join(&folder).join(name)).ok()
    };
    let [cases, pages] = ["cases.md", "pages.md"].map(|name| more(name).unwrap_or_default());
    format!("{}\n{cases}\n{pages}", rule.rule.doc)
}
