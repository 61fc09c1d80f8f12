//! Blocks become statements: what may claim something, with the mark that it carries.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use crate::{
    Said,
    blocks::{Block, Kind},
    marks::{Mark, bare, sign, word},
    phrases, wording,
};

/// Something that a report states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) line: u32,
    /// As it is shown.
    pub(crate) shown: String,
    /// What it speaks of, without marks.
    pub(crate) text: String,
    /// What stands beside it in the row, without marks.
    pub(crate) notes: Vec<String>,
    /// A number that stands for it in the row or after a colon.
    pub(crate) number: Option<u64>,
    pub(crate) mark: Option<Mark>,
    /// A problem that is told as one: a heading or a row with a severity.
    pub(crate) is_issue: bool,
    /// The headings above it.
    pub(crate) headings: Vec<String>,
}

fn pattern(pattern: &'static str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|_| unreachable!("a test builds all of them"))
}

/// Sections that hold no claim.
static ASIDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(recommend\w*|next steps?|remediation( plan| steps?)?|action (items?|plan)|to-?dos?|roadmap|future( work)?|how to|references?|examples?|appendix|glossary|background|attack (vectors?|scenarios?)|root cause|impact|vulnerable code|before the fix|testing instructions|usage|related (files|documents)|table of contents|prioriti[sz]ed? fix\w*|fixes? required|remaining actions?|improvements?|suggestions?|best practices for|guidelines?|procedures?)\b",
    )
});
/// `Label: value`.
static LABEL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*([A-Za-z][\w /&()-]{1,40}?)\s*:\s*(.+)$"));
static SEVERITY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)[\[(]?\b(critical|high|medium|moderate|low)\b[\])]?"));
static TAGGED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(\[|\(|^\s*|\d\.\s*)(critical|high|medium|moderate|low)(\]|\)|:)"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\D{0,3}(\d[\d,]*)\b"));

/// Titles of columns that say how something stands, and that explain it.
const STATUS: &[&str] = &[
    "status",
    "result",
    "results",
    "pass",
    "pass/fail",
    "state",
    "compliance",
    "compliant",
    "implemented",
    "verdict",
    "outcome",
    "check result",
    "protected",
    "enabled",
    "secure",
    "production",
    "value",
    "count",
    "passed",
    "ok",
    "✓",
    "✅",
    "assessment",
    "met",
    "fixed",
    "covered",
    "grade",
];
const NOTES: &[&str] = &[
    "notes",
    "note",
    "details",
    "detail",
    "evidence",
    "comment",
    "comments",
    "mitigation",
    "mitigations",
    "implementation",
    "finding",
    "findings",
    "description",
    "how",
    "remarks",
    "measure",
];
const OTHERS: &[&str] = &[
    "#",
    "no",
    "no.",
    "id",
    "severity",
    "location",
    "effort",
    "file",
    "line",
    "priority",
    "development",
    "staging",
    "cwe",
    "owner",
    "risk level",
];

/// The statements of a report, in its order.
pub(crate) fn statements(blocks: &[Block]) -> Vec<Statement> {
    let mut out = Vec::new();
    // Lines that were read with the heading of a problem.
    let mut taken = BTreeSet::new();
    for (index, block) in blocks.iter().enumerate() {
        if block.headings.iter().any(|heading| ASIDE.is_match(heading)) {
            continue;
        }
        if taken.contains(&block.line) && matches!(block.kind, Kind::Line | Kind::Item(_)) {
            continue;
        }
        match &block.kind {
            Kind::Heading(level) => heading(block, *level, &blocks[index + 1..], &mut taken, &mut out),
            Kind::Row(cells) => row(block, cells, &mut out),
            Kind::Item(ticked) => item(block, *ticked, &mut out),
            Kind::Line => line(block, &mut out),
        }
    }
    out
}

fn statement(block: &Block, text: &str, mark: Option<Mark>) -> Statement {
    Statement {
        line: block.line,
        shown: block.text.clone(),
        text: bare(text),
        notes: Vec::new(),
        number: None,
        mark,
        is_issue: false,
        headings: block.headings.clone(),
    }
}

