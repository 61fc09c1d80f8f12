//! What words assert: whether something is there or not, now, as a fact.

use std::{ops::Range, sync::LazyLock};

use regex::{Regex, RegexBuilder};

use crate::Said;

fn words(pattern: &str) -> Regex {
    let whole = format!(r"(?:^|[^\w-])(?:{pattern})(?:[^\w-]|$)");
    let built = RegexBuilder::new(&whole).case_insensitive(true).build();
    // Each is a constant; a test builds all of them.
    built.unwrap_or_else(|_| unreachable_pattern())
}

fn unreachable_pattern() -> Regex {
    Regex::new("$^").unwrap_or_else(|_| unreachable!("an empty pattern"))
}

macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => {
        $(static $name: LazyLock<Regex> = LazyLock::new(|| words($pattern));)*
        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$((stringify!($name), $pattern)),*];
    };
}

patterns! {
    NEGATORS = r"not|no|never|none|without|n't|isn't|aren't|doesn't|don't|cannot|can't|wasn't|missing|disabled|absent|lacks?|lacking|nothing|zero|0|free of|unable|off|unavailable";
    // What takes something bad away, and leaves something good where it is.
    REMOVERS = r"fixed|resolved|mitigated|prevented|prevents?|patched|removed|eliminated|remediated|blocked|avoided|closed|addressed|protected|protects?|protection|safe|immune|clean|restricted";
    ASSERTED = r"is|are|has|have|enabled|enforced|configured|implemented|in place|active|used|uses?|using|set|required|requires?|present|available|hashed|stored|loaded|validated|sanitized|sanitised|escaped|protected|restricted|limited|pinned|locked|up[ -]to[ -]date|secured?|encrypted|applied|signed|verified|checked|enforces?|provides?|supports?|supported|handled|logged|added|follows?|managed|parameteri[sz]ed|redirected|bound|runs?|running|installed|generated|confirmed|working|complete|verified|passe[sd]|scanned|ignored|marked|monitored|automated";
    EXISTS = r"found|detected|present|exists?|enabled|active|identified|vulnerable|is|are|uses?|used|using|contains?|exposed|exposes|allows?|allowed|due to|possible|exploitable|discovered|remains?|confirmed|left on|on|has|have|leaks?|leaked|committed|listens?|binds?";
    HISTORY = r"previously|in the past|used to|originally|formerly|before the fix|prior to|had been|had|was (?:\w+ly )?(?:vulnerable|enabled|missing|configured|exposed|listening|running|hard-?coded|stored|used|left|set|possible|disabled|accessible|affected|open)|were (?:\w+ly )?(?:vulnerable|enabled|missing|configured|exposed|hard-?coded|stored|used|left|set|possible|accessible|affected)|until now|no longer";
    MODAL = r"should|must|needs? to|need|recommend(?:ed|s|ation)?|consider|will|would|could|may|might|can|todo|to be|planned|plan to|ensure|make sure|going to|expected to|if|unless|when|once|please|ideally|optionally|allow(?:s|ing)? (?:an )?attackers?|attackers?|e\.g\.|example|how to|before deploying";
}

/// Words with which an instruction begins.
const IMPERATIVES: &[&str] = &[
    "enable",
    "add",
    "use",
    "set",
    "configure",
    "implement",
    "fix",
    "review",
    "verify",
    "run",
    "update",
    "rotate",
    "ensure",
    "consider",
    "migrate",
    "replace",
    "remove",
    "deploy",
    "test",
    "document",
    "monitor",
    "keep",
    "check",
    "create",
    "install",
    "avoid",
    "do",
    "don't",
    "never",
    "always",
    "change",
    "move",
    "store",
    "generate",
    "upgrade",
    "validate",
    "sanitize",
    "sanitise",
    "restrict",
    "limit",
    "disable",
    "switch",
    "apply",
    "enforce",
    "require",
    "protect",
    "make",
    "read",
    "see",
    "write",
    "open",
    "confirm",
    "perform",
    "schedule",
    "scan",
    "audit",
    "re-run",
    "rerun",
    "pin",
    "hash",
    "encrypt",
    "escape",
    "harden",
    "plan",
];

/// The clause of `text` that holds `range`: between commas, semicolons, brackets and conjunctions. What follows a colon or an arrow belongs to what is before it.
fn clause(text: &str, range: &Range<usize>) -> Range<usize> {
    let is_edge = |c: char| matches!(c, ',' | ';' | '(' | ')' | '|');
    let before = &text[..range.start];
    let after = &text[range.end..];
    let mut start = before.rfind(is_edge).map_or(0, |at| at + 1);
    let mut end = after.find(is_edge).map_or(text.len(), |at| range.end + at);
    for conjunction in [" but ", " however ", " although ", " while ", ". ", " – ", " — ", " - "] {
        if let Some(at) = before.rfind(conjunction) {
            start = start.max(at + conjunction.len());
        }
        if let Some(at) = after.find(conjunction) {
            end = end.min(range.end + at);
        }
    }
    start.min(range.start)..end
}

