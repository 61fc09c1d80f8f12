//! `eval`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Command, command};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, outside::request_behind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "eval-used",
    title: "Text is evaluated as Python",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[95, 94],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B307",
        "S307",
        "eval",
        "semgrep:eval-detected",
        "semgrep:eval-injection",
        "semgrep:user-eval",
    ],
    effort_minutes: 30,
    audit: false,
    advice: "Use ast.literal_eval for literals, or a parser for the few expressions that are needed; empty builtins do not confine eval",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["builtins.eval"], check)],
    paths: &["builtins.compile"],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(source) = cx.positional(call, 0) else {
        return;
    };
    let surroundings = cx.situation(call.value);
    if surroundings.never {
        return;
    }
    let site = cx.site(source);
    let range = cx.range(call.value);
    let (known, mut trail) = command(cx, site);
    let (severity, confidence, reason) = match known {
        Command::Constant(_) | Command::Fixed => {
            (Severity::Info, Confidence::High, "the expression is a constant".to_owned())
        }
        Command::Numbers => {
            (Severity::Low, Confidence::High, "only numbers and constants are put in".to_owned())
        }
        Command::Environment(variable) => (
            Severity::Medium,
            Confidence::Medium,
            format!("the expression comes from the environment variable {variable}"),
        ),
        Command::Built(_) | Command::Quoted | Command::Opaque => {
            let asked = match known {
                Command::Built(value) => request_behind(cx, value),
                _ => request_behind(cx, site),
            };
            match asked {
                Some(step) => {
                    trail.insert(0, step);
                    (Severity::High, Confidence::High, "it comes with a request".to_owned())
                }
                None => (Severity::High, Confidence::Medium, "it is not a constant".to_owned()),
            }
        }
    };
    let draft = Draft::new(&RULE, range, "The text runs as Python, with all that the process may do")
        .severity(severity, reason)
        .confidence(confidence)
        .trail(trail);
    cx.report(draft);
}