/// A heading with a mark, or one of a problem: with a severity, and maybe with a status below.
fn heading(block: &Block, level: u8, below: &[Block], taken: &mut BTreeSet<u32>, out: &mut Vec<Statement>) {
    if ASIDE.is_match(&block.text) {
        return;
    }
    if let Some(mark) = sign(&block.text) {
        out.push(statement(block, &block.text, Some(mark)));
        return;
    }
    let is_tagged = TAGGED.is_match(&block.text);
    if !is_tagged && phrases::find(&block.text).is_empty() {
        return;
    }
    let mut status = None;
    let mut has_severity = is_tagged;
    // Labels belong to the nearest heading above them that is a problem's.
    let mut inner: Option<u8> = None;
    for other in below {
        if let Kind::Heading(depth) = other.kind {
            if depth <= level {
                break;
            }
            if inner.is_some_and(|inner| depth <= inner) {
                inner = None;
            }
            if inner.is_none() && TAGGED.is_match(&other.text) {
                inner = Some(depth);
            }
        }
        if inner.is_some() || !matches!(other.kind, Kind::Line | Kind::Item(_)) {
            continue;
        }
        let Some(label) = LABEL.captures(&other.text) else { continue };
        match label[1].trim().to_lowercase().as_str() {
            "status" if status.is_none() => {
                status = word(&label[2]);
                taken.insert(other.line);
            }
            "severity" => has_severity |= SEVERITY.is_match(&label[2]),
            _ => {}
        }
    }
    if !has_severity {
        return;
    }
    let mark = match status {
        Some(Mark::NotFound) => Some(Mark::Said(Said::Holds)),
        Some(mark) => Some(mark),
        None => Some(Mark::Said(Said::Fails)),
    };
    // What is still to be done about a problem is not done.
    let mark = match mark {
        Some(Mark::Said(Said::Open)) if !is_accepted(below, level) => Some(Mark::Said(Said::Fails)),
        mark => mark,
    };
    out.push(Statement { is_issue: true, ..statement(block, &block.text, mark) });
}

fn is_accepted(below: &[Block], level: u8) -> bool {
    below
        .iter()
        .take_while(|other| !matches!(other.kind, Kind::Heading(other) if other <= level))
        .filter_map(|other| LABEL.captures(&other.text))
        .any(|label| {
            label[1].trim().eq_ignore_ascii_case("status") && !label[2].to_lowercase().contains("todo")
        })
}

fn row(block: &Block, cells: &[(String, String)], out: &mut Vec<Statement>) {
    let title = |at: usize| cells[at].0.trim().to_lowercase();
    let is = |list: &[&str], at: usize| list.contains(&title(at).as_str());
    let has_production = (0..cells.len()).any(|at| title(at) == "production");
    let marked = |at: usize| word(&cells[at].1).is_some();
    let status = (0..cells.len())
        .rev()
        .find(|at| {
            *at > 0
                && is(STATUS, *at)
                && (!has_production || title(*at) == "production" || title(*at) == "status")
        })
        .or_else(|| {
            (1..cells.len()).rev().find(|at| marked(*at) && sign(&cells[*at].1).is_some() && !is(OTHERS, *at))
        });
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '#');
    let subject = (0..cells.len())
        .find(|at| Some(*at) != status && !is_number(bare(&cells[*at].1).as_str()) && !is(OTHERS, *at));
    let Some(subject) = subject else { return };
    let severity = (0..cells.len()).any(|at| title(at).starts_with("severity"));
    let mark = status.and_then(|at| word(&cells[at].1)).or_else(|| sign(&cells[subject].1));
    let number = status.and_then(|at| number(&cells[at].1));
    let is_issue = severity && !matches!(mark, Some(Mark::NotFound | Mark::Said(Said::Holds)));
    let mark = match (mark, is_issue) {
        (None, true) => Some(Mark::Said(Said::Fails)),
        (mark, _) => mark,
    };
    if mark.is_none() && number.is_none() && status.is_none() {
        // A table of something else.
        return;
    }
    let notes = (0..cells.len())
        .filter(|at| *at != subject && Some(*at) != status && is(NOTES, *at))
        .map(|at| bare(&cells[at].1))
        .filter(|note| !note.is_empty())
        .collect();
    // A value that is no mark belongs to what it is the value of.
    let value = status.filter(|_| mark.is_none() && number.is_none()).map(|at| cells[at].1.as_str());
    let text = match value {
        Some(value) => format!("{}: {value}", cells[subject].1),
        None => cells[subject].1.clone(),
    };
    out.push(Statement { notes, number, is_issue, ..statement(block, &text, mark) });
}

