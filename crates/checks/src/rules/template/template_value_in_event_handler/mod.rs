//! `<button onclick="go('{{ value }}')">`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Context, Output};

use crate::{CodeRule, Listen, PageCx, Place};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-value-in-event-handler",
    title: "A value in an event's script is escaped for HTML only",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79, 116],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Put the value into a `data-` attribute, and read it in a script that listens for the event",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Output(check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>, output: &Output) {
    if output.context != Context::Handler {
        return;
    }
    cx.examined();
    let json = output.value.has_filter(&["tojson"]);
    let escaped_again = output.value.has_filter(&["forceescape", "force_escape", "e", "escape"]);
    let breaks_out = json && !escaped_again && cx.quote(output) != Some('\'');
    if output.value.has_filter(&["safe", "safeseq"])
        || (!breaks_out && cx.is_harmless(&output.value, Place::ScriptString))
    {
        return;
    }
    let name = output.attribute.map_or("", |name| cx.text(name));
    let message = if breaks_out {
        format!(
            "The quotes of `tojson` end `{name}`: in an attribute it needs single quotes around it, or `forceescape`"
        )
    } else {
        format!(
            "The browser undoes the escaping of HTML before it runs `{name}`: a quote in the value ends the string"
        )
    };
    cx.report_shown(cx.range(output), message, Severity::Medium);
}
