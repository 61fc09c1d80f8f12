//! Ranges in character classes that take in more than was meant.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::{
    common::{PATTERN_CALLS, given},
    pattern::Range,
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "overly-large-range",
    title: "A character range takes in more than it names",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[20, 185],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/overly-large-range"],
    effort_minutes: 5,
    audit: false,
    advice: "Name each range of its own (`A-Za-z`), and put a hyphen that stands for itself first, last, or behind a backslash",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Call(PATTERN_CALLS, check)], paths: &[] };

/// Why a range is suspicious.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Its ends are of different kinds, and it takes in other signs between them.
    Mixed,
    /// Between signs, where the hyphen was hardly meant as a range.
    Hyphen,
}

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(given) = given(cx, call) else { return };
    let range = cx.range(given.argument);
    let mut ranges = 0;
    let mut reported = false;
    for (_, pattern) in &given.patterns {
        for class in &pattern.classes {
            for written in class {
                ranges += 1;
                let Some(fault) = fault(*written) else { continue };
                let name = format!("{}-{}", written.low, written.high);
                let extra = extra(*written);
                let draft = match fault {
                    Fault::Mixed => {
                        Draft::new(&RULE, range, format!("The range `{name}` also takes in {extra}"))
                    }
                    Fault::Hyphen => Draft::new(
                        &RULE,
                        range,
                        format!("The hyphen in `{name}` makes a range that takes in {extra}"),
                    )
                    .confidence(Confidence::Medium),
                };
                reported = true;
                cx.report(draft.trail(given.trail.clone()));
            }
        }
    }
    if ranges > 0 && !reported {
        cx.hold(range, "its ranges stay within letters of one case, digits or signs");
    }
}

fn fault(range: Range) -> Option<Fault> {
    let Range { low, high, coded } = range;
    if coded || !low.is_ascii_graphic() || !high.is_ascii_graphic() {
        return None;
    }
    let kinds = (kind(low), kind(high));
    if kinds.0 != kinds.1 {
        // Blocks that terminal sequences and tables of printable signs name on purpose.
        let block = matches!((low, high), ('@', _) | (_, '~') | ('0', '?') | ('!', _));
        return (!block).then_some(Fault::Mixed);
    }
    if kinds.0 != Kind::Sign {
        return None;
    }
    let block = matches!(
        (low, high),
        ('!', _) | (_, '~') | (':', '@') | ('[', '`') | ('@', '_') | ('<', '?') | ('{', '}') | (_, '/')
    );
    if !crosses_letters(low, high) {
        // A range of two or three signs may well be what it says (`,-.` is also what it seems to say).
        let spells_itself = high as u32 - low as u32 <= 1 || (low, high) == (',', '.');
        let beside_hyphen = low < '-' && '-' < high;
        return (beside_hyphen && !spells_itself && !matches!(low, '!' | '#')).then_some(Fault::Hyphen);
    }
    (!block).then_some(Fault::Mixed)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Upper,
    Lower,
    Sign,
}

fn kind(c: char) -> Kind {
    match c {
        '0'..='9' => Kind::Digit,
        'A'..='Z' => Kind::Upper,
        'a'..='z' => Kind::Lower,
        _ => Kind::Sign,
    }
}

fn crosses_letters(low: char, high: char) -> bool {
    (low..=high).any(|c| c.is_ascii_alphanumeric())
}

/// What a range takes in besides its ends, in words.
fn extra(range: Range) -> String {
    let Range { low, high, .. } = range;
    let inner = || (low..=high).filter(|c| *c != low && *c != high);
    let signs: String = inner().filter(|c| kind(*c) == Kind::Sign).collect();
    let mut words: Vec<String> = Vec::new();
    for (wanted, name) in [(Kind::Digit, "digits"), (Kind::Upper, "capitals"), (Kind::Lower, "small letters")]
    {
        let own = kind(low) == wanted || kind(high) == wanted;
        if !own && inner().any(|c| kind(c) == wanted) {
            words.push(name.to_owned());
        }
    }
    if !signs.is_empty() {
        let backtick = signs.contains('`');
        words.push(if backtick { format!("the signs {signs}") } else { format!("the signs `{signs}`") });
    }
    if words.is_empty() { "what lies between its ends".to_owned() } else { words.join(" and ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let judge = |text: &str| {
            let characters: Vec<char> = text.chars().collect();
            fault(Range { low: characters[0], high: characters[2], coded: false })
        };
        for bad in ["A-z", "0-z", "0-f", "$-_", "+-Z", ".-z", "*-z", "_-z"] {
            assert_eq!(judge(bad), Some(Fault::Mixed), "{bad}");
        }
        for bad in ["+-.", "*-.", "+-/"] {
            assert_eq!(judge(bad), Some(Fault::Hyphen), "{bad}");
        }
        for good in [
            "a-z", "A-F", "0-9", "!-~", "!-/", ":-@", "[-`", "{-~", "@-_", "@-~", "0-?", ",-.", ".-/", "@-Z",
            " -~", "à-ü", "#-/", "!-.",
        ] {
            assert_eq!(judge(good), None, "{good}");
        }
    }
}
