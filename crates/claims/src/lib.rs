//! What a report that somebody wrote claims, held against an assessment.
//!
//! In: the text of a report in Markdown, and an `Assessment`. Out: [`Held`], each claim with whether the run confirms it, contradicts it, or cannot
//! say, and all that was not understood. Nothing of the report is taken for true, and nothing here reads a file.

mod blocks;
mod judge;
mod marks;
mod phrases;
mod render;
mod statements;
mod subjects;
mod wording;

use clearance_verdict::Assessment;

pub use judge::{Evidence, Verdict};
pub use phrases::{Phrase, phrases};
pub use render::{CLAIMS_SCHEMA, render};
pub use subjects::Subject;

/// Most bytes of a report.
pub const MAX_REPORT: u64 = 8 << 20;
/// Most claims of one report.
const MAX_CLAIMS: usize = 20_000;

/// What a report says of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is as it should be.
    Holds,
    /// It is not.
    Fails,
    /// Neither: it is left open, or still to be done.
    Open,
}

impl Said {
    /// Stable lower-case name for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Open => "open",
        }
    }
}

/// A claim of a report, and what the run says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its line in the report, from 1.
    pub line: u32,
    /// Its words, in one line.
    pub text: String,
    /// What it is about; nothing, if it was not understood.
    pub subject: Option<Subject>,
    /// What it says of that.
    pub said: Said,
    /// What the run says.
    pub verdict: Verdict,
    /// Why, one clause each.
    pub evidence: Vec<Evidence>,
}

/// A report, held against an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The report, as it was named.
    pub file: String,
    /// Its claims, in its order.
    pub claims: Vec<Claim>,
    /// Whether there were more than a bound allows.
    pub is_cut: bool,
}

impl Held {
    /// How many claims have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.claims.iter().filter(|claim| claim.verdict == verdict).count()
    }
}

/// Holds the report `text`, which was found in `file`, against `assessment`.
pub fn hold(file: &str, text: &str, assessment: &Assessment) -> Held {
    let text = marks::repaired(text);
    let statements = statements::statements(&blocks::blocks(&text));
    let mut claims = Vec::new();
    let mut is_cut = false;
    'all: for statement in statements {
        for (subject, said) in subjects::claims(&statement, assessment) {
            if claims.len() == MAX_CLAIMS {
                is_cut = true;
                break 'all;
            }
            let (verdict, evidence) = match &subject {
                None => (Verdict::NotUnderstood, Vec::new()),
                Some(subject) => judge::judge(subject, said, assessment),
            };
            claims.push(Claim {
                line: statement.line,
                text: statement.shown.clone(),
                subject,
                said,
                verdict,
                evidence,
            });
        }
    }
    Held { file: file.to_owned(), claims, is_cut }
}
