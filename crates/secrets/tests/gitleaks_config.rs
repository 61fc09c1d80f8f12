//! gitleaks' own configuration is taken over, where `CLEARANCE_GITLEAKS` names it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;

use clearance_secrets::{peers::Import, search::Searcher};

#[test]
fn nearly_all_published_rules_are_taken_over() {
    let Some(path) = std::env::var_os("CLEARANCE_GITLEAKS") else {
        println!("CLEARANCE_GITLEAKS is not set");
        return;
    };
    let import = Import::read("gitleaks.toml", &fs::read_to_string(path).unwrap()).unwrap();
    println!("{} rules, {} notices", import.detectors.len(), import.notices.len());
    import.notices.iter().for_each(|notice| println!("{notice}"));
    assert!(import.detectors.len() > 200);
    assert!(import.notices.len() < 10);
    assert!(Searcher::new(import.detectors).is_ok());
}
