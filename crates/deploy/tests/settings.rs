//! The table of configuration idioms: what is in force, how well that is known, and where it comes from.
//!
//! A case is a heading (`=== …`), files (`--- path`), and what is expected (`--- expect`): lines `NAME = value | status | path:line`. The value is as Python
//! writes it, `***` where it is withheld, `?` where it is not known, `-` where there is no such setting. The place is that of the deciding step.
//! `NAME @ development = …` is the value in another environment, `= same` where it differs in none; `environments = development production` are those
//! that the project has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::fmt::Write as _;

use clearance_deploy::run;

#[test]
fn idioms() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/settings");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let only = std::env::var("CLEARANCE_CASE").unwrap_or_default();
    let mut problems = String::new();
    let mut count = 0;
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("\n=== ").map(|case| case.trim_start_matches("=== ")) {
            let (title, body) = case.split_once('\n').unwrap();
            if title.starts_with('#') || !title.contains(&only) {
                continue;
            }
            count += 1;
            let difference = differences(body);
            if !difference.is_empty() {
                let _ = writeln!(
                    problems,
                    "{} § {title}\n{difference}",
                    path.file_name().unwrap().to_string_lossy()
                );
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
    assert!(!only.is_empty() || count >= 60, "{count} cases");
}

fn differences(body: &str) -> String {
    let mut files = Vec::new();
    let mut expect = "";
    for part in body.split("--- ").filter(|part| !part.trim().is_empty()) {
        let (name, text) = part.split_once('\n').unwrap();
        if name == "expect" {
            expect = text;
        } else {
            files.push((name.to_owned(), text.trim_end().to_owned() + "\n"));
        }
    }
    assert!(!expect.trim().is_empty(), "a case without expectations: {body}");
    let (program, deployment) = common::target(&files);
    let outcome = run(&program, &deployment);
    let settings = outcome.settings;
    let mut problems = String::new();
    for line in expect.lines().filter(|line| !line.trim().is_empty()) {
        let (name, rest) = line.split_once(" = ").unwrap_or_else(|| panic!("not understood: {line}"));
        if name == "environments" {
            let defined = outcome.environments.iter().filter(|line| line.is_defined());
            let defined: Vec<&str> = defined.map(|line| line.environment.as_str()).collect();
            if defined.join(" ") != rest {
                let _ = writeln!(problems, "  environments: {rest} expected, found {}", defined.join(" "));
            }
            continue;
        }
        let (name, environment) = match name.split_once(" @ ") {
            Some((name, environment)) => (name, Some(environment)),
            None => (name, None),
        };
        let mut fields = rest.rsplitn(3, " | ").collect::<Vec<_>>();
        fields.reverse();
        let found = settings.iter().find(|setting| setting.name == name);
        if fields == ["-"] {
            if let Some(found) = found {
                let _ = writeln!(problems, "  {name} is there: {:?}", found.value);
            }
            continue;
        }
        let Some(found) = found else {
            let all: Vec<&str> = settings.iter().map(|setting| setting.name.as_str()).collect();
            let _ = writeln!(problems, "  {name} is not there, only {all:?}");
            continue;
        };
        let (mut value, mut redacted) = (&found.value, found.redacted);
        let (mut status, mut provenance) = (found.status, &found.provenance);
        if let Some(wanted) = environment {
            let there = found.environments.iter().find(|value| value.environment.as_str() == wanted);
            match there {
                Some(there) => {
                    (value, redacted) = (&there.value, there.redacted);
                    (status, provenance) = (there.status, &there.provenance);
                }
                None if fields == ["same"] => continue,
                None => {
                    let _ = writeln!(problems, "  {name} does not differ in {wanted}: {:?}", found.value);
                    continue;
                }
            }
        }
        let value = match (value, redacted) {
            (_, true) => "***",
            (Some(value), _) => value,
            (None, _) => "?",
        };
        let place = provenance
            .first()
            .map_or(String::new(), |step| format!("{}:{}", step.location.path, step.location.start.line));
        let shown = [value, status.as_str(), &place];
        if shown[..fields.len().min(3)] != fields[..] {
            let _ =
                writeln!(problems, "  {name}: {} expected, found {}", fields.join(" | "), shown.join(" | "));
        }
    }
    problems
}
