//! The house stands as ARCHITECTURE.md says: imports point down, nothing goes in circles, and the notes name what exists.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fs, path::Path};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The floors, as in the table of ARCHITECTURE.md.
fn floors(text: &str) -> BTreeMap<String, u32> {
    text.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let floor = cells.next()?.parse().ok()?;
            let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            Some((name.to_owned(), floor))
        })
        .collect()
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn imports_point_down() {
    let text = fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let floors = floors(&text);
    let metadata =
        MetadataCommand::new().manifest_path(workspace().join("Cargo.toml")).no_deps().exec().unwrap();
    let short = |name: &str| name.strip_prefix("clearance-").unwrap_or(name).to_owned();
    let mut seen = 0;
    for package in metadata.workspace_packages() {
        let name = short(&package.name);
        if matches!(name.as_str(), "casebook" | "xtask") {
            continue;
        }
        seen += 1;
        let own = *floors.get(&name).unwrap_or_else(|| panic!("ARCHITECTURE.md has no floor for `{name}`"));
        for dependency in &package.dependencies {
            if dependency.kind != DependencyKind::Normal || !dependency.name.starts_with("clearance-") {
                continue;
            }
            let other = short(&dependency.name);
            let below = *floors
                .get(&other)
                .unwrap_or_else(|| panic!("`{name}` imports `{other}`, which has no floor"));
            assert!(
                below < own,
                "`{name}` (floor {own}) imports `{other}` (floor {below}): imports point down"
            );
        }
    }
    let named: Vec<&String> = floors
        .keys()
        .filter(|name| !workspace().join("crates").join(name).join("Cargo.toml").exists())
        .collect();
    assert!(named.is_empty(), "ARCHITECTURE.md names crates that do not exist: {named:?}");
    assert_eq!(seen, floors.len());
}

#[test]
fn the_notes_name_what_exists() {
    for note in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = fs::read_to_string(workspace().join(note)).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let path_like = word.contains('/')
                && !word.contains([' ', '<', '*', '…', '{', '$'])
                && !word.starts_with("http");
            let ours = ["crates/", "examples/", "bench/", "fuzz/", "xtask/", ".ci/"]
                .iter()
                .any(|root| word.starts_with(root));
            if path_like && ours {
                assert!(workspace().join(word).exists(), "{note} names `{word}`, which does not exist");
            }
        }
    }
}

#[test]
fn floors_are_read() {
    let floors = floors("| floor | crate |\n| --- | --- |\n| 9 | `clearance` | x |\n| 0 | `finding` | y |\n");
    assert_eq!(floors.get("clearance"), Some(&9));
    assert_eq!(floors.len(), 2);
}
