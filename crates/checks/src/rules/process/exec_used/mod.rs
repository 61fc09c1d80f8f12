//! `exec`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Op;

use super::common::{Command, command};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, outside::request_behind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "exec-used",
    title: "Text is run as Python",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[95, 94],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B102",
        "S102",
        "exec_used",
        "semgrep:exec-detected",
        "semgrep:exec-injection",
        "semgrep:user-exec",
    ],
    effort_minutes: 30,
    audit: false,
    advice: "Import a module or call a function instead; where code of the application's own must be loaded, take it from a path that only the deployment writes",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["builtins.exec"], check)],
    paths: &["builtins.compile"],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(mut source) = cx.positional(call, 0) else {
        return;
    };
    if cx.situation(call.value).never {
        return;
    }
    // `exec(compile(text, name, "exec"))`
    let site = cx.site(source);
    if cx.callee_at(site) == "builtins.compile"
        && let Op::Call { args, .. } = cx.op(source)
        && let Some(first) = cx.ir().args(args).first()
    {
        source = first.value;
    }
    let site = cx.site(source);
    let range = cx.range(call.value);
    let (known, mut trail) = command(cx, site);
    let asked = match known {
        Command::Built(value) => request_behind(cx, value),
        Command::Opaque => request_behind(cx, site),
        _ => None,
    };
    let (severity, reason) = match (known, asked) {
        (_, Some(step)) => {
            trail.insert(0, step);
            (Severity::High, "the code comes with a request".to_owned())
        }
        (Command::Constant(_) | Command::Fixed, _) => (Severity::Info, "the code is a constant".to_owned()),
        (Command::Environment(variable), _) => {
            (Severity::Medium, format!("the code comes from the environment variable {variable}"))
        }
        (Command::Built(_), _) => (Severity::Medium, "values are put into the code".to_owned()),
        _ => (Severity::Medium, "where the code comes from is not decided here".to_owned()),
    };
    let draft = Draft::new(&RULE, range, "The text runs as Python, with all that the process may do")
        .severity(severity, reason)
        .trail(trail);
    cx.report(draft);
}
