//! What a project tells the search for credentials: detectors of its own, and what gitleaks and detect-secrets were told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_secrets::template::expand;
use common::{GOOD, Tree};
use serde_json::Value;
use sha1::{Digest, Sha1};

const GITHUB: &str = "ghp_<base62:30><crc32>";
const RANDOM: &str = "<base62:14>7q<base62:14>x3";

fn made(template: &str, seed: u64) -> String {
    expand(template, seed).unwrap()
}

fn sha1(value: &str) -> String {
    Sha1::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The findings about leaks: rule, line, who accepts it.
fn leaks(tree: &Tree) -> Vec<(String, u64, Option<String>)> {
    let run = tree.run(&["check", "--format", "json", "--severity", "info", "--exit-zero", "."]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    let all = report["findings"].as_array().unwrap();
    let mut found: Vec<_> = all
        .iter()
        .filter(|finding| finding["plane"] == "secrets")
        .map(|finding| {
            let by = finding["acceptance"]["by"].as_str().map(str::to_owned);
            (finding["rule"].as_str().unwrap().to_owned(), finding["line"].as_u64().unwrap(), by)
        })
        .collect();
    found.sort();
    found
}

fn notices(tree: &Tree) -> String {
    let run = tree.run(&["check", "--format", "json", "--exit-zero", "."]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    report["coverage"].to_string()
}

const OWN: &str = "family = \"house\"\n[[detector]]\nid = \"house-badge\"\nname = \"badge of the house\"\npattern = 'hb-[0-9a-f]{24}'\n";

#[test]
fn detectors_of_the_project_find() {
    let badge = made("hb-<hex:24>", 3);
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("deploy.conf", &format!("badge {badge}\n")),
        ("security/badge.toml", OWN),
        ("clearance.toml", "[secrets]\ndetectors = [\"security/*.toml\"]\n"),
    ]);
    let found = leaks(&tree);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "credential-in-tree");
    assert!(notices(&tree).contains("detectors security/badge.toml: house-badge"));
    tree.write(
        "clearance.toml",
        "[secrets]\ndetectors = [\"security/*.toml\"]\ndisable = [\"house-badge\"]\n",
    );
    assert!(leaks(&tree).is_empty());
    assert!(notices(&tree).contains("detectors that are off: house-badge"));
}

#[test]
fn what_is_wrong_with_detectors_is_said() {
    let tree = Tree::new(&[("app.py", GOOD), ("d.toml", OWN)]);
    for (configuration, detectors, said) in [
        ("disable = [\"github-personal-acess-token\"]", OWN, "did you mean `github-"),
        ("detectors = [\"none.toml\"]", OWN, "clearance.toml:2:14: pattern `none.toml`: it names no file"),
        ("detectors = [\"d.toml\"]", "family = 3\n", "d.toml: TOML parse error at line 1"),
        (
            "detectors = [\"d.toml\"]",
            "family = \"x\"\n[[detector]]\nid = \"a-b\"\nname = \"n\"\npattern = 'abc('\n",
            "d.toml: detector `a-b`: the pattern is not valid",
        ),
        (
            "detectors = [\"d.toml\"]",
            "family = \"x\"\n[[detector]]\nid = \"a-b\"\nname = \"n\"\npattern = 'abcd'\ncheck = \"lun\"\n",
            "there is no check `lun`",
        ),
        ("detector = []", OWN, "unknown key `detector`; did you mean `detectors`?"),
    ] {
        tree.write("d.toml", detectors);
        tree.write("clearance.toml", &format!("[secrets]\n{configuration}\n"));
        let run = tree.run(&["check", "."]);
        assert_eq!(run.code, 2, "{configuration}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{configuration}: {}", run.stderr);
    }
}

#[test]
fn rules_of_gitleaks_find_and_its_lists_accept() {
    let config = "[extend]\nuseDefault = true\n\n[[rules]]\nid = \"acme-key\"\nregex = '''acme-([0-9a-f]{20})'''\nkeywords = [\"acme\"]\n\n\
                  [[rules]]\nid = \"no-go\"\nregex = '''(?=x)acme'''\nkeywords = [\"acme\"]\n\n\
                  [[allowlists]]\ndescription = \"of the fixtures\"\npaths = ['''^fixtures/''']\n";
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("a.conf", &format!("use {}\n", made("acme-<hex:20>", 1))),
        ("fixtures/b.conf", &format!("use {}\n", made("acme-<hex:20>", 2))),
        ("fixtures/c.conf", &format!("token {}\n", made(GITHUB, 3))),
        (".gitleaks.toml", config),
    ]);
    let found = leaks(&tree);
    assert_eq!(found.len(), 2, "{found:?}");
    // A list takes nothing away that the program finds itself: it accepts.
    let by = found.iter().filter_map(|(.., by)| by.as_deref()).collect::<Vec<_>>();
    assert_eq!(by, ["gitleaks allows it by its allowlist (of the fixtures)"]);
    let notices = notices(&tree);
    assert!(notices.contains("the rule `no-go` is not taken over"), "{notices}");
    assert!(notices.contains("rules that are looked for, too: acme-key"), "{notices}");
}

