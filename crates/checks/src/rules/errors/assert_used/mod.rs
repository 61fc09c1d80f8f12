//! `assert` in application code.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::{CompareOp, Op, UnaryOp, Value};

use crate::{AssertEvent, CodeRule, Cx, Draft, Listen, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "assert-used",
    title: "A condition is checked with assert",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[617, 703],
    owasp_2021: "A04",
    owasp_2025: "A10",
    aliases: &["B101", "S101", "assert_used"],
    effort_minutes: 5,
    audit: true,
    advice: "Write `if not …: raise …` where the program relies on the condition; keep assert for what cannot happen",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Assert(check)], paths: &[] };

/// Words that make a condition one of security.
const SECURITY_WORDS: &[&str] = &[
    "admin",
    "superuser",
    "staff",
    "authenticated",
    "authorized",
    "authorised",
    "permission",
    "permissions",
    "role",
    "roles",
    "allowed",
    "owner",
    "csrf",
    "password",
    "signature",
    "verify",
    "verified",
    "login",
    "privileged",
];

/// How many operations of a condition are looked at.
const MAX_STEPS: usize = 60;

fn check(cx: &mut Cx<'_, '_>, assert: AssertEvent) {
    cx.examined();
    if let Some(name) = security_name(cx, assert.test) {
        cx.report(
            Draft::new(
                &RULE,
                assert.range,
                format!("`{name}` is checked with assert, which `python -O` leaves out"),
            )
            .severity(Severity::Medium, "by its names, the condition decides about access")
            .confidence(Confidence::Low),
        );
        return;
    }
    let reason = if narrows(cx, assert.test) { "it tells a type checker what is already so" } else { "" };
    cx.report(
        Draft::new(&RULE, assert.range, "The condition is not checked under `python -O`")
            .severity(Severity::Info, reason),
    );
}

/// `assert x is not None`, `assert isinstance(x, T)`.
fn narrows(cx: &Cx<'_, '_>, test: Value) -> bool {
    match cx.op(test) {
        Op::Compare { op: CompareOp::IsNot, right, .. } => cx.op(right) == Op::None,
        Op::Call { callee, .. } => cx.name_of(callee) == Some("isinstance"),
        _ => false,
    }
}

/// A name in the condition that speaks of rights.
fn security_name<'p>(cx: &Cx<'_, 'p>, test: Value) -> Option<&'p str> {
    if narrows(cx, test) {
        return None;
    }
    let ir = cx.ir();
    let mut todo = vec![test];
    for _ in 0..MAX_STEPS {
        let Some(value) = todo.pop() else { break };
        match ir.op(value) {
            Op::Compare { left, right, .. } => todo.extend([right, left]),
            Op::Unary { op: UnaryOp::Not, value } | Op::Sigma { value, .. } | Op::Await(value) => {
                todo.push(value)
            }
            Op::Phi(span) => todo.extend(ir.list(span).iter().filter(|operand| **operand < value)),
            Op::Call { callee, .. } => todo.push(callee),
            Op::Attr { .. }
            | Op::Global(_)
            | Op::Free(_)
            | Op::Param(_)
            | Op::Import(_)
            | Op::Item { .. } => {
                let Some(name) = cx.name_of(value) else { continue };
                if words(name).any(|word| SECURITY_WORDS.contains(&word.as_str())) {
                    return Some(name);
                }
                if let Op::Attr { base, .. } = ir.op(value)
                    && matches!(ir.op(base), Op::Call { .. })
                {
                    todo.push(base);
                }
            }
            _ => {}
        }
    }
    None
}
