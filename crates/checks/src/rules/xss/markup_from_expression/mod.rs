//! `Markup(…)` of a text that is not constant.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Op;

use super::common;
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
    aliases: &["B704", "S704", "markupsafe_markup_xss"],
    effort_minutes: 10,
    audit: false,
    advice: "Keep the markup constant and put values in with `Markup(\"<b>{}</b>\").format(value)`, which escapes them; or leave the text to a template",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["markupsafe.Markup", "webhelpers.html.literal", "webhelpers2.html.literal"], check)],
    paths: common::SAFE_CALLS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(text) = common::first_argument(cx, call, "object") else { return };
    if matches!(cx.op(text), Op::Str(_) | Op::Bytes(_)) {
        return cx.hold(cx.range(call.value), "the markup is constant");
    }
    let parts = common::parts(cx, text);
    common::judge(cx, &RULE, cx.range(call.value), "Markup", &parts);
}
