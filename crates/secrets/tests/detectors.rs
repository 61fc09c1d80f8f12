//! The detectors are in order: every pattern finds its examples and leaves its decoys alone.

use std::{collections::BTreeSet, fs, path::Path};

use clearance_secrets::{
    check,
    detector::{Detector, Form, built_in, parse},
    template::expand,
};
use regex::bytes::{Captures, Regex, RegexBuilder};

/// So many texts are made of each template.
const SEEDS: u64 = 20;
/// Largest compiled pattern, in bytes.
const MOST: usize = 1 << 20;

fn compiled(detector: &Detector) -> Regex {
    RegexBuilder::new(&detector.pattern)
        .size_limit(MOST)
        .build()
        .unwrap_or_else(|error| panic!("{}: {error}", detector.id))
}

fn entropy(secret: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    secret.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let share = |count: u32| count as f32 / secret.len() as f32;
    counts.iter().filter(|&&count| count > 0).map(|&count| -share(count) * share(count).log2()).sum()
}

/// Whether what was matched also has the structure and the entropy that are asked for.
fn passes(detector: &Detector, found: &Captures<'_>) -> bool {
    let secret = found.name("secret").or_else(|| found.get(0)).map_or(&b""[..], |part| part.as_bytes());
    let structure = detector.check.as_ref().is_none_or(|name| check::holds(name, secret) == Some(true));
    structure && detector.entropy.is_none_or(|least| entropy(secret) >= least)
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Whether a match stands alone and does not begin or end inside a word.
fn stands_alone(text: &[u8], found: &Captures<'_>) -> bool {
    let Some(whole) = found.get(0) else { return false };
    let before = whole.start().checked_sub(1).and_then(|at| text.get(at));
    let begins_inside = is_word(text.get(whole.start())) && is_word(before);
    let ends_inside = is_word(whole.as_bytes().last()) && is_word(text.get(whole.end()));
    !begins_inside && !ends_inside
}

/// The detector's own notion of finding something, without what the scanner knows besides.
fn finds(detector: &Detector, pattern: &Regex, text: &str) -> bool {
    match &detector.form {
        Form::Starts(starts) => {
            starts.iter().any(|start| text.contains(start.as_str()))
                && pattern
                    .captures_iter(text.as_bytes())
                    .any(|found| stands_alone(text.as_bytes(), &found) && passes(detector, &found))
        }
        Form::Near(words) => {
            let lower = text.to_ascii_lowercase();
            words.iter().any(|word| lower.contains(&word.to_ascii_lowercase()))
                && pattern.captures_iter(text.as_bytes()).any(|found| passes(detector, &found))
        }
        Form::Named { words, any_name } => {
            let Some((name, value)) = text.split_once(['=', ':']) else { return false };
            let name = name.to_ascii_lowercase();
            let value = value.trim().trim_matches(['"', '\'']);
            let secrecy = ["key", "token", "secret", "password", "pat", "auth"];
            let whole = |found: &Captures<'_>| found.get(0).is_some_and(|all| all.len() == value.len());
            words.iter().any(|word| name.contains(word.as_str()))
                && (*any_name || secrecy.iter().any(|word| name.contains(word)))
                && pattern
                    .captures(value.as_bytes())
                    .is_some_and(|found| whole(&found) && passes(detector, &found))
        }
    }
}

#[test]
fn examples_are_found_and_decoys_are_not() {
    let mut wrong = Vec::new();
    for detector in built_in() {
        let pattern = compiled(detector);
        if detector.examples.is_empty() || detector.decoys.is_empty() {
            wrong.push(format!("{}: examples and decoys are needed", detector.id));
        }
        for (templates, wanted) in [(&detector.examples, true), (&detector.decoys, false)] {
            for template in templates {
                for seed in 0..SEEDS {
                    match expand(template, seed) {
                        Ok(text) if finds(detector, &pattern, &text) == wanted => continue,
                        Ok(_) if wanted => {
                            wrong.push(format!("{}: not found: `{template}`, seed {seed}", detector.id))
                        }
                        Ok(_) => {
                            wrong.push(format!("{}: found: decoy `{template}`, seed {seed}", detector.id))
                        }
                        Err(error) => wrong.push(format!("{}: {error}", detector.id)),
                    }
                    break;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn names_are_well_formed() {
    let all = built_in();
    assert!(all.len() >= 220, "only {} detectors", all.len());
    let ids: BTreeSet<&str> = all.iter().map(|detector| detector.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    for detector in all {
        let id = &detector.id;
        assert!(id.split('-').all(|piece| !piece.is_empty()), "{id}");
        let name = &detector.name;
        assert!(!name.is_empty() && name == name.trim() && !name.ends_with('.'), "{id}: {name}");
        for alias in &detector.aliases {
            let (peer, name) = alias.split_once(':').unwrap_or_default();
            let known = matches!(peer, "gitleaks" | "detect-secrets");
            assert!(known && !name.is_empty() && name == name.trim(), "{id}: {alias}");
        }
        if let Some(url) = &detector.revoke {
            assert!(url.starts_with("https://") && !url.contains(char::is_whitespace), "{id}: {url}");
        }
        if let Some(name) = &detector.check {
            assert!(check::holds(name, b"").is_some(), "{id}: no check `{name}`");
        }
    }
}

#[test]
fn checks_are_all_used_and_sorted() {
    let names: Vec<&str> = check::names().collect();
    assert!(names.is_sorted());
    let used: BTreeSet<&str> = built_in().iter().filter_map(|detector| detector.check.as_deref()).collect();
    for name in names {
        assert!(used.contains(name), "no detector asks for `{name}`");
    }
    assert_eq!(check::holds("no-such-check", b"anything"), None);
}

#[test]
fn files_are_sorted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/detectors");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the folder of detectors") {
        let path = entry.expect("an entry").path();
        let detectors = parse(&fs::read_to_string(&path).expect("UTF-8")).expect("in order");
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        for detector in &detectors {
            let family = &detector.family;
            assert!(stem == *family || stem.starts_with(&format!("{family}-")), "{stem}: {family}");
        }
        assert!(detectors.is_sorted_by(|a, b| a.id < b.id), "{stem} is not sorted by id");
        seen += detectors.len();
    }
    assert_eq!(seen, built_in().len());
}

#[test]
fn checks_bear_any_bytes() {
    let odd: [&[u8]; 5] = [b"", &[0xff; 64], b"-----BEGIN -----END ", b"::::", b"...."];
    let mut texts: Vec<Vec<u8>> = odd.iter().map(|text| text.to_vec()).collect();
    for template in built_in().iter().flat_map(|detector| &detector.examples) {
        let whole = expand(template, 5).unwrap_or_default().into_bytes();
        texts.extend([whole[..whole.len() / 2].to_vec(), whole[whole.len() / 2..].to_vec()]);
    }
    for (name, text) in check::names().flat_map(|name| texts.iter().map(move |text| (name, text))) {
        let _ = check::note(name, text);
        assert!(check::holds(name, text).is_some());
    }
}
