//! What reports call things: `data/phrases.toml`, read once.

use std::{ops::Range, sync::LazyLock};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// What reports call one thing, and which controls decide it.
#[derive(Debug)]
pub struct Phrase {
    /// What should hold.
    good: Vec<Regex>,
    /// What should not be.
    bad: Vec<Regex>,
    /// Ids of controls.
    pub controls: Vec<String>,
    /// Only findings of these rules contradict; all of the controls', if it is empty.
    pub rules: Vec<String>,
    /// Only findings in code contradict.
    pub code: bool,
    /// What decides it lies outside of the tree: nothing in the tree contradicts.
    pub outside: bool,
    /// It counts only with what a search came to.
    pub searched: bool,
    /// Only a control that fails contradicts.
    pub lenient: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileShape {
    phrase: Vec<PhraseShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhraseShape {
    #[serde(default)]
    good: Vec<String>,
    #[serde(default)]
    bad: Vec<String>,
    controls: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    code: bool,
    #[serde(default)]
    outside: bool,
    #[serde(default)]
    searched: bool,
    #[serde(default)]
    lenient: bool,
}

/// All phrases, in the order of the file.
pub fn phrases() -> &'static [Phrase] {
    static ALL: LazyLock<Vec<Phrase>> =
        LazyLock::new(|| read(include_str!("../data/phrases.toml")).unwrap_or_default());
    &ALL
}

fn read(text: &str) -> Result<Vec<Phrase>, String> {
    let file: FileShape = toml::from_str(text).map_err(|error| error.to_string())?;
    let compile = |given: Vec<String>| -> Result<Vec<Regex>, String> {
        let compile = |pattern: String| {
            // A word's edge, also where the expression begins or ends with a sign.
            let whole = format!(r"(?:^|\b|\s)(?:{pattern})(?:\b|$|\s)");
            RegexBuilder::new(&whole).case_insensitive(true).build().map_err(|error| error.to_string())
        };
        given.into_iter().map(compile).collect()
    };
    file.phrase
        .into_iter()
        .map(|shape| {
            Ok(Phrase {
                good: compile(shape.good)?,
                bad: compile(shape.bad)?,
                controls: shape.controls,
                rules: shape.rules,
                code: shape.code,
                outside: shape.outside,
                searched: shape.searched,
                lenient: shape.lenient,
            })
        })
        .collect()
}

/// A phrase that was found in a text.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub(crate) phrase: &'static Phrase,
    /// Whether it names what should hold.
    pub(crate) good: bool,
    pub(crate) range: Range<usize>,
}

/// The phrases in `text`, none inside of another, in the order of the text.
pub(crate) fn find(text: &str) -> Vec<Match> {
    let mut found: Vec<Match> = Vec::new();
    for phrase in phrases() {
        let both = phrase.good.iter().map(|one| (true, one)).chain(phrase.bad.iter().map(|one| (false, one)));
        for (good, pattern) in both {
            for hit in pattern.find_iter(text) {
                let start = hit.start() + (hit.as_str().len() - hit.as_str().trim_start().len());
                let end = start + hit.as_str().trim().len();
                found.push(Match { phrase, good, range: start..end });
            }
        }
    }
    // The longest first; among equally long ones those of the file's order.
    found.sort_by_key(|one| std::cmp::Reverse(one.range.len()));
    let mut kept: Vec<Match> = Vec::new();
    for one in found {
        let meets = |other: &Match| other.range.start < one.range.end && one.range.start < other.range.end;
        let is_same = |other: &Match| {
            other.phrase.controls == one.phrase.controls
                && other.phrase.rules == one.phrase.rules
                && other.phrase.code == one.phrase.code
        };
        if !kept.iter().any(meets) && !kept.iter().any(is_same) {
            kept.push(one);
        }
    }
    kept.sort_by_key(|one| one.range.start);
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clearance_verdict::controls;

    use super::*;

    #[test]
    fn the_file_is_read_whole_and_names_what_exists() {
        let all = read(include_str!("../data/phrases.toml")).unwrap_or_else(|error| panic!("{error}"));
        let known: BTreeSet<&str> = controls().iter().map(|control| control.id.as_str()).collect();
        let rules: BTreeSet<&str> = controls()
            .iter()
            .flat_map(|control| control.rules.iter().chain(&control.also))
            .map(String::as_str)
            .collect();
        for phrase in &all {
            assert!(phrase.good.len() + phrase.bad.len() > 0, "{phrase:?}");
            for id in &phrase.controls {
                assert!(known.contains(id.as_str()), "no control {id}");
            }
            for id in &phrase.rules {
                assert!(rules.contains(id.as_str()), "no rule {id}");
            }
        }
    }

    #[test]
    fn the_longest_counts() {
        let ids = |text: &str| -> Vec<&str> {
            find(text).iter().map(|one| one.phrase.controls[0].as_str()).collect()
        };
        assert_eq!(ids("NoSQL injection"), ["nosql-injection"]);
        assert_eq!(ids("SQL injection protection (ORM)"), ["sql-injection"]);
        assert_eq!(ids("no unsafe |safe filters on user data"), ["cross-site-scripting"]);
        assert!(find("X-XSS-Protection: 1").iter().all(|one| one.phrase.controls.is_empty()));
        assert_eq!(ids("strong auth, rate limiting, 2FA"), ["login-rate-limit", "second-factor"]);
        assert!(ids("nothing of the kind").is_empty());
    }
}