fn count(pattern: &Regex, parts: [&str; 2]) -> usize {
    // Neighbours share the sign between them, so that each is looked for on its own.
    parts
        .iter()
        .map(|part| {
            let mut at = 0;
            let mut found = 0;
            while let Some(hit) = pattern.find_at(part, at) {
                found += 1;
                at = hit.end().saturating_sub(1).max(hit.start() + 1);
                if !part.is_char_boundary(at) {
                    break;
                }
            }
            found
        })
        .sum()
}

/// Whether `text` tells of the past, or of what should or may be, and not of what is.
pub(crate) fn is_no_fact(text: &str) -> bool {
    let text = text.trim();
    HISTORY.is_match(text) || MODAL.is_match(text) || text.ends_with('?') || is_instruction(text)
}

/// Whether `text` is plainly of another language than English.
pub(crate) fn is_foreign(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "le", "la", "les", "des", "une", "est", "pour", "et", "dans", "sur", "avec", "aux", "der", "die",
        "das", "und", "ist", "mit", "el", "los", "las", "del", "para", "con", "por", "en", "il", "di", "per",
    ];
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphabetic()).filter(|word| WORDS.contains(word)).count() >= 2
}

/// Whether `text` begins as an instruction does.
pub(crate) fn is_instruction(text: &str) -> bool {
    let first =
        text.split_whitespace().next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
    IMPERATIVES.contains(&first.to_lowercase().as_str())
}

/// What `text` asserts of the thing named at `range`, which is one that should hold (`good`) or not. Nothing: it is only named.
pub(crate) fn asserted(text: &str, range: &Range<usize>, good: bool) -> Option<Said> {
    let clause = clause(text, range);
    let parts = [&text[clause.start..range.start], &text[range.end..clause.end]];
    let own = &text[range.clone()];
    let negations = count(&NEGATORS, parts);
    let is_negated = negations % 2 == 1;
    if good {
        let is_said = is_negated
            || parts.iter().any(|part| ASSERTED.is_match(part))
            || ASSERTED.is_match(own)
            || NEGATORS.is_match(own);
        return is_said.then_some(if is_negated { Said::Fails } else { Said::Holds });
    }
    // "SQL injection prevented" and "not fixed".
    let is_removed = parts.iter().any(|part| REMOVERS.is_match(part));
    if is_removed {
        return Some(if is_negated { Said::Fails } else { Said::Holds });
    }
    if is_negated {
        return Some(Said::Holds);
    }
    let exists = parts.iter().any(|part| EXISTS.is_match(part)) || EXISTS.is_match(own);
    exists.then_some(Said::Fails)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, part: &str, good: bool) -> Option<Said> {
        let start = text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
        asserted(text, &(start..start + part.len()), good)
    }

    #[test]
    fn every_pattern_is_one() {
        for (name, pattern) in ALL {
            assert!(Regex::new(pattern).is_ok(), "{name}");
        }
    }

    #[test]
    fn negations_count() {
        assert_eq!(of("No hardcoded secrets detected", "hardcoded secrets", false), Some(Said::Holds));
        assert_eq!(of("hardcoded secrets found in config.py", "hardcoded secrets", false), Some(Said::Fails));
        assert_eq!(of("CSRF protection is enabled", "CSRF protection", true), Some(Said::Holds));
        assert_eq!(of("CSRF protection is not enabled", "CSRF protection", true), Some(Said::Fails));
        assert_eq!(of("No CSRF protection", "CSRF protection", true), Some(Said::Fails));
        assert_eq!(of("No route is without authentication", "authentication", true), Some(Said::Holds));
        assert_eq!(of("SQL injection prevented by the ORM", "SQL injection", false), Some(Said::Holds));
        assert_eq!(of("SQL injection not fixed", "SQL injection", false), Some(Said::Fails));
        assert_eq!(of("Debug mode disabled", "Debug mode", false), Some(Said::Holds));
        assert_eq!(of("HSTS missing, CSRF enabled", "CSRF", true), Some(Said::Holds));
        assert_eq!(of("SQL injection", "SQL injection", false), None);
        assert_eq!(of("SQL injection: 0", "SQL injection", false), Some(Said::Holds));
    }

    #[test]
    fn what_is_no_fact_is_seen() {
        for text in [
            "The server was listening on 0.0.0.0",
            "CSRF protection should be enabled",
            "Enable CSRF protection",
            "Is CSRF protection enabled?",
            "Consider HSTS",
            "The debugger previously was on",
        ] {
            assert!(is_no_fact(text), "{text}");
        }
        for text in
            ["No secrets were found", "CSRF protection is enabled", "Passwords are hashed with bcrypt"]
        {
            assert!(!is_no_fact(text), "{text}");
        }
    }
}
