//! `os.exec…`, `os.spawn…`, `os.startfile`: for an auditor's list of what is started.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{WITHOUT_SHELL, spawned};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "process-started-without-shell",
    title: "A process is started or replaced",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B606",
        "S606",
        "start_process_with_no_shell",
        "semgrep:dangerous-spawn-process",
        "semgrep:dangerous-spawn-process-audit",
        "semgrep:dangerous-os-exec",
        "semgrep:dangerous-os-exec-audit",
    ],
    effort_minutes: 5,
    audit: true,
    advice: "Make sure that the program is a constant and that no argument from outside can be read as an option",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Call(WITHOUT_SHELL, check)], paths: &[] };

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let (program, words) = spawned(cx, call);
    let named = program.and_then(|program| cx.known_str(program));
    let constant = words.iter().all(|word| cx.known_at(*word).is_constant());
    let (message, reason) = match named {
        Some(program) if constant => (format!("{program} is started"), "constant arguments"),
        Some(program) => {
            (format!("{program} is started"), "the program is a constant, some arguments are not")
        }
        None => ("A program is started".to_owned(), "which program is not decided here"),
    };
    cx.report(Draft::new(&RULE, cx.range(call.value), message).severity(Severity::Info, reason));
}
