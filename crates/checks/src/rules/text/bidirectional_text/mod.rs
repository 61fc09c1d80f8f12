//! Characters that change the direction in which source code is shown (CVE-2021-42574).

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::{TextRange, TextSize};

use crate::{CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "bidirectional-text",
    title: "Invisible characters reorder the source code",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[1007, 838],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["B613", "S613", "PLE2502", "trojansource"],
    effort_minutes: 10,
    audit: false,
    advice: "Remove the character; where a text needs it, write it as an escape (`\"\\u202e\"`)",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Module(check)], paths: &[] };

/// What a bidirectional control character does.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Opens an embedding or override: closed by U+202C.
    Embed,
    /// Opens an isolate: closed by U+2069.
    Isolate,
    /// U+202C
    EndEmbed,
    /// U+2069
    EndIsolate,
    /// A mark with a direction of its own, which moves its neighbours at most.
    Mark,
}

/// The control characters of the Unicode Bidirectional Algorithm (UAX #9, table 4): number, abbreviation, role.
const CONTROLS: &[(char, &str, Role)] = &[
    ('\u{061c}', "ALM", Role::Mark),
    ('\u{200e}', "LRM", Role::Mark),
    ('\u{200f}', "RLM", Role::Mark),
    ('\u{202a}', "LRE", Role::Embed),
    ('\u{202b}', "RLE", Role::Embed),
    ('\u{202c}', "PDF", Role::EndEmbed),
    ('\u{202d}', "LRO", Role::Embed),
    ('\u{202e}', "RLO", Role::Embed),
    ('\u{2066}', "LRI", Role::Isolate),
    ('\u{2067}', "RLI", Role::Isolate),
    ('\u{2068}', "FSI", Role::Isolate),
    ('\u{2069}', "PDI", Role::EndIsolate),
];

fn check(cx: &mut Cx<'_, '_>) {
    cx.examined();
    let text = &cx.source().text;
    // All of them are three bytes with these leads, or the two of U+061C.
    if text.is_ascii() || !text.bytes().any(|byte| matches!(byte, 0xe2 | 0xd8)) {
        return;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.bytes().any(|byte| matches!(byte, 0xe2 | 0xd8)) {
            line_check(cx, start, line);
        }
        start += line.len();
    }
}

/// One finding a line, at its first control character.
fn line_check(cx: &mut Cx<'_, '_>, start: usize, line: &str) {
    let found: Vec<(usize, char, &str, Role)> = line
        .char_indices()
        .filter_map(|(at, c)| {
            CONTROLS.iter().find(|control| control.0 == c).map(|control| (at, c, control.1, control.2))
        })
        .collect();
    let Some(&(at, character, name, _)) = found.first() else {
        return;
    };
    let range = |at: usize, c: char| {
        let offset = |at: usize| TextSize::from(u32::try_from(at).unwrap_or(u32::MAX));
        TextRange::new(offset(start + at), offset(start + at + c.len_utf8()))
    };
    let names = {
        let mut names: Vec<String> =
            found.iter().map(|(_, c, name, _)| format!("U+{:04X} {name}", u32::from(*c))).collect();
        names.dedup();
        names.truncate(4);
        names.join(", ")
    };
    let column = line[..at].chars().count() + 1;
    let message = format!(
        "Column {column} has the invisible control character U+{:04X} ({name})",
        u32::from(character)
    );
    let mut draft = Draft::new(&RULE, range(at, character), message);
    let roles: Vec<Role> = found.iter().map(|entry| entry.3).collect();
    if roles.iter().all(|role| *role == Role::Mark) {
        draft = draft
            .severity(Severity::Low, "a mark of direction moves its neighbours only")
            .confidence(Confidence::Medium);
    } else if !balanced(&roles) {
        draft = draft.severity(Severity::High, format!("what it opens is not closed on its line, so that code may be shown in another order ({names})"));
    } else if line.chars().any(is_right_to_left) {
        draft = draft
            .severity(
                Severity::Low,
                "every control is closed on its line, around text that is written from right to left",
            )
            .confidence(Confidence::Medium);
    } else {
        draft = draft
            .severity(
                Severity::High,
                format!("the line has no text that is written from right to left ({names})"),
            )
            .confidence(Confidence::Medium);
    }
    for (at, c, name, _) in found.iter().skip(1).take(3) {
        draft = draft.label(range(*at, *c), format!("U+{:04X} ({name})", u32::from(*c)));
    }
    cx.report(draft);
}

/// Whether every opening control is closed by its own kind, in order.
fn balanced(roles: &[Role]) -> bool {
    let mut open = Vec::new();
    for role in roles {
        match role {
            Role::Embed | Role::Isolate => open.push(*role),
            Role::EndEmbed if open.pop() != Some(Role::Embed) => return false,
            Role::EndIsolate if open.pop() != Some(Role::Isolate) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// Letters of Hebrew, Arabic and their neighbours.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{061b}' | '\u{061d}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}
