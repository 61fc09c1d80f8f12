//! `Markup(…)` of a text that is not constant.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Op;

use super::{common, known_calls};
use crate::{CallEvent, CodeRule, Cx, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "markup-from-expression",
    title: "Markup is made from a text that is not constant",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B704", "S704", "markupsafe_markup_xss", "semgrep:explicit-unescape-with-markup"],
    effort_minutes: 10,
    audit: false,
    advice: "Keep the markup constant and put values in with `Markup(\"<b>{}</b>\").format(value)`, which escapes them; or leave the text to a template",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(
        &["markupsafe.Markup", "webhelpers.html.literal", "webhelpers2.html.literal"],
        check,
    )],
    paths: known_calls::SAFE_CALLS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(text) = common::first_argument(cx, call, "object") else {
        return;
    };
    let literal = matches!(cx.op(text), Op::Str(_) | Op::Bytes(_))
        && cx.range(call.value).contains_range(cx.range(text));
    if literal {
        return cx.hold(cx.range(call.value), "the markup is constant");
    }
    if common::stripped(cx, call) {
        return cx.hold(cx.range(call.value), "the tags are taken out again");
    }
    let parts = common::parts(cx, text);
    common::judge(cx, &RULE, cx.range(call.value), "Markup", &parts);
}
