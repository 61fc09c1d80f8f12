//! Whatever the bytes, nothing panics, nothing takes long, and the outcome is the same twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{sync::Arc, time::Instant};

use clearance_supply::{
    manifest::{File, ManifestKind, kind_of, line_starts, read_as},
    resolve::resolve,
};
use common::SAMPLES;

/// A small generator of numbers, so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below.max(1)
    }
}

fn mutated(bytes: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.next(4) {
        let at = numbers.next(bytes.len());
        let end = (at + numbers.next(40)).min(bytes.len());
        match numbers.next(6) {
            0 => bytes.truncate(at),
            1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << numbers.next(8);
                }
            }
            2 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            3 => {
                let from = numbers.next(other.len());
                let to = (from + numbers.next(80)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            4 => {
                bytes.splice(at..end, []);
            }
            _ => {
                const WORDS: &[&str] = &[
                    "\"",
                    "'",
                    "[",
                    "{",
                    "\\\n",
                    "#",
                    "é",
                    "\u{202e}",
                    "\0",
                    "==",
                    "@",
                    "://",
                    ";",
                    "${X}",
                    "^",
                    "~",
                    "\r",
                    "\t",
                    "||",
                    "18446744073709551616",
                ];
                let word = WORDS[numbers.next(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}

#[test]
fn mutated_files_are_read() {
    let rounds: usize =
        std::env::var("CLEARANCE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    let mut numbers = Numbers(20_261_127);
    for (path, text) in SAMPLES {
        for _ in 0..rounds {
            let other = SAMPLES[numbers.next(SAMPLES.len())].1;
            let bytes = mutated(text.as_bytes(), other.as_bytes(), &mut numbers);
            let text = String::from_utf8_lossy(&bytes);
            let kind = kind_of(path).unwrap_or(ManifestKind::Script);
            let path: Arc<str> = (*path).into();
            let starts = line_starts(&text);
            let file = File { path: &path, text: &text, line_starts: &starts };
            let read = read_as(file, kind);
            for found in &read.requirements {
                for (start, end) in [found.name_bytes, found.specifier_bytes, found.location.bytes] {
                    assert!(
                        text.get(start as usize..end as usize).is_some(),
                        "{path} {start}..{end} of {}: {text:?}",
                        text.len()
                    );
                }
            }
            let all = [read.clone(), read];
            let shown = |all: &[_]| format!("{:?}", resolve(all, None).dependencies);
            assert_eq!(shown(&all), shown(&all[..1]));
        }
    }
}

#[test]
fn markers_with_other_characters_are_told() {
    let marker = "python_version >= '1.8'\u{fffd}";
    for (path, text) in [
        ("requirements.txt", format!("a==1; {marker}\n")),
        (
            "pylock.toml",
            format!(
                "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nmarker = \"{marker}\"\n"
            ),
        ),
    ] {
        let read = common::manifest(path, &text);
        assert_eq!(read.requirements.len() + read.packages.len(), 1, "{path}");
        assert!(read.notices[0].text.contains("is not understood"), "{path}: {:?}", read.notices);
    }
}

#[test]
fn places_in_quoted_commands_lie_in_the_text() {
    for text in [
        "- run: é\"xé pip install a==1\nb pip install b é\"\n",
        "RUN bash -c é'é'\"é pip install a && npm ci é\"",
        "RUN [\"sh\", \"-c\", \"\\u00e9 && pip install a==1 é\"]",
        "RUN sh -c \"\\é pip install a==1; npm ci\"",
    ] {
        for path in ["Dockerfile", ".github/workflows/deploy.yml"] {
            let read = common::manifest(path, text);
            let places = read.requirements.iter().map(|found| found.location.bytes);
            for (start, end) in places.chain(read.references.iter().map(|found| found.location.bytes)) {
                assert!(text.get(start as usize..end as usize).is_some(), "{text}: {start}..{end}");
            }
        }
    }
}

#[test]
fn deep_and_long_files_end() {
    let mut bomb = String::from("[package]\n");
    for number in 0..200 {
        bomb += &format!(
            "[[package]]\nname = \"a{number}\"\nversion = \"1\"\nmarkers = \"{}\"\n",
            "(os_name == 'a' or sys_platform == 'b') and ".repeat(60) + "os_name == 'c'"
        );
    }
    let extras: Vec<String> =
        (0..60).map(|number| format!("(extra == 'a{number}' and extra == 'b{number}')")).collect();
    let line = format!(
        "{{\"packages\": {{{}}}}}",
        (0..20_000)
            .map(|number| format!("\"node_modules/é{number}\": {{\"version\": \"1.0.0\"}}"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let setup = |inner: String| format!("setup(install_requires={inner})");
    let cases: Vec<(&str, String)> = vec![
        ("package.json", "[".repeat(200_000)),
        ("package.json", "{\"a\":".repeat(100_000)),
        ("pnpm-lock.yaml", "[".repeat(100_000)),
        ("pnpm-lock.yaml", "- ".repeat(50_000)),
        ("pnpm-lock.yaml", "a: &a [x]\nb: [*a, *a]\n".to_owned()),
        ("pyproject.toml", format!("a = {}", "[".repeat(100_000))),
        ("pyproject.toml", "a.".repeat(50_000)),
        ("setup.py", setup("(".repeat(80_000))),
        ("setup.py", setup("[".repeat(40_000) + &"]".repeat(40_000))),
        ("setup.py", setup("-".repeat(80_000) + "1")),
        ("setup.py", setup("a+".repeat(40_000) + "a")),
        ("setup.py", "a = a + b\nb = b + a\nsetup(install_requires=a)\n".to_owned()),
        ("setup.py", setup("a".to_owned() + &".b".repeat(30_000))),
        ("requirements.txt", "\\\n".repeat(100_000)),
        ("requirements.txt", "a==1 ".repeat(50_000)),
        ("requirements.txt", format!("a ; {}", extras.join(" or "))),
        ("requirements.txt", format!("a ; {}os_name == 'a'{}", "(".repeat(5_000), ")".repeat(5_000))),
        ("requirements.txt", "a==1\n".repeat(60_000)),
        ("requirements.txt", format!("a=={}", "1.".repeat(50_000))),
        ("poetry.lock", bomb),
        ("package-lock.json", line),
        ("Dockerfile", "RUN bash -c \"".repeat(10_000)),
        ("Dockerfile", format!("RUN {}pip install a", "A=$A ".repeat(10_000))),
        ("yarn.lock", "a@^1, ".repeat(50_000) + ":\n  version \"1\"\n"),
    ];
    for (path, text) in cases {
        let begin = Instant::now();
        let read = common::manifest(path, &text);
        let resolved = resolve(std::slice::from_ref(&read), None);
        let taken = begin.elapsed();
        assert!(taken.as_secs() < 20, "{path} ({} bytes) took {taken:?}", text.len());
        assert!(resolved.dependencies.len() <= 50_000);
    }
}
