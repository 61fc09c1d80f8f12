//! Every page is a test, and the catalogue is in order.

use std::collections::BTreeSet;

use clearance_casebook::{cases, differences, program_of};
use clearance_finding::{Plane, Severity};
use clearance_web::{paths, rules, run};

/// All cases of the pages whose rule id contains `CLEARANCE_RULE` (all pages where it is unset).
#[test]
fn pages_tell_the_truth() {
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    for rule in rules().map(|rule| rule.rule).filter(|rule| rule.id.contains(&only)) {
        let found = cases(rule.doc).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        let own = |case: &clearance_casebook::Case| {
            case.files.iter().flat_map(|file| &file.expected).any(|expected| expected.rule == rule.id)
        };
        if !found.iter().any(own) || found.iter().all(own) {
            problems.push_str(&format!("{}: needs a case that fires and one that does not\n", rule.id));
        }
        for case in &found {
            let mut outcome = run(&program_of(case, paths()), &[], &[], &HeaderSources::default());
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
