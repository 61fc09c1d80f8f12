//! Programs that are looked up in `PATH`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Value;

use super::common::{
    BY_SHELL, Command, WITH_SHELL_ARGUMENT, WITHOUT_SHELL, command, command_argument, spawned, words_of,
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "partial-executable-path",
    title: "A program is started by name and looked up in PATH",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[426, 427],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["B607", "S607", "start_process_with_partial_path"],
    effort_minutes: 5,
    audit: true,
    advice: "Give the whole path of the program, or set PATH to folders that only the system may write",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(WITH_SHELL_ARGUMENT, commanded),
        Listen::Call(BY_SHELL, commanded),
        Listen::Call(WITHOUT_SHELL, started),
    ],
    paths: &[],
};

fn commanded(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(value) = command_argument(cx, call) else {
        return;
    };
    let site = match words_of(cx, value) {
        Some(words) => match words.first() {
            Some(first) => *first,
            None => return,
        },
        None => cx.site(value),
    };
    if let Command::Constant(text) = command(cx, site).0 {
        judge(cx, call.value, &text);
    }
}

fn started(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let (program, _) = spawned(cx, call);
    if let Some(text) = program.and_then(|program| cx.known_str(program)) {
        judge(cx, call.value, &text);
    }
}

fn judge(cx: &mut Cx<'_, '_>, call: Value, text: &str) {
    let range = cx.range(call);
    let program = text.split_whitespace().next().unwrap_or(text);
    let drive = |text: &str| {
        let mut characters = text.chars();
        characters.next().is_some_and(|c| c.is_ascii_alphabetic()) && characters.next() == Some(':')
    };
    if text.starts_with(['/', '\\', '.', '~']) || drive(text) {
        return cx.hold(range, "the program is given by its path");
    }
    let draft = Draft::new(&RULE, range, format!("`{program}` is looked up in PATH"))
        .severity(Severity::Info, "whoever controls PATH or one of its folders chooses the program");
    cx.report(draft);
}
