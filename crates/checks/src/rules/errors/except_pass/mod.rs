//! An empty exception handler.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::HandlerBody;

use super::common;
use crate::{CodeRule, Cx, HandlerEvent, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "except-pass",
    title: "An exception is swallowed",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[390, 703],
    owasp_2021: "A09",
    owasp_2025: "A10",
    aliases: &["B110", "S110", "try_except_pass"],
    effort_minutes: 10,
    audit: true,
    advice: "Catch the exceptions that are expected, by name, and write the others to the log",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Handler(check)], paths: &[] };

fn check(cx: &mut Cx<'_, '_>, handler: HandlerEvent) {
    cx.examined();
    if handler.body == HandlerBody::Pass {
        common::judge(cx, handler, &RULE, "ignored");
    }
}
