//! `<script>var x = {{ value }}`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Context, Expr, Output};

use crate::{CodeRule, Listen, PageCx, Place};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-value-in-script",
    title: "A value in a script is escaped for HTML only",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79, 116],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["semgrep:var-in-script-tag"],
    effort_minutes: 15,
    audit: false,
    advice: "Write `{{ value|tojson }}` without quotes around it (in Django `json_script`, or `escapejs` in quotes), or put the value into a `data-` attribute and read it there",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Output(check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>, output: &Output) {
    let in_string = match output.context {
        Context::Script => false,
        Context::ScriptString => true,
        _ => return,
    };
    cx.examined();
    // What is marked as finished HTML is told as that.
    let marked = output.escape == Some(false) || output.value.has_filter(&["safe", "safeseq"]);
    let place = if in_string { Place::ScriptString } else { Place::Script };
    let range = cx.range(output);
    // The JSON of a text begins with a quote, which ends the string around it: what follows is run.
    let json = match &output.value {
        Expr::Filter(value, name, _) if &**name == "tojson" => Some(value),
        _ => None,
    };
    let is_quoted = || cx.whole().get(..range.0 as usize).is_some_and(|before| before.ends_with('"'));
    if let Some(value) = json
        && in_string
        && !marked
        && is_quoted()
        && !cx.is_harmless(value, Place::Script)
    {
        let message = "The result of `tojson` has quotes of its own: they end the string around it, and the value is run";
        return cx.report_shown(range, message, Severity::Medium);
    }
    if marked || cx.is_harmless(&output.value, place) {
        return;
    }
    if in_string {
        let message = "A value in a string of a script is escaped for HTML only: a backslash or a line break gets through";
        cx.report_shown(range, message, Severity::Low);
    } else {
        let message = "A value in a script is escaped for HTML only: it needs no quotes to be run";
        cx.report_shown(range, message, Severity::Medium);
    }
}
