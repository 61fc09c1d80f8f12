//! `mark_safe(…)`, and `format_html` of a text that is put together before.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Op;

use super::{common, known_calls};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "django-mark-safe",
    title: "A text is marked as safe HTML",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79, 80],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B308", "B703", "S308", "S703", "mark_safe", "django_mark_safe", "semgrep:avoid-mark-safe"],
    effort_minutes: 10,
    audit: false,
    advice: "Use `format_html(\"<b>{}</b>\", value)`, which escapes the values; or leave the text to a template",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(MARKS, check), Listen::Call(&["django.utils.html.format_html"], format_html)],
    paths: known_calls::SAFE_CALLS,
};

const MARKS: &[&str] = &[
    "django.utils.safestring.mark_safe",
    "django.utils.safestring.SafeText",
    "django.utils.safestring.SafeUnicode",
    "django.utils.safestring.SafeString",
    "django.utils.safestring.SafeBytes",
];

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    if let Op::Decorate { target, .. } = cx.op(call.value) {
        let Op::Function(function) = cx.op(target) else {
            return;
        };
        let parts = common::returned_parts(cx, function);
        // What is returned says more than the line of the decorator.
        let range = parts.result.unwrap_or(range);
        return common::judge(cx, &RULE, range, "mark_safe", &parts);
    }
    let Some(text) = common::first_argument(cx, call, "s") else {
        return;
    };
    let name = cx.callee_name(call);
    if name != "mark_safe" && matches!(cx.op(text), Op::Str(_) | Op::Bytes(_)) {
        return cx.hold(range, "the markup is constant");
    }
    let parts = common::parts(cx, text);
    common::judge(cx, &RULE, range, name, &parts);
}

/// The first argument of `format_html` is markup; values belong into the others.
fn format_html(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(text) = common::first_argument(cx, call, "format_string") else {
        return;
    };
    let parts = common::parts(cx, text);
    let range = cx.range(call.value);
    let Some(raw) = parts.raw.first().filter(|_| parts.built) else {
        return cx.hold(range, "format_html escapes the values");
    };
    let mut draft = Draft::new(
        &RULE,
        range,
        "A value is put into the format of format_html, which escapes only its further arguments",
    )
    .severity(Severity::Medium, "it is part of the markup before format_html sees it")
    .confidence(Confidence::High)
    .label(raw.range, "not escaped");
    if parts.raw.iter().any(|raw| raw.request) {
        draft = draft.severity(Severity::High, "it comes from the request");
    }
    cx.report(draft);
}
