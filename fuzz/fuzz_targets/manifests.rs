//! Any bytes as any manifest: reading and resolving neither panics nor takes long, every place lies in the text, and the outcome is the same twice.

#![no_main]

use std::sync::Arc;

use clearance_supply::{
    manifest::{File, kind_of, line_starts, read_as},
    resolve::resolve,
};
use libfuzzer_sys::fuzz_target;

/// A path for each format; the first byte chooses.
const PATHS: &[&str] = &[
    "requirements.txt",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "Pipfile.lock",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "pylock.toml",
    "environment.yml",
    "package.json",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "Dockerfile",
    ".github/workflows/deploy.yml",
    "_vendor/vendor.txt",
    "_vendor/a.dist-info/METADATA",
    "bom.json",
    "runtime.txt",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let path: Arc<str> = PATHS[*first as usize % PATHS.len()].into();
    let text = String::from_utf8_lossy(rest);
    let starts = line_starts(&text);
    let Some(kind) = kind_of(&path) else { return };
    let read = read_as(File { path: &path, text: &text, line_starts: &starts }, kind);
    for found in &read.requirements {
        for (start, end) in [found.name_bytes, found.specifier_bytes, found.location.bytes] {
            assert!(text.get(start as usize..end as usize).is_some(), "{start}..{end}");
        }
    }
    let all = [read];
    let told = |all: &[_]| format!("{:?}", resolve(all, None));
    assert_eq!(told(&all), told(&all));
});
