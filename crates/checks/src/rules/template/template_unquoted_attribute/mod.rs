//! `<p title={{ value }}>`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Context, Output};

use crate::{CodeRule, Listen, PageCx, Place};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-unquoted-attribute",
    title: "An attribute without quotes takes a value",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[79, 83],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["semgrep:template-unquoted-attribute-var", "semgrep:unquoted-attribute-var"],
    effort_minutes: 5,
    audit: false,
    advice: "Put quotes around the attribute's value",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Output(check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>, output: &Output) {
    if output.context != Context::Unquoted {
        return;
    }
    cx.examined();
    if cx.is_harmless(&output.value, Place::Unquoted) {
        return;
    }
    let name = output.attribute.map_or("", |name| cx.text(name));
    let message = format!(
        "`{name}` takes a value without quotes: a space in it begins another attribute, such as `onmouseover`"
    );
    cx.report_shown(cx.range(output), message, Severity::Medium);
}
