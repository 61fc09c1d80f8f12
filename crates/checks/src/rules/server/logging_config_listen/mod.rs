//! `logging.config.listen`: a socket whose input is evaluated.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "logging-config-listen",
    title: "Logging configuration is taken from a socket",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[94],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B612", "S612", "logging_config_insecure_listen", "semgrep:listen-eval"],
    effort_minutes: 20,
    audit: false,
    advice: "Read the logging configuration from a file of the application; where a socket is needed, pass a `verify` function that checks a signature",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Call(&["logging.config.listen"], check)], paths: &[] };

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    if let Some(verify) = cx.arg(call, 1, "verify")
        && !matches!(cx.known(verify), Known::None)
    {
        return cx.hold(range, "what arrives is passed through a function that verifies it");
    }
    if cx.has_unpacking(call) || cx.situation(call.value).never {
        return;
    }
    let draft = Draft::new(&RULE, range, "Whoever reaches this port on the machine runs code in the process")
        .severity(
            Severity::Medium,
            "parts of a configuration are evaluated, and nothing verifies what arrives",
        );
    cx.report(draft);
}
