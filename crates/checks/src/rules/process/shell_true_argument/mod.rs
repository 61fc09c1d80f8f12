//! `shell=True` given to a function that is not one of `subprocess`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{BY_SHELL, Command, WITH_SHELL_ARGUMENT, WITHOUT_SHELL, command, command_argument};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "shell-true-argument",
    title: "A function is told to use a shell",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B604", "S604", "any_other_function_with_shell_equals_true"],
    effort_minutes: 20,
    audit: false,
    advice: "Hand the program and its arguments over as a list, without a shell",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::CallWith(&["shell"], check)], paths: &[] };

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(shell) = cx.keyword(call, "shell") else {
        return;
    };
    let path = cx.path(call);
    if [WITH_SHELL_ARGUMENT, BY_SHELL, WITHOUT_SHELL].iter().any(|list| list.contains(&path.as_str())) {
        return;
    }
    cx.examined();
    let range = cx.range(call.value);
    let name = cx.callee_name(call);
    let name = if name.is_empty() { "the function" } else { name };
    match cx.known(shell).truth() {
        Some(true) => {}
        Some(false) => return cx.hold(range, "no shell is used"),
        None => {
            let draft = Draft::new(&RULE, range, format!("{name} may be told to use a shell"))
                .severity(Severity::Info, "what shell is, is not decided here")
                .confidence(Confidence::Low);
            return cx.report(draft);
        }
    }
    if cx.situation(call.value).never {
        return;
    }
    let (severity, reason) = match command_argument(cx, call) {
        Some(value) => {
            let site = cx.site(value);
            match command(cx, site).0 {
                Command::Constant(_) | Command::Fixed => (Severity::Low, "the command is a constant"),
                Command::Quoted => (Severity::Low, "every value is quoted for the shell"),
                Command::Built(_) => (Severity::Medium, "a value is put into the command"),
                _ => (Severity::Medium, "what the command is, is not decided here"),
            }
        }
        None => (Severity::Info, "no command is seen in this call"),
    };
    cx.report(Draft::new(&RULE, range, format!("{name} is told to use a shell")).severity(severity, reason));
}
