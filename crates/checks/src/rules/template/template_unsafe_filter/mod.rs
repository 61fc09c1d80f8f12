//! `|safe` and its like on a value that the template does not know.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Arg, Context, Expr, Output};

use crate::{
    CodeRule, Listen, PageCx, Place,
    pages::edit::{Replaced, is_html_by_name, outside_of_tags, slice, unmarked},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-unsafe-filter",
    title: "A template marks a value as finished HTML",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79, 80],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["semgrep:template-unescaped-with-safe", "semgrep:template-var-unescaped-with-safeseq"],
    effort_minutes: 15,
    audit: false,
    advice: "Leave the mark out, so that the value is escaped; where it must hold HTML, clean it with a list of allowed tags (nh3) before it is stored or shown",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Output(check)], paths: &[] };

/// Filters that say that a text is finished HTML.
const MARKS: &[&str] = &["safe", "safeseq"];

const MAX_DEPTH: u32 = 12;

fn check(cx: &mut PageCx<'_, '_>, output: &Output) {
    let range = cx.range(output);
    let mut marked = Vec::new();
    if output.is_raw {
        // `{{! value }}`
        marked.push((&output.value, "this way of showing it"));
    } else {
        collect(&output.value, &mut marked, 0);
    }
    let quoted_json = output.context == Context::Attribute && cx.quote(output) == Some('"');
    if quoted_json && let Some(value) = json(&output.value) {
        cx.examined();
        if !cx.is_harmless(value, Place::Html) {
            let message = "The result of `tojson` is not escaped any more, and its quotes end this attribute in double quotes";
            let draft = cx.shown(range, message, Severity::Medium);
            let edits = single_quotes(cx, output).into_iter().flatten();
            cx.report(draft.edits("Put the attribute in single quotes, which `tojson` escapes", true, edits));
        }
        return;
    }
    for (value, mark) in marked {
        cx.examined();
        let known = cx.behind(value);
        if cx.is_harmless(known, Place::Html) {
            if !matches!(value, Expr::Str(_)) {
                cx.hold(range, "what is marked as HTML is constant, escaped or cleaned");
            }
            continue;
        }
        let message = format!("{mark} says that the value is finished HTML: nothing escapes it");
        let draft = cx.shown(range, message, Severity::Medium);
        // What a function makes for the page is a piece of it.
        let is_html = matches!(value, Expr::Call(..)) || is_html_by_name(cx.whole(), range, false);
        let edit = if is_html { None } else { unmarked(cx.whole(), range) };
        cx.report(draft.edits("Escape the value", false, edit));
        return;
    }
}

/// The values that are marked, and what marks them.
fn collect<'e>(value: &'e Expr, found: &mut Vec<(&'e Expr, &'static str)>, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Expr::Filter(inner, name, _) if MARKS.contains(&&**name) => {
            let mark = if &**name == "safeseq" { "`safeseq`" } else { "`safe`" };
            found.push((inner, mark));
        }
        Expr::Filter(inner, name, _)
            if !matches!(
                &**name,
                "striptags" | "escape" | "e" | "forceescape" | "force_escape" | "length"
            ) =>
        {
            collect(inner, found, depth + 1);
        }
        Expr::Call(callee, args) if is_markup(callee) => {
            if let [Arg { value, .. }, ..] = &args[..] {
                found.push((value, "`Markup`"));
            }
        }
        Expr::Any(all) | Expr::Concat(all) => all.iter().for_each(|each| collect(each, found, depth + 1)),
        _ => {}
    }
}

fn is_markup(callee: &Expr) -> bool {
    match callee {
        Expr::Name(name) | Expr::Attr(_, name) => matches!(&**name, "Markup" | "mark_safe"),
        _ => false,
    }
}

/// What is made JSON, where that is the last thing that happens.
fn json(value: &Expr) -> Option<&Expr> {
    match value {
        Expr::Filter(inner, name, _) if &**name == "tojson" => Some(inner),
        Expr::Filter(inner, name, _) if &**name == "safe" => json(inner),
        _ => None,
    }
}

/// The attribute in single quotes, where none stand in it.
fn single_quotes(cx: &PageCx<'_, '_>, output: &Output) -> Option<[Replaced; 2]> {
    let (start, end) = cx.attribute_value(output)?;
    let text = cx.whole();
    let free = !outside_of_tags(slice(text, (start, end))).contains('\'');
    let open = start.checked_sub(1)?;
    let double = slice(text, (open, start)) == "\"" && slice(text, (end, end + 1)) == "\"";
    (free && double).then(|| [((open, start), "'".to_owned()), ((end, end + 1), "'".to_owned())])
}
