//! `os.system` and other functions that always go through a shell.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{BY_SHELL, command_argument, judge_shell};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "process-started-by-shell",
    title: "A process is started by a function that goes through a shell",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B605",
        "S605",
        "start_process_with_a_shell",
        "semgrep:dangerous-system-call",
        "semgrep:dangerous-system-call-audit",
        "semgrep:os-system-injection",
        "semgrep:command-injection-os-system",
    ],
    effort_minutes: 15,
    audit: false,
    advice: "Use subprocess.run with a list of arguments and without a shell",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Call(BY_SHELL, check)], paths: &[] };

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(command) = command_argument(cx, call) else {
        return;
    };
    if cx.situation(call.value).never {
        return;
    }
    let site = cx.site(command);
    let judgement = judge_shell(cx, site);
    let path = cx.path(call);
    let mut draft = Draft::new(&RULE, cx.range(call.value), format!("{path} hands the command to a shell"))
        .severity(judgement.severity, judgement.reason)
        .confidence(judgement.confidence)
        .trail(judgement.trail);
    if let Some(value) = judgement.value.filter(|value| value.module == cx.module) {
        draft = draft.label(cx.range(value.value), "the shell reads whatever this contains");
    }
    cx.report(draft);
}
