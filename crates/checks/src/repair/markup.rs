//! Text that is declared to be markup before what is put into it was escaped.

use clearance_program::Form;
use clearance_python::{
    TextRange, TextSize,
    layout::{Node, Passed, Quoted, QuotedPart, Shape},
};

use super::{Found, Repair};
use crate::Cx;

/// `Markup(f"…{x}")` becomes `Markup("…{}").format(x)`, `mark_safe(f"…{x}")` becomes `format_html("…{}", x)`.
pub(super) fn escaped(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = found.call(cx)?;
    let path = cx.called(call);
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let [text] = node.arguments() else { return None };
    if text.passed != Passed::Positional {
        return None;
    }
    // What a client sends is text; elsewhere, markup may be meant.
    let safe = found.rule == "cross-site-scripting";
    let repair = Repair::new("Escape what is put into the markup", safe);
    match path.as_str() {
        "markupsafe.Markup" | "flask.Markup" | "jinja2.Markup" => {
            markup(cx, repair, &text.value, found.range)
        }
        "django.utils.safestring.mark_safe" => {
            let (mut repair, values) = template(cx, repair, &text.value)?;
            let spelling =
                cx.spelling(callee.range.start(), "django.utils.html", "format_html", Form::Member)?;
            repair = repair.edit(callee.range, spelling.text.clone());
            repair = repair.edit(TextRange::empty(text.range.end()), format!(", {}", values.join(", ")));
            Some(repair.importing(&spelling))
        }
        _ => None,
    }
}

fn markup(cx: &Cx<'_, '_>, repair: Repair, text: &Node, whole: TextRange) -> Option<Repair> {
    let end = TextRange::empty(whole.end());
    match &text.shape {
        Shape::Text(_) => {
            let (repair, values) = template(cx, repair, text)?;
            Some(repair.edit(end, format!(".format({})", values.join(", "))))
        }
        // `Markup("…" % x)` becomes `Markup("…") % x`: the bracket moves.
        Shape::Mod(format, _) => {
            format.literal()?;
            let operation = cx.slice(TextRange::new(format.range.end(), text.range.end()));
            let follows = cx.source().text.get(usize::from(whole.end())..)?.chars().next();
            // The operation binds weaker than what may follow.
            if operation.contains(['\n', '#']) || matches!(follows, Some('.' | '[' | '(')) {
                return None;
            }
            moved(cx, repair, format.range, text.range, whole)
        }
        // `Markup("…".format(x))` becomes `Markup("…").format(x)`.
        Shape::Call { callee, .. } => {
            let Shape::Attribute { base, name, .. } = &callee.shape else { return None };
            base.literal().filter(|_| name == "format")?;
            moved(cx, repair, base.range, text.range, whole)
        }
        _ => None,
    }
}

/// Closes the call right after the literal, and not at its end.
fn moved(
    cx: &Cx<'_, '_>,
    repair: Repair,
    literal: TextRange,
    text: TextRange,
    whole: TextRange,
) -> Option<Repair> {
    let rest = TextRange::new(text.end(), whole.end());
    let is_plain = cx.slice(rest).trim_matches(|c: char| c.is_whitespace() || c == ',') == ")";
    is_plain.then(|| repair.edit(TextRange::empty(literal.end()), ")").edit(rest, ""))
}

/// An f-string as a template of `format`, and the values for it.
fn template(cx: &Cx<'_, '_>, mut repair: Repair, text: &Node) -> Option<(Repair, Vec<String>)> {
    let Shape::Text(tokens) = &text.shape else { return None };
    let mut values = Vec::new();
    for token in tokens {
        if !token.is_format {
            // Its braces would mean something.
            if cx.slice(token.range).contains(['{', '}']) {
                return None;
            }
            continue;
        }
        repair = repair.edit(prefix(token), token.prefix.replace(['f', 'F'], ""));
        for part in &token.parts {
            if let QuotedPart::Hole { range, expression, is_formatted } = part {
                let value = cx.slice(expression.range);
                if *is_formatted || value.contains(['\n', '#']) {
                    return None;
                }
                values.push(value.to_owned());
                repair = repair.edit(*range, "{}");
            }
        }
    }
    (!values.is_empty()).then_some((repair, values))
}

/// Where the letters before the quotes of a string stand.
pub(super) fn prefix(token: &Quoted) -> TextRange {
    let length = u32::try_from(token.prefix.len()).unwrap_or(0);
    TextRange::new(token.range.start(), token.range.start() + TextSize::from(length))
}
