//! Patterns on which the matcher takes forever.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::{
    ambiguity::{Ambiguity, ambiguity},
    common::{PATTERN_CALLS, excerpt, given, shown},
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "catastrophic-regex",
    title: "A regular expression can take exponential time",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1333, 400, 730],
    owasp_2021: "A06",
    owasp_2025: "A06",
    aliases: &["py/redos", "py/polynomial-redos", "semgrep:regex_dos"],
    effort_minutes: 20,
    audit: false,
    advice: "Write the pattern so that each text can be matched in one way only: no repetition inside a repetition without a separator that the inner one cannot take, no alternatives that share their beginning",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Call(PATTERN_CALLS, check)], paths: &[] };

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(given) = given(cx, call) else { return };
    let whole = cx.path(call).ends_with(".fullmatch");
    let mut worst: Option<(Ambiguity, &str)> = None;
    for (text, pattern) in &given.patterns {
        let Some(found) = ambiguity(pattern, whole) else {
            continue;
        };
        if worst.as_ref().is_none_or(|(before, _)| power(before) < power(&found)) {
            worst = Some((found, text));
        }
    }
    let range = cx.range(given.argument);
    let Some((found, text)) = worst.filter(|(found, _)| power(found) > 2) else {
        return cx.hold(range, "the time is at most quadratic");
    };
    let text = excerpt(text);
    let draft = match found {
        Ambiguity::Exponential(c) => Draft::new(
            &RULE,
            range,
            format!(
                "The time to reject a text doubles with each further {}: the repetitions of {text:?} can share a run of it out in every way",
                shown(c)
            ),
        ),
        Ambiguity::Polynomial(c, power) => {
            let message =
                format!("{power} repetitions of {text:?} share a run of {} out among themselves", shown(c));
            let reason = format!("the time grows with the power {power} of the length, not exponentially");
            Draft::new(&RULE, range, message).severity(Severity::Low, reason).confidence(Confidence::Medium)
        }
    };
    cx.report(draft.trail(given.trail));
}

fn power(ambiguity: &Ambiguity) -> u32 {
    match ambiguity {
        Ambiguity::Exponential(_) => u32::MAX,
        Ambiguity::Polynomial(_, power) => *power,
    }
}
