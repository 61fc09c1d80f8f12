//! The marks by which reports say that something is in order: signs, words in a column, boxes.

use std::borrow::Cow;

use crate::Said;

/// Signs whose bytes were read in another encoding, and what they were.
const DAMAGED: &[(&str, &str)] = &[
    ("‚úÖ", "✅"),
    ("‚ùå", "❌"),
    ("‚ö†Ô∏è", "⚠️"),
    ("‚ö†", "⚠"),
    ("‚Äî", "—"),
    ("‚Üí", "→"),
    ("âœ…", "✅"),
    ("âŒ", "❌"),
    ("âš ï¸", "⚠️"),
    ("âš\u{a0}ï¸\u{8f}", "⚠️"),
    ("â†’", "→"),
    ("â€”", "—"),
];

const YES: &[char] = &['✅', '☑', '✔', '✓', '🟩', '👍'];
const NO: &[char] = &['❌', '✗', '✘', '✖', '🚫', '⛔', '👎'];
const OPEN: &[char] = &['⚠', '⏳', '🔄', '⬜', '☐', '📋', '🚧', '❓', '❔', '🔲', '🟡', '🟠', '⏸'];
/// Signs that say how bad something is, and nothing else.
const OTHER: &[char] =
    &['🔴', '🟢', '🔵', '⚪', '⚫', '\u{fe0f}', '🔒', '🛡', '🔐', '🔑', '🎉', '🚀', '📊', '🔍'];

const YES_WORDS: &[&str] = &[
    "pass",
    "passed",
    "passes",
    "passing",
    "ok",
    "okay",
    "yes",
    "y",
    "done",
    "true",
    "enabled",
    "active",
    "compliant",
    "implemented",
    "secure",
    "secured",
    "fixed",
    "resolved",
    "verified",
    "validated",
    "complete",
    "completed",
    "configured",
    "protected",
    "enforced",
    "good",
    "clean",
    "in place",
    "present",
    "mitigated",
    "safe",
    "met",
    "approved",
    "closed",
    "remediated",
    "patched",
    "addressed",
    "success",
    "covered",
];
const NO_WORDS: &[&str] = &[
    "fail",
    "failed",
    "fails",
    "failing",
    "no",
    "n",
    "false",
    "missing",
    "disabled",
    "vulnerable",
    "non-compliant",
    "noncompliant",
    "not compliant",
    "not implemented",
    "not enabled",
    "not configured",
    "not enforced",
    "not in place",
    "absent",
    "insecure",
    "open",
    "bad",
    "not met",
    "blocked",
    "unprotected",
    "not protected",
    "exposed",
    "broken",
    "unresolved",
    "not fixed",
    "confirmed vulnerable",
    "issue found",
    "found",
    "detected",
];
const OPEN_WORDS: &[&str] = &[
    "warn",
    "warning",
    "todo",
    "to do",
    "tbd",
    "partial",
    "partially",
    "pending",
    "in progress",
    "n/a",
    "na",
    "unknown",
    "review",
    "review needed",
    "needs review",
    "not tested",
    "not verified",
    "unverified",
    "verify",
    "accepted",
    "accepted risk",
    "risk accepted",
    "planned",
    "recommended",
    "optional",
    "skipped",
    "not applicable",
    "not checked",
    "manual",
    "deferred",
    "wip",
    "acceptable",
    "info",
    "conditional",
];
const NOTHING_WORDS: &[&str] = &[
    "not found",
    "none",
    "none found",
    "not detected",
    "0 found",
    "nil",
    "0",
    "not present",
    "no issues",
    "no issues found",
    "nothing found",
];

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// What stands there is as it should be, or not.
    Said(Said),
    /// What stands there was not found, whatever that is worth.
    NotFound,
    /// Several marks that disagree.
    Mixed,
}

/// `text` with signs whose encoding was damaged made whole.
pub(crate) fn repaired(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for (damaged, whole) in DAMAGED {
        if out.contains(damaged) {
            out = Cow::Owned(out.replace(damaged, whole));
        }
    }
    out
}

/// What the signs in `text` say.
pub(crate) fn sign(text: &str) -> Option<Mark> {
    let mut found = None;
    for c in text.chars() {
        let said = match c {
            c if YES.contains(&c) => Said::Holds,
            c if NO.contains(&c) => Said::Fails,
            c if OPEN.contains(&c) => Said::Open,
            _ => continue,
        };
        match found {
            None => found = Some(Mark::Said(said)),
            Some(known) if known == Mark::Said(said) => {}
            Some(_) => return Some(Mark::Mixed),
        }
    }
    found
}

/// What a text says that is nothing but a mark: a cell of a column, what follows a label.
pub(crate) fn word(text: &str) -> Option<Mark> {
    let signs = sign(text);
    let plain = bare(text).to_lowercase();
    let plain = plain.trim_matches(|c: char| !c.is_alphanumeric() && c != '/').trim();
    let one = |plain: &str| {
        if NOTHING_WORDS.contains(&plain) {
            Some(Mark::NotFound)
        } else if YES_WORDS.contains(&plain) {
            Some(Mark::Said(Said::Holds))
        } else if NO_WORDS.contains(&plain) {
            Some(Mark::Said(Said::Fails))
        } else if OPEN_WORDS.contains(&plain) {
            Some(Mark::Said(Said::Open))
        } else {
            None
        }
    };
    // "PASS (0 findings)", "WARN - placeholder values".
    let first = plain
        .split(['(', ':', ';', '—', '–'])
        .next()
        .unwrap_or(plain)
        .split(" - ")
        .next()
        .unwrap_or(plain)
        .trim();
    let said = one(plain).or_else(|| one(first));
    match (signs, said) {
        (None, said) => said,
        (Some(sign), None) => Some(sign),
        (Some(sign), Some(said)) if sign == said => Some(sign),
        // "✅ Not found" and "⚠️ FAIL": the words say more.
        (Some(Mark::Said(Said::Holds)), Some(Mark::NotFound)) => Some(Mark::Said(Said::Holds)),
        (Some(Mark::Said(Said::Open)), Some(said)) => Some(said),
        (Some(_), Some(_)) => Some(Mark::Mixed),
    }
}

/// `text` without signs.
pub(crate) fn bare(text: &str) -> String {
    let is_sign = |c: char| YES.contains(&c) || NO.contains(&c) || OPEN.contains(&c) || OTHER.contains(&c);
    text.chars().filter(|c| !is_sign(*c)).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_apart() {
        assert_eq!(word("✅ PASS"), Some(Mark::Said(Said::Holds)));
        assert_eq!(word("**FAIL**"), Some(Mark::Said(Said::Fails)));
        assert_eq!(word("⚠️ WARN"), Some(Mark::Said(Said::Open)));
        assert_eq!(word("✅ FAIL"), Some(Mark::Mixed));
        assert_eq!(word("Not found"), Some(Mark::NotFound));
        assert_eq!(word("PASS (0 findings)"), Some(Mark::Said(Said::Holds)));
        assert_eq!(word("a sentence"), None);
        assert_eq!(sign("x ✅ y ❌"), Some(Mark::Mixed));
        assert_eq!(repaired("‚úÖ PASS"), "✅ PASS");
        assert_eq!(bare("🔴 HIGH ✅"), "HIGH");
    }
}
