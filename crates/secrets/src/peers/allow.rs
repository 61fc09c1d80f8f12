//! Lists of what is allowed, as gitleaks has them: by path, by the text of the credential or around it, by words in it.

use std::sync::Arc;

use regex::{Regex, bytes};

use super::{FAMILY, go_syntax::translate};
use crate::{
    detector::Detector,
    search::{Match, Searcher, What},
};

/// Largest compiled expression, in bytes.
const MAX_REGEX: usize = 256 << 10;
/// Most words of one list.
const MOST: usize = 10_000;

/// What a list looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Secret,
    Match,
    Line,
}

/// Says what is allowed.
#[derive(Debug, Clone)]
pub struct Allowlist {
    /// The file that says so, and the list in it, for a report.
    pub(super) told: Arc<str>,
    /// The rules that it is about, by their names at gitleaks; nothing for all.
    pub(super) rules: Option<Vec<String>>,
    /// Whether all that it names must hold, or one of it.
    pub(super) all: bool,
    pub(super) commits: Vec<String>,
    pub(super) paths: Vec<Regex>,
    pub(super) target: Target,
    pub(super) regexes: Vec<bytes::Regex>,
    pub(super) stopwords: Vec<String>,
}

/// The rule of an identity applies to files of these paths only.
#[derive(Debug, Clone)]
pub struct OnlyIn {
    /// The detector.
    pub(super) detector: String,
    pub(super) path: Regex,
}

/// What lists say of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowance {
    /// Nothing.
    None,
    /// It is none: the rule that found it says so itself.
    NoMatch,
    /// It may stay, and who says so.
    Accepted(Arc<str>),
}

/// Everything that was said about what is found.
#[derive(Debug, Clone, Default)]
pub struct Rulings {
    /// The lists.
    pub lists: Vec<Allowlist>,
    /// Rules for some files only.
    pub only: Vec<OnlyIn>,
}

/// A text to be looked at, with what is around it.
struct Site<'a> {
    path: &'a str,
    secret: &'a [u8],
    whole: &'a [u8],
    line: &'a [u8],
}

impl Rulings {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.only.is_empty()
    }

    /// What is said of a match in a text.
    pub fn of(&self, searcher: &Searcher, path: &str, text: &[u8], found: &Match) -> Allowance {
        let detector = match found.what {
            What::Known(number) => searcher.detectors().get(number),
            What::InAddress | What::Named => None,
        };
        let imported = detector.is_some_and(|detector| detector.family == FAMILY);
        if imported
            && self.only.iter().any(|only| {
                detector.is_some_and(|detector| detector.id == only.detector) && !only.path.is_match(path)
            })
        {
            return Allowance::NoMatch;
        }
        let about: Vec<&Allowlist> =
            self.lists.iter().filter(|list| list.is_about(found.what, detector)).collect();
        if about.is_empty() {
            return Allowance::None;
        }
        let start = memchr::memrchr(b'\n', &text[..found.range.start]).map_or(0, |end| end + 1);
        let end =
            memchr::memchr(b'\n', &text[found.range.end..]).map_or(text.len(), |end| found.range.end + end);
        let whole = searcher.whole(text, found).unwrap_or(found.range.clone());
        let whole = if found.layers.is_empty() { &text[whole] } else { &found.value };
        let site = Site { path, secret: &found.value, whole, line: &text[start..end] };
        match about.into_iter().find(|list| list.allows(&site)) {
            None => Allowance::None,
            Some(_) if imported => Allowance::NoMatch,
            Some(list) => Allowance::Accepted(Arc::clone(&list.told)),
        }
    }

    /// Who allows what a commit brought, if somebody does.
    pub fn of_commit(&self, commit: &str) -> Option<&Arc<str>> {
        let named = |list: &&Allowlist| {
            list.rules.is_none() && list.commits.iter().any(|other| other.eq_ignore_ascii_case(commit))
        };
        self.lists.iter().find(|list| !list.all && named(list)).map(|list| &list.told)
    }
}

/// Whether gitleaks calls what was found so.
pub(super) fn is_called(rule: &str, what: What, detector: Option<&Detector>) -> bool {
    match (what, detector) {
        (What::Named, _) => rule == "generic-api-key",
        (_, Some(detector)) => {
            detector.id == rule
                || detector.aliases.iter().any(|alias| alias.strip_prefix("gitleaks:") == Some(rule))
        }
        _ => false,
    }
}

impl Allowlist {
    fn is_about(&self, what: What, detector: Option<&Detector>) -> bool {
        self.rules.as_ref().is_none_or(|rules| rules.iter().any(|rule| is_called(rule, what, detector)))
    }

    fn allows(&self, site: &Site<'_>) -> bool {
        let target = match self.target {
            Target::Secret => site.secret,
            Target::Match => site.whole,
            Target::Line => site.line,
        };
        let lower = || String::from_utf8_lossy(site.secret).to_lowercase();
        let checks = [
            (!self.commits.is_empty()).then_some(false),
            (!self.paths.is_empty()).then(|| self.paths.iter().any(|path| path.is_match(site.path))),
            (!self.regexes.is_empty()).then(|| self.regexes.iter().any(|regex| regex.is_match(target))),
            (!self.stopwords.is_empty()).then(|| {
                let lower = lower();
                self.stopwords.iter().any(|word| lower.contains(word.as_str()))
            }),
        ];
        let mut given = checks.into_iter().flatten().peekable();
        if self.all { given.peek().is_some() && given.all(|holds| holds) } else { given.any(|holds| holds) }
    }
}

/// An expression over paths.
pub(super) fn path_regex(pattern: &str) -> Result<Regex, String> {
    regex::RegexBuilder::new(&translate(pattern))
        .size_limit(MAX_REGEX)
        .build()
        .map_err(|error| last_line(&error.to_string()))
}

/// An expression over contents.
pub(super) fn text_regex(pattern: &str) -> Result<bytes::Regex, String> {
    bytes::RegexBuilder::new(&translate(pattern))
        .unicode(false)
        .size_limit(MAX_REGEX)
        .build()
        .map_err(|error| last_line(&error.to_string()))
}

/// Of an explanation with a picture, what it says.
pub(super) fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// At most so many words count.
pub(super) fn bounded<T>(mut all: Vec<T>) -> Vec<T> {
    all.truncate(MOST);
    all
}
