//! Ranges mean what they mean to `packaging`, for made-up versions of every form.
//!
//! Needs a `python3` that can import `packaging` (`CLEARANCE_PYTHON` names another interpreter); without it the test says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use clearance_supply::{Ecosystem, PackageName, Version, advisory::Database, manifest::RequirementRange};
use serde_json::{Value, json};

const ORACLE: &str = r#"
import functools, json, sys
import packaging
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

def parse(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None

def affected(version, events):
    points = [(None if kind == "introduced" and bound == "0" else Version(bound), kind == "last_affected", kind)
              for kind, bound in events]
    def order(one, other):
        if one[0] is None or other[0] is None:
            return (one[0] is not None) - (other[0] is not None)
        return (one[0] > other[0]) - (one[0] < other[0]) or one[1] - other[1]
    state = False
    for bound, behind, kind in sorted(points, key=functools.cmp_to_key(order)):
        if bound is None or (version > bound if behind else version >= bound):
            state = kind == "introduced"
    return state

answers = []
for case in json.load(sys.stdin):
    verdicts = [None if parse(text) is None else affected(parse(text), case["events"]) for text in case["versions"]]
    known = sorted({Version(bound) for kind, bound in case["events"] if (kind, bound) != ("introduced", "0")})
    # Before release 26, packaging gives nothing where a set of specifiers holds for early versions only; PEP 440 says that they count then.
    follows = int(packaging.__version__.split(".")[0]) >= 26
    inside = len(list(SpecifierSet(case["specifier"]).filter(known))) if follows else None
    answers.append({"verdicts": verdicts, "known": len(known), "inside": inside})
json.dump(answers, sys.stdout)
"#;

/// A generator that gives the same numbers every time (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % limit
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len() as u64) as usize]
    }

    /// A version in one of the spellings that PEP 440 knows, from a small range, so that many are near each other.
    fn version(&mut self, local: bool) -> String {
        let mut text = self.pick(&["", "", "", "", "v", "1!", "0!"]).to_owned();
        let parts: Vec<String> = (0..=self.below(3)).map(|_| self.below(3).to_string()).collect();
        text.push_str(&parts.join("."));
        if self.below(3) == 0 {
            text.push_str(self.pick(&["a1", "b2", "rc1", ".alpha.1", "-c1", "_pre0", "beta", "RC2"]));
        }
        if self.below(4) == 0 {
            text.push_str(self.pick(&[".post1", "-1", "post", ".r2", "-rev0"]));
        }
        if self.below(4) == 0 {
            text.push_str(self.pick(&[".dev0", "dev1", "-dev", "_DEV2"]));
        }
        if local && self.below(5) == 0 {
            text.push_str(self.pick(&["+1", "+abc", "+1.2", "+ubuntu-1", "+01"]));
        }
        text
    }
}

#[test]
fn ranges_mean_what_they_mean_to_packaging() {
    let python = std::env::var("CLEARANCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let available = Command::new(&python).args(["-c", "import packaging"]).stderr(Stdio::null()).status();
    if !available.is_ok_and(|status| status.success()) {
        eprintln!("skipped: {python} cannot import packaging");
        return;
    }
    let mut random = Random(0x5eed);
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for number in 0..500 {
        let mut events: Vec<(&str, String)> = Vec::new();
        for _ in 0..=random.below(4) {
            match random.below(6) {
                0 => events.push(("introduced", "0".to_owned())),
                1 | 2 => events.push(("introduced", random.version(false))),
                3 | 4 => events.push(("fixed", random.version(false))),
                _ => events.push(("last_affected", random.version(false))),
            }
        }
        let versions: Vec<String> = (0..20).map(|_| random.version(true)).collect();
        let operator = random.pick(&["<", "<=", ">", ">=", "==", "!=", "~=", ""]);
        let specifier = match operator {
            "" => String::new(),
            "~=" => format!("~={}.{}", random.below(3), random.below(3)),
            "<" => loop {
                // Whether a version before a release comes before the release's own post-release is another matter to packaging 25 than to 26.
                let version = random.version(false);
                if !version.parse::<pep440_rs::Version>().unwrap().is_post() {
                    break format!("<{version}");
                }
            },
            operator => format!("{operator}{}", random.version(false)),
        };
        let record = json!({"id": format!("PYSEC-{number}"), "affected": [{
            "package": {"ecosystem": "PyPI", "name": format!("p{number}")},
            "ranges": [{"type": "ECOSYSTEM", "events": events.iter().map(|(kind, bound)| json!({*kind: bound})).collect::<Vec<_>>()}]}]});
        fs::write(folder.path().join(format!("{number}.json")), record.to_string()).unwrap();
        cases.push(json!({"events": events, "versions": versions, "specifier": specifier}));
    }
    let (database, _) = Database::import(folder.path()).unwrap();

    let mut child = Command::new(&python)
        .args(["-c", ORACLE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(Value::from(cases.clone()).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();

    let mut compared = 0;
    let mut inside = 0;
    for (number, (case, answer)) in cases.iter().zip(&answers).enumerate() {
        let name = PackageName::new(Ecosystem::PyPi, &format!("p{number}"));
        let versions = case["versions"].as_array().unwrap();
        for (version, verdict) in versions.iter().zip(answer["verdicts"].as_array().unwrap()) {
            let version = Version::new(Ecosystem::PyPi, version.as_str().unwrap());
            assert_eq!(version.parsed.is_some(), !verdict.is_null(), "{version}");
            let Some(verdict) = verdict.as_bool() else { continue };
            let outcome = database.lookup(Ecosystem::PyPi, &name, &version).unwrap();
            assert!(outcome.undecided.is_empty());
            assert_eq!(!outcome.matched.is_empty(), verdict, "{version} in {}", case["events"]);
            compared += 1;
        }
        let specifier = case["specifier"].as_str().unwrap();
        let range = RequirementRange::Python(specifier.parse().unwrap());
        let found = database.range(Ecosystem::PyPi, &name, &range).unwrap();
        let Some(expected) = answer["inside"].as_u64() else { continue };
        // A bound that ends no interval is not kept.
        if database.known_versions(Ecosystem::PyPi, &name).unwrap().len() as u64
            == answer["known"].as_u64().unwrap()
        {
            assert_eq!(found.known as u64, expected, "{specifier} of {}", case["events"]);
            inside += 1;
        }
    }
    assert!(compared > 5000, "{compared}");
    let follows = answers.iter().any(|answer| !answer["inside"].is_null());
    assert!(!follows || inside > 200, "{inside}");
}
