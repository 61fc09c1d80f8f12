//! `<script>var x = {{ value }}`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Context, Expr, Output, Span};

use crate::{
    CodeRule, Listen, PageCx, Place,
    pages::edit::{Replaced, filtered, slice},
};

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
        let draft = cx.shown(range, message, Severity::Medium);
        let edits = bare(cx, range).into_iter().flatten();
        return cx.report(draft.edits("Leave the quotes to `tojson`", false, edits));
    }
    if marked || cx.is_harmless(&output.value, place) {
        return;
    }
    if in_string {
        let message = "A value in a string of a script is escaped for HTML only: a backslash or a line break gets through";
        let draft = cx.shown(range, message, Severity::Low);
        let (title, edits) = match cx.is_django() {
            // Jinja has no such filter of its own.
            true if cx.is_jinja() => ("Escape it for a string", None),
            true => ("Escape it for a string", filtered(cx.whole(), output, range, "escapejs")),
            false => (TITLE, json_string(cx, output)),
        };
        cx.report(draft.edits(title, false, edits.into_iter().flatten()));
    } else {
        let message = "A value in a script is escaped for HTML only: it needs no quotes to be run";
        let draft = cx.shown(range, message, Severity::Medium);
        let edits = if cx.is_django() || !is_whole_value(cx.whole(), range) {
            None
        } else {
            filtered(cx.whole(), output, range, "tojson")
        };
        cx.report(draft.edits(TITLE, false, edits.into_iter().flatten()));
    }
}

const TITLE: &str = "Show it as JSON";

/// The quotes right around something shown, taken away.
fn bare(cx: &PageCx<'_, '_>, (start, end): Span) -> Option<[Replaced; 2]> {
    let text = cx.whole();
    let before = slice(text, (start.checked_sub(1)?, start));
    let quoted = matches!(before, "\"" | "'") && slice(text, (end, end + 1)) == before;
    quoted.then(|| [((start - 1, start), String::new()), ((end, end + 1), String::new())])
}

/// A string that is nothing but something shown, as JSON.
fn json_string(cx: &PageCx<'_, '_>, output: &Output) -> Option<Vec<Replaced>> {
    let range = cx.range(output);
    let quotes = bare(cx, range)?;
    Some(filtered(cx.whole(), output, range, "tojson")?.into_iter().chain(quotes).collect())
}

/// Whether something shown in a script stands where a value is expected, and is all of it: no part of a name, and no statement.
fn is_whole_value(text: &str, (start, end): Span) -> bool {
    let before = text.get(..start as usize).unwrap_or("").trim_end_matches([' ', '\t']);
    let after = text.get(end as usize..).unwrap_or("");
    before.ends_with(['=', '(', '[', ',', ':', '?', '+', '&', '|', '<', '>'])
        && !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '(' | '{'))
}
