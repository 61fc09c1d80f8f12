//! The commands that the documentation shows work.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The lines of `sh` blocks, without comments.
fn commands(note: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(note)).unwrap();
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            command if inside && !command.is_empty() && !command.starts_with('#') => {
                found.push(command.split(" # ").next().unwrap().trim().to_owned());
            }
            _ => {}
        }
    }
    found
}

#[test]
fn commands_of_the_readme_run() {
    let mut ran = 0;
    for command in commands("README.md") {
        let arguments = match command.split_once("clearance ") {
            Some(("" | "cargo run --release -- ", rest)) => rest.to_owned(),
            _ => match command.strip_prefix("cargo run --release -- ") {
                Some(rest) => rest.to_owned(),
                None => continue,
            },
        };
        // Reports go to a folder of their own; the shell does redirections.
        let folder = tempfile::tempdir().unwrap();
        let line = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_clearance"));
        let line = line.replace("--output ", &format!("--output {}/", folder.path().display()));
        let output = Command::new("sh")
            .args(["-c", &line])
            .current_dir(root())
            .env("CLEARANCE_CACHE_DIR", folder.path().join("cache"))
            .output()
            .unwrap();
        let code = output.status.code().unwrap();
        assert!(
            code == 0 || code == 1,
            "`{command}` exits {code}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!output.stdout.is_empty(), "`{command}` prints nothing");
        ran += 1;
    }
    assert!(ran >= 5, "only {ran} commands of README.md ran");
}

#[test]
fn commands_name_what_exists() {
    for note in ["README.md", "CONTRIBUTING.md", "bench/README.md"] {
        for command in commands(note) {
            for word in command.split_whitespace() {
                let ours = ["examples/", "bench/", "./"].iter().any(|start| word.starts_with(start));
                if ours {
                    assert!(root().join(word).exists(), "{note}: `{command}` names {word}");
                }
            }
        }
    }
}

/// The sample in the README is what the program prints now.
#[test]
fn the_sample_is_real() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let sample = text
        .split("```text\n$ clearance check examples/storefront\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_clearance"))
        .args(["check", "examples/storefront"])
        .current_dir(root())
        .env("CLEARANCE_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"))
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    for line in sample.lines().map(str::trim_end).filter(|line| !line.is_empty() && *line != "…") {
        // The first line carries commit and time.
        if line.starts_with(" BLOCKED") {
            assert!(printed[0].starts_with(" BLOCKED   storefront"), "{}", printed[0]);
            continue;
        }
        assert!(printed.contains(&line), "README.md shows a line that the program does not print:\n{line}");
    }
}
