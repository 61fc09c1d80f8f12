//! `<script>var x = {{ value }}`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Context, Output};

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
    if marked || cx.is_harmless(&output.value, place) {
        return;
    }
    let range = cx.range(output);
    if in_string {
        let message = "A value in a string of a script is escaped for HTML only: a backslash or a line break gets through";
        cx.report_shown(range, message, Severity::Low);
    } else {
        let message = "A value in a script is escaped for HTML only: it needs no quotes to be run";
        cx.report_shown(range, message, Severity::Medium);
    }
}
