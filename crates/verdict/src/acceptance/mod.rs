//! Acceptances: comments and configuration tables that say a finding may stay.
//!
//! In: findings, comments, tables, the day. Out: the same findings, accepted ones marked, and findings about the acceptances themselves.

mod apply;
mod config;
mod parse;
mod range;

use std::sync::Arc;

use clearance_finding::Location;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use apply::{Context, Outcome, apply};
pub use config::{AcceptanceError, ConfigAcceptance, UNTIL_FIXED, is_version_range};
pub use parse::parse;

/// A comment of the target, as the front end hands it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentLine {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// 1-based line of the comment.
    pub line: u32,
    /// Whether nothing but white space stands before it on its line.
    pub own_line: bool,
    /// Its text, from `#` to the end of the line.
    pub text: String,
    /// First and last line of the statement that the comment stands in, or that it precedes when it stands between
    /// statements. Of a compound statement only the header counts. Equal to `(line, line)` when there is none.
    pub statement_lines: (u32, u32),
    /// The comment's own place.
    pub location: Location,
}

/// What a comment asks for. One comment may hold several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Whose language it is written in.
    pub dialect: Dialect,
    /// What it reaches.
    pub scope: Scope,
    /// The rules that it names, as written; `None` when it is for all of them.
    pub names: Option<Vec<String>>,
    /// The reason given.
    pub reason: Option<String>,
    /// The last day on which it holds.
    pub until: Until,
    /// The directive as written, from its `#` on.
    pub text: String,
    /// Where the comment stands.
    pub location: Location,
}

/// The last day of an acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// No end was given.
    Open,
    /// This day is the last.
    Day(Date),
    /// Something was given that is no ISO 8601 date; it never holds.
    Unreadable(String),
}

/// Whose language a directive is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// `# clearance: accept[…]`.
    Own,
    /// `# nosec`, Bandit.
    Nosec,
    /// `# noqa`, Flake8 and Ruff; also for files.
    Noqa,
    /// `# ruff: ignore[…]`, `file-ignore`, `disable` and `enable`.
    Ruff,
    /// `# nosemgrep`, `# nosem`.
    Semgrep,
    /// `# codeql[…]` and `# lgtm[…]`.
    CodeQl,
    /// `# pragma: allowlist secret`, `gitleaks:allow`, `trufflehog:ignore`: rules about secrets only.
    Secrets,
}

/// What a directive reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Findings that begin on lines `first ..= last`; those on line `near` before the others.
    Lines {
        /// First line.
        first: u32,
        /// Last line.
        last: u32,
        /// The line of the comment.
        near: u32,
    },
    /// The whole file.
    File,
    /// From this line to the matching [`Scope::End`], or to the end of the file.
    Begin(u32),
    /// Ends a range.
    End(u32),
}

/// Reads a day in the form `2026-12-31`.
fn read_until(text: &str) -> Until {
    match text.parse::<Date>() {
        Ok(day) if text.len() == 10 => Until::Day(day),
        _ => Until::Unreadable(text.to_owned()),
    }
}
