//! `exec_command` of paramiko: a shell on another machine.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Command, command, command_argument};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, outside::request_behind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "paramiko-command",
    title: "A command is run by the shell of another machine",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B601", "S601", "paramiko_calls", "semgrep:paramiko-exec-command"],
    effort_minutes: 15,
    audit: false,
    advice: "Put every value that goes into the command through shlex.quote, or use SFTP for what it can do",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::CallNamed(&["exec_command"], check)],
    paths: &["paramiko.Channel.exec_command", "paramiko.SSHClient.exec_command"],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if cx.callee_name(call) != "exec_command" || cx.receiver(call).is_none() {
        return;
    }
    let imports_paramiko = || {
        let ir = cx.ir();
        ir.imports
            .iter()
            .any(|import| import.level == 0 && ir.text(import.module).split('.').next() == Some("paramiko"))
    };
    if !cx.path(call).starts_with("paramiko.") && !imports_paramiko() {
        return;
    }
    cx.examined();
    let range = cx.range(call.value);
    let Some(value) = command_argument(cx, call) else {
        return;
    };
    let site = cx.site(value);
    let (known, trail) = command(cx, site);
    let (severity, reason) = match known {
        Command::Constant(_) | Command::Fixed => (Severity::Info, "the command is a constant".to_owned()),
        Command::Quoted => (Severity::Info, "every value is quoted for the shell".to_owned()),
        Command::Numbers => (Severity::Low, "only numbers and constants are put in".to_owned()),
        Command::Built(value) if request_behind(cx, value).is_some() => {
            (Severity::High, "a value that comes with a request is put into the command".to_owned())
        }
        Command::Built(_) => (Severity::Medium, "a value is put into the command".to_owned()),
        Command::Environment(_) | Command::Opaque => {
            (Severity::Medium, "what the command is, is not decided here".to_owned())
        }
    };
    let draft = Draft::new(&RULE, range, "The command is read by the shell of the other machine")
        .severity(severity, reason)
        .trail(trail);
    cx.report(draft);
}
