//! Every page is a test, and the catalogue is in order. A block of a page is the script of a server, which is probed over the network of this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{collections::BTreeSet, fmt::Write};

use clearance_finding::{Plane, Severity};
use clearance_probe::{LiveRule, rules, rules::FAMILIES, run};
use common::Script;

/// The `http` blocks of a page, each with the heading above it.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut heading, mut block) = (String::new(), None::<String>);
    for line in page.lines() {
        match &mut block {
            Some(text) if line == "```" => {
                found.push((heading.clone(), std::mem::take(text)));
                block = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line == "```http" => block = Some(String::new()),
            None if line.starts_with('#') => heading = line.trim_matches(['#', ' ']).to_owned(),
            None => {}
        }
    }
    found
}

/// All cases of the pages whose rule id contains `CLEARANCE_RULE` (all pages where it is unset).
#[test]
fn pages_tell_the_truth() {
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    for rule in rules().filter(|rule| rule.rule.id.contains(&only)) {
        let (mut fires, mut silent) = (false, false);
        let id = rule.rule.id;
        for (heading, block) in blocks(rule.rule.doc) {
            let script = Script::parse(&block);
            let mut expected: Vec<(String, Option<String>)> = script.findings.clone();
            fires |= expected.iter().any(|(rule, _)| rule == id);
            silent |= !expected.iter().any(|(rule, _)| rule == id);
            let probed = run(&script.options(), &|_| {}).unwrap();
            // A page is about its own rule; what others say of its server stands on theirs.
            let about: BTreeSet<String> =
                expected.iter().map(|(rule, _)| rule.clone()).chain([id.to_owned()]).collect();
            for finding in probed.plane.findings.iter().filter(|finding| about.contains(finding.rule.id)) {
                let severity = finding.severity.as_str();
                let at = expected.iter().position(|(rule, told)| {
                    rule == finding.rule.id && told.as_deref().is_none_or(|told| told == severity)
                });
                match at {
                    Some(at) => drop(expected.remove(at)),
                    None => {
                        let _ = writeln!(
                            problems,
                            "{id} § {heading}: {} {severity} at {}: {}",
                            finding.rule.id, finding.location.path, finding.message
                        );
                    }
                }
                assert!(
                    !finding.message.ends_with('.') && finding.location.path.starts_with("http"),
                    "{finding:?}"
                );
            }
            for (rule, _) in expected {
                let _ = writeln!(
                    problems,
                    "{id} § {heading}: {rule} is not reported; notices: {:?}",
                    probed.plane.notices
                );
            }
        }
        if !fires || !silent {
            let _ = writeln!(problems, "{id}: needs a case that fires and one that does not");
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn the_catalogue_is_in_order() {
    let mut ids = BTreeSet::new();
    for rule in rules().map(|rule| rule.rule) {
        let id = rule.id;
        assert!(ids.insert(id), "{id} twice");
        assert!(id.starts_with("live-") && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{id}");
        assert_eq!(rule.plane, Plane::Live, "{id}");
        assert!(rule.severity < Severity::Medium || !rule.cwe.is_empty(), "{id} needs a CWE");
        assert!(
            !rule.title.ends_with('.') && rule.title.starts_with(|c: char| !c.is_lowercase()),
            "{id}: title"
        );
        assert!(!rule.advice.is_empty() && !rule.advice.ends_with('.'), "{id}: advice");
        assert!(rule.effort_minutes > 0, "{id}: effort");
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
        let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
        let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
        let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let listed: Vec<&str> =
        FAMILIES.iter().map(|family| family.name.strip_prefix("probe-").unwrap()).collect();
    assert_eq!(folders(&root), listed);
    for family in FAMILIES {
        let names: Vec<String> =
            family.rules.iter().map(|rule: &&LiveRule| rule.rule.id.replace('-', "_")).collect();
        assert_eq!(folders(&root.join(&family.name["probe-".len()..])), names, "family {}", family.name);
    }
}
