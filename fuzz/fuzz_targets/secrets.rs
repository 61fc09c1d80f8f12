//! Any bytes as any file: the search for credentials neither panics nor takes long, every place lies in the text, no place shows the credential, and the outcome is the same twice.

#![no_main]

use std::sync::{Arc, LazyLock};

use clearance_secrets::{
    archive,
    detector::built_in,
    plane::{Text, look},
    search::Searcher,
};
use clearance_source::Role;
use libfuzzer_sys::fuzz_target;

/// A path for each way to write values; the first byte chooses.
const PATHS: &[&str] = &["app.py", "app.js", ".env", "config.yml", "notes.md", "data.json", "tests/test_a.py"];

static SEARCHER: LazyLock<Searcher> = LazyLock::new(|| Searcher::new(built_in().to_vec()).expect("they fit together"));

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let path: Arc<str> = PATHS[*first as usize % PATHS.len()].into();
    let text = Text { path: &path, role: Role::Application, bytes: rest, alone: false };
    let one = look(&SEARCHER, text);
    let other = look(&SEARCHER, text);
    assert_eq!(one.leaks.len(), other.leaks.len());
    for (leak, again) in one.leaks.iter().zip(&other.leaks) {
        let (from, to) = leak.location.bytes;
        assert!(from < to && to as usize <= rest.len());
        assert_eq!(leak.location, again.location);
        assert!(leak.location.start <= leak.location.end);
        if leak.value.bytes().len() >= 40
            && let Ok(value) = std::str::from_utf8(leak.value.bytes())
        {
            assert!(leak.location.code.iter().all(|line| !line.text.contains(value)));
        }
    }
    archive::members(rest, &mut |_, _| {});
});