/// Tools that know a secret by its line take two on one line for one.
#[test]
fn accepting_one_secret_of_a_line_leaves_the_other() {
    let (one, other) = (made(GITHUB, 1), made(GITHUB, 2));
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("a.conf", &format!("tokens {one} {other}\n")),
        (
            ".secrets.baseline",
            &format!(
                "{{\"version\": \"1.5.0\", \"results\": {{\"a.conf\": [{{\"type\": \"GitHub Token\", \"filename\": \"a.conf\", \"hashed_secret\": \"{}\", \"is_verified\": false, \"is_secret\": false, \"line_number\": 1}}]}}}}",
                sha1(&one)
            ),
        ),
    ]);
    let found = leaks(&tree);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found.iter().filter(|(.., by)| by.is_some()).count(), 1, "{found:?}");
    // The entry goes where the value goes.
    tree.write("a.conf", "nothing\n");
    tree.write("b.conf", &format!("first\ntoken {one}\n"));
    assert!(leaks(&tree).iter().all(|(.., by)| by.is_some()));
    tree.write("b.conf", "nothing\n");
    assert!(notices(&tree).contains("1 of the 1 values that it knows"));
}

/// A place that means two secrets means none of them; a place that means one accepts it, and what is stale is told.
#[test]
fn an_ignored_place_with_two_secrets_accepts_neither() {
    let (one, other) = (made(GITHUB, 1), made(GITHUB, 2));
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("a.conf", &format!("tokens {one} {other}\n")),
        (".gitleaksignore", "# a sample\na.conf:github-pat:1\na.conf:github-pat:9\n"),
    ]);
    assert_eq!(leaks(&tree).iter().filter(|(.., by)| by.is_some()).count(), 0);
    let told = notices(&tree);
    assert!(told.contains("line 2 names more than one credential"), "{told}");
    assert!(told.contains("line 3 names no leaked credential"), "{told}");
    tree.write("a.conf", &format!("token {one}\n"));
    let found = leaks(&tree);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].2.as_deref(), Some("gitleaks ignores a.conf:github-pat:1"));
    // The same value elsewhere is not accepted by a place.
    tree.write("b.conf", &format!("token {one}\n"));
    assert_eq!(leaks(&tree).iter().filter(|(.., by)| by.is_some()).count(), 0);
}

#[test]
fn what_was_found_to_be_real_is_not_accepted() {
    let value = made(RANDOM, 5);
    let baseline = |real: &str| {
        format!(
            "{{\"results\": {{\"a.env\": [{{\"type\": \"Secret Keyword\", \"hashed_secret\": \"{}\", \"line_number\": 1{real}}}]}}}}",
            sha1(&value)
        )
    };
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("a.yaml", &format!("db_password: {value}\n")),
        (".secrets.baseline", &baseline("")),
    ]);
    let accepted = |tree: &Tree| leaks(tree).into_iter().map(|(.., by)| by.is_some()).collect::<Vec<_>>();
    assert_eq!(accepted(&tree), [true]);
    tree.write(".secrets.baseline", &baseline(", \"is_secret\": true"));
    assert_eq!(accepted(&tree), [false]);
    tree.write(".secrets.baseline", "{");
    assert!(notices(&tree).contains(".secrets.baseline: "));
}

#[test]
fn constants_in_the_code_may_stay_as_well() {
    let (first, second) = ("tR5vXq90kPz2wLmQ8", "qW8zetaKp31xVnT5");
    let app = format!("app_password = \"{first}\"\nbackend_password = \"{second}\"\n");
    let open = |tree: &Tree| -> Vec<u64> {
        let report = tree.report(&[]);
        let open = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["acceptance"].is_null() && finding["path"] == "app.py");
        open.map(|finding| finding["line"].as_u64().unwrap()).collect()
    };
    let baseline = format!(
        "{{\"results\": {{\"app.py\": [{{\"type\": \"Secret Keyword\", \"hashed_secret\": \"{}\", \"line_number\": 2}}]}}}}",
        sha1(second)
    );
    let tree = Tree::new(&[("app.py", &app)]);
    assert_eq!(open(&tree), [1, 2]);
    tree.write(".secrets.baseline", &baseline);
    // The second time nothing comes from the cache that would not know it.
    assert_eq!((open(&tree), open(&tree)), (vec![1], vec![1]));
    tree.write(".gitleaksignore", "app.py:generic-api-key:1\n");
    assert!(open(&tree).is_empty());
}

#[test]
fn detectors_are_listed_and_shown() {
    let tree = Tree::new(&[]);
    let list = tree.run(&["detectors"]);
    assert_eq!(list.code, 0);
    assert!(list.stdout.contains("gitleaks:github-pat"), "{}", list.stdout);
    let json: Value = serde_json::from_str(&tree.run(&["detectors", "--format", "json"]).stdout).unwrap();
    assert!(json["detectors"].as_array().unwrap().len() > 500);
    let page = tree.run(&["detectors", "github-pat"]).stdout;
    for part in ["family", "severity", "found", "revoke", "example", "ghp_"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let wrong = tree.run(&["detectors", "githb-personal"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("no detector is called"), "{}", wrong.stderr);
}
