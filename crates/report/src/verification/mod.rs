//! What became of an earlier report, for people and for programs.

mod json;
mod markdown;
mod text;

use std::{fmt, str::FromStr};

use clearance_finding::UnknownWord;
use clearance_verdict::{Answer, Assessment, Commit, Verification, Verified, Way};

/// The JSON Schema (draft 2020-12) of the contract `clearance-verify/1`.
pub const VERIFY_SCHEMA: &str = include_str!("../../schema/clearance-verify-1.schema.json");

/// The formats of what is said about another report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeFormat {
    /// Plain text.
    Text,
    /// For people to keep.
    Markdown,
    /// For programs.
    Json,
}

impl LifeFormat {
    /// All formats.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Markdown, Self::Json];

    /// The word used in options.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for LifeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for LifeFormat {
    type Err = UnknownWord;

    fn from_str(given: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.as_str().eq_ignore_ascii_case(given))
            .ok_or_else(|| UnknownWord { given: given.to_owned(), expected: &["text", "markdown", "json"] })
    }
}

/// Says what became of an earlier report; `now` is the run that looked.
pub fn render_verification(format: LifeFormat, verification: &Verification, now: &Assessment) -> String {
    match format {
        LifeFormat::Text => text::render(verification, now),
        LifeFormat::Markdown => markdown::render(verification, now),
        LifeFormat::Json => json::render(verification, now),
    }
}

/// `app.py:6`, or `app.py:6 → web/app.py:8` for what has moved.
fn place(verified: &Verified, now: &Assessment) -> String {
    let then = format!("{}:{}", verified.then.path, verified.then.line);
    match verified.now.map(|index| &now.findings[index].location) {
        Some(location)
            if *location.path != *verified.then.path || location.start.line != verified.then.line =>
        {
            format!("{then} → {}:{}", location.path, location.start.line)
        }
        _ => then,
    }
}

/// `commit 3f2c1ab of 2026-11-27 by Ada, "Take the debugger out"`.
fn commit(commit: &Commit) -> String {
    match &commit.id {
        Some(id) => {
            let short: String = id.chars().take(10).collect();
            format!("commit {short} of {} by {}, \"{}\"", commit.date, commit.author, commit.subject)
        }
        None => "a change that is not committed".to_owned(),
    }
}

/// One sentence on how something was fixed, without a full stop.
fn way(way: &Way) -> String {
    let at = if way.is_own {
        String::new()
    } else {
        format!(", at {}:{} on the way to it", way.place.path, way.place.line)
    };
    if let Some(why) = &way.why {
        return format!("the commit cannot be told: {why}");
    }
    let (first, rest) = match way.commits.as_slice() {
        [] => return "the commit cannot be told".to_owned(),
        [first, rest @ ..] => (first, rest),
    };
    let with_file = |one: &Commit| if one.removed_file { ", which took the file away" } else { "" };
    if rest.is_empty() {
        return format!("by {}{}{at}", commit(first), with_file(first));
    }
    let all: Vec<String> =
        way.commits.iter().map(|one| format!("{}{}", commit(one), with_file(one))).collect();
    format!("by one or all of {}: {}{at}", way.commits.len(), all.join("; then "))
}

/// `2 fixed, 1 still there`, without what does not occur.
fn counts(verification: &Verification) -> String {
    let words = |answer: Answer| match answer {
        Answer::Still => "still there",
        Answer::Moved => "moved",
        Answer::Unknown => "cannot be told",
        Answer::Accepted => "accepted",
        Answer::Fixed => "fixed",
    };
    let mut parts: Vec<String> = Answer::ALL
        .iter()
        .map(|answer| (verification.count(*answer), words(*answer)))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if parts.is_empty() {
        parts.push("no finding".to_owned());
    }
    parts.push(format!("{} new", verification.new.len()));
    parts.join(", ")
}

/// What it comes to, one sentence without a full stop.
fn outcome(verification: &Verification) -> &'static str {
    match verification.exit_code() {
        0 => "nothing that blocked then still does",
        1 => "something that blocked then still does",
        _ => "of something that blocked then this run cannot say whether it still does",
    }
}

/// `commit 3f2c1ab, changed`, or that none is known.
fn tree(commit: Option<&str>, dirty: Option<bool>) -> String {
    let Some(commit) = commit else { return "no commit".to_owned() };
    let short: String = commit.chars().take(10).collect();
    match dirty {
        Some(true) => format!("commit {short} with changes"),
        _ => format!("commit {short}"),
    }
}