fn number(text: &str) -> Option<u64> {
    let plain = bare(text);
    let digits = NUMBER.captures(plain.trim())?.get(1)?.as_str().replace(',', "");
    // "0 secrets found" is a number, "2 of 3" and "64-character" are none.
    let rest = plain.trim().get(digits.len()..).unwrap_or_default();
    if rest.starts_with(['-', '.', '/', '%']) || rest.trim_start().starts_with("of ") {
        return None;
    }
    digits.parse().ok()
}

fn item(block: &Block, ticked: Option<bool>, out: &mut Vec<Statement>) {
    let found = sign(&block.text);
    let mark = match (ticked, found) {
        (Some(true), None) => Some(Mark::Said(Said::Holds)),
        (Some(true), Some(Mark::Said(Said::Holds))) => found,
        (Some(true), Some(_)) => Some(Mark::Mixed),
        (Some(false), Some(Mark::Said(Said::Fails))) => found,
        (Some(false), _) => Some(Mark::Said(Said::Open)),
        (None, found) => found,
    };
    labelled(block, mark, out);
}

fn line(block: &Block, out: &mut Vec<Statement>) {
    labelled(block, sign(&block.text), out);
}

/// A text that may be `label: value`; without a mark each of its sentences stands alone.
fn labelled(block: &Block, mark: Option<Mark>, out: &mut Vec<Statement>) {
    let plain = bare(&block.text);
    if let Some(label) = LABEL.captures(&plain) {
        let name = label[1].trim().to_lowercase();
        // Labels of a problem were read with its heading.
        if matches!(
            name.as_str(),
            "severity"
                | "location"
                | "cwe"
                | "effort"
                | "risk"
                | "description"
                | "confidence"
                | "tool"
                | "scope"
                | "note"
                | "date"
                | "estimated time"
                | "impact"
                | "mode"
                | "fix"
                | "file"
                | "priority"
                | "task"
                | "solution"
                | "purpose"
                | "objective"
                | "goal"
                | "requirement"
                | "recommendation"
                | "suggestion"
                | "action"
                | "action required"
                | "todo"
                | "next"
        ) {
            return;
        }
        let value = word(&label[2]);
        let number = number(&label[2]);
        let mark = mark.or(value);
        if mark.is_some() || number.is_some() {
            let is_value = value.is_some() || number.is_some();
            let text = if is_value { label[1].to_owned() } else { plain.clone() };
            out.push(Statement { number, ..statement(block, &text, mark) });
            return;
        }
    }
    // `thing → not found`.
    if let Some((thing, value)) = plain.split_once('→')
        && let Some(found) = word(value)
    {
        out.push(statement(block, thing, Some(found)));
        return;
    }
    if mark.is_some() {
        out.push(statement(block, &block.text, mark));
        return;
    }
    for sentence in sentences(&plain) {
        if !wording::is_no_fact(sentence) && !wording::is_foreign(sentence) && !sentence.contains('→') {
            out.push(Statement { shown: sentence.to_owned(), ..statement(block, sentence, None) });
        }
    }
}

fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(['.', '!', '?']) {
        let rest = &text[at + 1..];
        let ends = rest.is_empty()
            || (rest.starts_with(' ')
                && rest.trim_start().starts_with(|c: char| c.is_uppercase() || !c.is_alphanumeric()));
        if ends {
            out.push(text[start..=at].trim().trim_end_matches('.'));
            start = at + 1;
        }
    }
    let rest = text[start..].trim();
    if !rest.is_empty() {
        out.push(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::blocks;

    fn of(text: &str) -> Vec<(u32, String, Option<Mark>)> {
        let made = statements(&blocks(text));
        made.into_iter().map(|one| (one.line, one.text, one.mark)).collect()
    }

    fn said(text: &str, said: Said, line: u32) -> (u32, String, Option<Mark>) {
        (line, text.to_owned(), Some(Mark::Said(said)))
    }

    #[test]
    fn every_form_of_a_claim_is_read() {
        let text = "# Report\n\n- [x] CSRF on\n- [ ] HSTS on\n\n| # | Check | Status | Notes |\n|--|--|--|--|\n| 1 | XSS | ✅ PASS | escaped |\n| 2 | SQLi | ❌ FAIL | |\n\n### Rate limits ✅\n\nPasswords are hashed. Enable HSTS.\n\n**Login:** ✅ limited\n";
        let found = of(text);
        assert_eq!(found[0], said("CSRF on", Said::Holds, 3));
        assert_eq!(found[1], said("HSTS on", Said::Open, 4));
        assert_eq!(found[2], said("XSS", Said::Holds, 8));
        assert_eq!(found[3], said("SQLi", Said::Fails, 9));
        assert_eq!(found[4], said("Rate limits", Said::Holds, 11));
        assert_eq!(found[5], (13, "Passwords are hashed".to_owned(), None));
        assert_eq!(found[6], said("Login: limited", Said::Holds, 15));
        assert_eq!(found.len(), 7, "{found:?}");
    }

    #[test]
    fn some_sections_and_code_hold_none() {
        let text = "# A\n\n## Next steps\n\n- [x] CSRF on\n\n### Deeper\n\n- CSRF is on ✅\n\n## Recommendations\n\nCSRF is enabled.\n\n## B\n\n```\nCSRF ✅\n```\n\n    HSTS ✅\n\n~~CSRF ✅~~\n";
        assert_eq!(of(text), []);
        assert_eq!(of("---\ntitle: CSRF ✅\n---\n\n<!-- CSRF ✅ -->\n"), []);
    }

    #[test]
    fn problems_are_told_by_their_headings() {
        let text = "# R\n\n### 1. [HIGH] Debug mode\n\n**Severity:** HIGH\n**Status:** TODO\n\n### 2. [LOW] Weak hash\n\nText.\n\n**Status:** FIXED\n\n## Critical: Debug server (CWE-489)\n\n### Summary\n\n**Severity**: CRITICAL\n**Status**: FIXED\n";
        let found = of(text);
        assert_eq!(found[0], said("1. [HIGH] Debug mode", Said::Fails, 3), "{found:?}");
        assert_eq!(found[1].2, Some(Mark::Said(Said::Holds)), "{found:?}");
        let last =
            found.iter().find(|one| one.1.starts_with("Critical")).unwrap_or_else(|| panic!("{found:?}"));
        assert_eq!(last.2, Some(Mark::Said(Said::Holds)));
    }

    #[test]
    fn numbers_and_arrows() {
        let found = statements(&blocks(
            "- High severity issues: 0\n- `password` → Not found ✅\n\n| Metric | Result |\n|-|-|\n| **Critical Issues** | 1 |\n| Lines | 5,991 |\n",
        ));
        assert_eq!((found[0].text.as_str(), found[0].number), ("High severity issues", Some(0)));
        assert_eq!((found[1].text.trim(), found[1].mark), ("password", Some(Mark::NotFound)), "{found:?}");
        assert_eq!((found[2].text.as_str(), found[2].number), ("Critical Issues", Some(1)));
        assert_eq!(found[3].number, Some(5991));
    }
}
