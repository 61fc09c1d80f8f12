//! `subprocess` without a shell: for an auditor's list of what is started.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Shell, WITH_SHELL_ARGUMENT, command_argument, shell_argument, words_of};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "subprocess-without-shell",
    title: "A subprocess is started",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B603",
        "S603",
        "subprocess_without_shell_equals_true",
        "semgrep:dangerous-subprocess-use",
        "semgrep:dangerous-subprocess-use-audit",
        "semgrep:dangerous-asyncio-create-exec-audit",
    ],
    effort_minutes: 5,
    audit: true,
    advice: "Make sure that the program is a constant and that no argument from outside can be read as an option",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Call(WITH_SHELL_ARGUMENT, check)], paths: &[] };

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if !matches!(shell_argument(cx, call), Shell::Off) {
        return;
    }
    let Some(command) = command_argument(cx, call) else {
        if cx.has_unpacking(call) {
            let draft = Draft::new(&RULE, cx.range(call.value), "A program is started")
                .severity(Severity::Info, "the arguments are passed on and not seen here");
            cx.report(draft);
        }
        return;
    };
    let range = cx.range(call.value);
    let words = words_of(cx, command);
    let (message, reason) = match words {
        Some(words) => {
            let constant = words.iter().filter(|word| cx.known_at(**word).is_constant()).count();
            let program = words.first().and_then(|word| cx.known_at(*word).as_str().map(str::to_owned));
            match (program, constant == words.len()) {
                (Some(program), true) => {
                    (format!("{program} is started without a shell"), "constant arguments")
                }
                (Some(program), false) => (
                    format!("{program} is started without a shell"),
                    "the program is a constant, some arguments are not",
                ),
                (None, _) => {
                    ("A program is started without a shell".to_owned(), "which program is not decided here")
                }
            }
        }
        None => match cx.known_str(command) {
            Some(program) => (format!("{program} is started without a shell"), "constant command"),
            None => ("A program is started without a shell".to_owned(), "which program is not decided here"),
        },
    };
    cx.report(Draft::new(&RULE, range, message).severity(Severity::Info, reason));
}
