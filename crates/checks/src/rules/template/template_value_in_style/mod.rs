//! `<p style="color: {{ value }}">`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Context, Expr, Output};

use crate::{CodeRule, Listen, PageCx, Place, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-value-in-style",
    title: "A value in a style sheet is escaped for HTML only",
    plane: Plane::Template,
    severity: Severity::Low,
    confidence: Confidence::Low,
    cwe: &[79, 116],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Choose among classes in the template, or check the value against a list or a pattern (a colour, a number) before it is shown",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Output(check)], paths: &[] };

/// Words of values that are settings of how something looks.
const LOOKS: &[&str] = &[
    "align",
    "background",
    "bg",
    "border",
    "class",
    "color",
    "colour",
    "columns",
    "css",
    "display",
    "font",
    "height",
    "left",
    "lines",
    "margin",
    "opacity",
    "padding",
    "right",
    "rows",
    "style",
    "styles",
    "theme",
    "top",
    "width",
];

fn check(cx: &mut PageCx<'_, '_>, output: &Output) {
    if output.context != Context::Style {
        return;
    }
    cx.examined();
    let marked = output.escape == Some(false) || output.value.has_filter(&["safe", "safeseq"]);
    if marked || cx.is_harmless(&output.value, Place::Style) || is_look(cx.behind(&output.value)) {
        return;
    }
    let message = "A value in a style sheet is escaped for HTML only: it can add rules that hide, show or load something";
    cx.report_shown(cx.range(output), message, Severity::Low);
}

/// Whether a value is a setting of how something looks, by its name, or one of constants.
fn is_look(value: &Expr) -> bool {
    match value {
        Expr::Name(name) | Expr::Attr(_, name) => words(name).any(|word| LOOKS.contains(&word.as_str())),
        Expr::Item(base, _) => is_look(base),
        Expr::Filter(value, ..) => is_look(value),
        Expr::Any(all) => all.iter().all(|each| matches!(each, Expr::Str(_) | Expr::Plain) || is_look(each)),
        Expr::Call(callee, _) => is_look(callee),
        _ => false,
    }
}
