//! What `cargo xtask new-rule` writes compiles, and the tests of the catalogue see it.
//!
//! It is tried on a copy of the workspace. The copy shares the folder of compiled crates, so that only our own are compiled again; it keeps its place and
//! the times of its files, so that next time only what has changed is. Our crates lie one folder deeper in it than in the workspace: Cargo tells them
//! apart by that.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const FAMILY: &str = "text";
const RULE: &str = "throwaway-name";

#[test]
fn a_new_rule_compiles_and_its_cases_run() {
    let copy = Copy::make();
    let made = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["new-rule", FAMILY, RULE, "--in"])
        .arg(copy.house())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let again = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["new-rule", FAMILY, RULE, "--in"])
        .arg(copy.house())
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(2), "a rule that is there is not written again: {again:?}");

    let seen = copy.catalogue_tests();
    let said = format!("{}{}", String::from_utf8_lossy(&seen.stdout), String::from_utf8_lossy(&seen.stderr));
    assert!(seen.status.success(), "{said}");
    assert!(said.contains("test result: ok. 3 passed"), "{said}");

    // A case that does not tell of the finding: the rule must fire in it, and the test must say so.
    fs::write(
        copy.rule().join("cases.md"),
        "## Untold\n\n```python\nimport throwaway_name\n\nthrowaway_name.example()\n```\n",
    )
    .unwrap();
    let seen = copy.catalogue_tests();
    let said = String::from_utf8_lossy(&seen.stdout);
    assert!(!seen.status.success(), "{said}");
    assert!(said.contains("throwaway-name § Untold"), "{said}");
}

/// A copy of the workspace.
struct Copy {
    root: PathBuf,
}

impl Copy {
    fn make() -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let copy = Self { root: Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffold") };
        let house = copy.house();
        fs::create_dir_all(&house).unwrap();
        for folder in ["crates", "xtask"] {
            mirror(&workspace.join(folder), &house.join(folder));
        }
        let _ = fs::remove_dir_all(copy.rule());
        let manifest = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
        let manifest =
            manifest.replace("\"crates/", "\"house/crates/").replace("\"xtask\"", "\"house/xtask\"");
        write_if_new(&copy.root.join("Cargo.toml"), manifest.as_bytes());
        write_if_new(&copy.root.join("Cargo.lock"), &fs::read(workspace.join("Cargo.lock")).unwrap());
        copy
    }

    /// Where `crates` lies.
    fn house(&self) -> PathBuf {
        self.root.join("house")
    }

    fn rule(&self) -> PathBuf {
        self.house().join("crates/checks/src/rules").join(FAMILY).join(RULE.replace('-', "_"))
    }

    /// Runs the tests of the catalogue; of the pages only the new one.
    fn catalogue_tests(&self) -> Output {
        Command::new(env!("CARGO"))
            .args(["test", "--workspace", "--test", "pages", "--locked", "--offline", "--target-dir"])
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
            .current_dir(&self.root)
            .env("CLEARANCE_RULE", RULE)
            .output()
            .unwrap()
    }
}

/// Makes `to` the same as `from`, and touches only what differs.
fn mirror(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            mirror(&source, &target);
        } else {
            write_if_new(&target, &fs::read(&source).unwrap());
        }
    }
    for entry in fs::read_dir(to).unwrap().map(Result::unwrap) {
        let (source, target) = (from.join(entry.file_name()), entry.path());
        match entry.file_type().unwrap().is_dir() {
            true if !source.is_dir() => fs::remove_dir_all(target).unwrap(),
            false if !source.is_file() => fs::remove_file(target).unwrap(),
            _ => {}
        }
    }
}

fn write_if_new(path: &Path, content: &[u8]) {
    if fs::read(path).ok().as_deref() != Some(content) {
        fs::write(path, content).unwrap();
    }
}
