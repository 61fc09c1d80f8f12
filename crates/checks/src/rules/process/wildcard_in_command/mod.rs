//! Wildcards in commands whose options a file name can fake.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Site;

use super::common::{
    BY_SHELL, Shell, WITH_SHELL_ARGUMENT, command_argument, inner_shell, shell_argument, words_of,
};
use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    strings::{Piece, pieces},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "wildcard-in-command",
    title: "A wildcard hands file names to a command as arguments",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[155, 88],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B609", "S609", "linux_commands_wildcard_injection", "semgrep:system-wildcard-detected"],
    effort_minutes: 10,
    audit: false,
    advice: "List the files in Python and pass them after `--` and with a leading path, or name the folder instead of its content",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(BY_SHELL, by_shell), Listen::Call(WITH_SHELL_ARGUMENT, subprocess)],
    paths: &[],
};

/// Commands with options that run or overwrite something.
const COMMANDS: &[&str] = &["chmod", "chown", "chgrp", "rsync", "tar", "zip", "7z", "scp"];

fn by_shell(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(command) = command_argument(cx, call) {
        let site = cx.site(command);
        judge(cx, call, site);
    }
}

fn subprocess(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(command) = command_argument(cx, call) else {
        return;
    };
    let words = words_of(cx, command);
    if !matches!(shell_argument(cx, call), Shell::Off) {
        let site = words.and_then(|words| words.first().copied()).unwrap_or_else(|| cx.site(command));
        judge(cx, call, site);
    } else if let Some((_, text)) = words.and_then(|words| inner_shell(cx, &words)) {
        judge(cx, call, text);
    }
}

/// Looks for `*` as an argument of one of the commands; every part of a pipeline is a command of its own.
fn judge(cx: &mut Cx<'_, '_>, call: CallEvent, command: Site) {
    let text: String = pieces(cx, command)
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Constant(_, text) => text.as_str(),
            _ => "x",
        })
        .collect();
    for part in text.split(['|', ';', '&', '\n']) {
        let mut words = part.split_whitespace().skip_while(|word| word.contains('=') || *word == "sudo");
        let Some(program) = words.next() else { continue };
        let name = program.rsplit('/').next().unwrap_or(program);
        if !COMMANDS.contains(&name) {
            continue;
        }
        let mut ended = false;
        let wild = words.find(|word| {
            ended |= *word == "--";
            !ended && word.contains('*') && !word.starts_with(['\'', '"'])
        });
        let Some(word) = wild else { continue };
        let reason = if word.starts_with('*') {
            "a file whose name begins with a dash is taken for an option"
        } else {
            "file names become arguments, links and unexpected files among them"
        };
        let draft = Draft::new(
            &RULE,
            cx.range(call.value),
            format!("The shell puts file names for `{word}` into the arguments of {name}"),
        )
        .severity(Severity::Medium, reason);
        return cx.report(draft);
    }
}
