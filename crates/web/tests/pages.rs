//! Every page is a test, and the catalogue is in order.

use std::collections::BTreeSet;

use clearance_casebook::{Case, cases, differences, program_of};
use clearance_deploy::DeployFile;
use clearance_finding::{Plane, Severity};
use clearance_source::{FileKind, Role};
use clearance_web::{paths, rules, run};

/// All cases of the pages whose rule id contains `CLEARANCE_RULE` (all pages where it is unset).
#[test]
fn pages_tell_the_truth() {
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    for rule in rules().map(|rule| rule.rule).filter(|rule| rule.id.contains(&only)) {
        let found = cases(rule.doc).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        let own = |case: &Case| {
            case.files.iter().flat_map(|file| &file.expected).any(|expected| expected.rule == rule.id)
        };
        if !found.iter().any(own) || found.iter().all(own) {
            problems.push_str(&format!("{}: needs a case that fires and one that does not\n", rule.id));
        }
        for case in &found {
            let program = program_of(case, paths().chain(clearance_deploy::paths()));
            let told = clearance_deploy::run(&program, &deployment(case));
            let mut outcome = run(&program, &[], &[], &told.headers);
            outcome.plane.findings.retain(|finding| finding.rule.id == rule.id);
            if let Some(difference) = differences(case, &outcome.plane.findings) {
                problems.push_str(&format!(
                    "{} § {} (line {}):\n{difference}\n",
                    rule.id, case.heading, case.line
                ));
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// The files of a case that are neither code nor templates.
fn deployment(case: &Case) -> Vec<DeployFile> {
    let files = case.files.iter().filter(|file| !file.is_python() && !file.is_template());
    files
        .map(|file| DeployFile {
            path: file.path.as_str().into(),
            kind: FileKind::Config,
            role: Role::Application,
            text: file.text.clone(),
            line_starts: std::iter::once(0)
                .chain(file.text.match_indices('\n').filter_map(|(at, _)| u32::try_from(at + 1).ok()))
                .collect(),
            tracked: Some(true),
            mode: Some(0o644),
        })
        .collect()
}

#[test]
fn the_catalogue_is_in_order() {
    let mut ids = BTreeSet::new();
    for rule in rules().map(|rule| rule.rule) {
        let id = rule.id;
        assert!(ids.insert(id), "{id} twice");
        assert_eq!(rule.plane, Plane::Code, "{id}");
        assert!(rule.severity < Severity::Medium || !rule.cwe.is_empty(), "{id} needs a CWE");
        assert!(!rule.advice.is_empty() && !rule.advice.ends_with('.'), "{id}: advice");
        assert!(rule.effort_minutes > 0, "{id}: effort");
        for section in ["## What it looks at", "## Bad", "## Good", "## How to fix", "## References"] {
            assert!(rule.doc.contains(&format!("\n{section}\n")), "{id}: no section {section:?}");
        }
        assert!(rule.doc.starts_with(&format!("# {}\n", rule.title)), "{id}: the page begins with the title");
    }
}
