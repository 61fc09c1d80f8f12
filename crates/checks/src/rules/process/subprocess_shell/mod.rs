//! `subprocess` with a shell: `shell=True`, or a list that starts `sh -c`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Site;

use super::common::{
    Shell, WITH_SHELL_ARGUMENT, command_argument, inner_shell, judge_shell, shell_argument, words_of,
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "subprocess-shell",
    title: "A subprocess is started through a shell",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B602",
        "S602",
        "subprocess_popen_with_shell_equals_true",
        "semgrep:subprocess-shell-true",
        "semgrep:subprocess-injection",
        "semgrep:dangerous-asyncio-shell",
        "semgrep:dangerous-asyncio-shell-audit",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Pass the program and its arguments as a list and leave shell off; where a shell is needed, put every value through shlex.quote",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(WITH_SHELL_ARGUMENT, check),
        Listen::Call(&["asyncio.create_subprocess_exec"], words_as_arguments),
    ],
    paths: &[],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let shell = shell_argument(cx, call);
    let Some(command) = command_argument(cx, call) else {
        return;
    };
    if matches!(shell, Shell::Off) {
        let Some(words) = words_of(cx, command) else {
            return;
        };
        match inner_shell(cx, &words) {
            Some((name, text)) => explicit(cx, call, &name, text),
            None => cx.hold(range, "started without a shell"),
        }
        return;
    }
    if cx.situation(call.value).never {
        return;
    }
    // Of a list, the shell reads the first item.
    let site = match words_of(cx, command) {
        Some(words) => words.first().copied().unwrap_or_else(|| cx.site(command)),
        None => cx.site(command),
    };
    let judgement = judge_shell(cx, site);
    let (message, confidence) = match shell {
        Shell::On => ("The command goes through a shell", judgement.confidence),
        _ => ("The command may go through a shell: what shell is, is not decided here", Confidence::Low),
    };
    let mut draft = Draft::new(&RULE, range, message)
        .severity(judgement.severity, judgement.reason)
        .confidence(confidence)
        .trail(judgement.trail);
    if let Some(value) = judgement.value.filter(|value| value.module == cx.module) {
        draft = draft.label(cx.range(value.value), "the shell reads whatever this contains");
    }
    cx.report(draft);
}

/// `asyncio.create_subprocess_exec("sh", "-c", command)`
fn words_as_arguments(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let words: Vec<Site> = cx.args(call).iter().map(|arg| cx.site(arg.value)).collect();
    if let Some((name, text)) = inner_shell(cx, &words) {
        explicit(cx, call, &name, text);
    }
}

/// A shell that is started by name.
fn explicit(cx: &mut Cx<'_, '_>, call: CallEvent, name: &str, text: Site) {
    if cx.situation(call.value).never {
        return;
    }
    let judgement = judge_shell(cx, text);
    let range = cx.range(call.value);
    let mut draft = Draft::new(
        &RULE,
        range,
        format!("The command is handed to {name}, which reads it as a shell script"),
    )
    .severity(judgement.severity, judgement.reason)
    .confidence(judgement.confidence)
    .trail(judgement.trail);
    if let Some(value) = judgement.value.filter(|value| value.module == cx.module) {
        draft = draft.label(cx.range(value.value), "the shell reads whatever this contains");
    }
    cx.report(draft);
}
