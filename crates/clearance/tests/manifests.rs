//! Situations in which an application names its packages: what is read of each (`situations/manifests.toml`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{collections::BTreeMap, fs, path::Path};

use common::Tree;
use serde::Deserialize;

#[derive(Deserialize)]
struct Situations {
    situation: Vec<Situation>,
}

#[derive(Deserialize)]
struct Situation {
    name: String,
    #[serde(default)]
    encoding: String,
    #[serde(default)]
    options: Vec<String>,
    expected: Vec<String>,
    files: BTreeMap<String, String>,
}

impl Situation {
    fn write(&self, folder: &Path) {
        for (path, text) in &self.files {
            let bytes = match self.encoding.as_str() {
                "" => text.clone().into_bytes(),
                "utf-8-sig" => format!("\u{feff}{text}").into_bytes(),
                "utf-16" => {
                    format!("\u{feff}{text}").encode_utf16().flat_map(|unit| unit.to_le_bytes()).collect()
                }
                other => panic!("{other}"),
            };
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
    }
}

fn situations() -> Vec<Situation> {
    let all: Situations = toml::from_str(include_str!("situations/manifests.toml")).unwrap();
    all.situation
}

/// Dependencies of a report: `name version scope`, without the scope in production.
fn read(report: &serde_json::Value) -> Vec<String> {
    let one = |dependency: &serde_json::Value| {
        let text = |key: &str| dependency[key].as_str();
        let version = text("version").or(text("range")).unwrap_or("(any)");
        let scope = text("scope").filter(|scope| *scope != "production");
        let scope = scope.map_or(String::new(), |scope| format!(" {scope}"));
        format!("{} {version}{scope}", text("name").unwrap())
    };
    let mut all: Vec<String> = report["dependencies"].as_array().unwrap().iter().map(one).collect();
    all.sort();
    all
}

#[test]
fn everything_that_is_named_is_read() {
    let all = situations();
    assert!(all.len() >= 30);
    let mut problems = String::new();
    for situation in all {
        let tree = Tree::new(&[]);
        situation.write(tree.path());
        let mut options = vec!["--isolated", "."];
        options.extend(situation.options.iter().map(String::as_str));
        let found = read(&tree.report(&options));
        if found != situation.expected {
            problems.push_str(&format!(
                "{}\n  expected {:?}\n  found    {found:?}\n",
                situation.name, situation.expected
            ));
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}
