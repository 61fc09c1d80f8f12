//! Conditions that admit somebody.

use clearance_program::Form;
use clearance_python::{
    TextRange, TextSize,
    ir::{Op, Value},
    layout::{Node, Shape, line_of},
};

use super::{Found, Repair};
use crate::Cx;

/// `a == b` becomes `hmac.compare_digest(a, b)`.
pub(super) fn in_constant_time(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let node = cx.layout(found.range)?;
    let Shape::Equal(left, right, equal) = &node.shape else { return None };
    let spelling = cx.spelling(found.range.start(), "hmac", "compare_digest", Form::Module)?;
    let not = if *equal { "" } else { "not " };
    let compared = cx.ir().values(found.function).find_map(|value| match cx.op(value) {
        Op::Compare { left, right, .. } if cx.range(value) == found.range => Some((left, right)),
        _ => None,
    });
    let (first, second) = compared?;
    let (left, right) = (present(cx, first, left), present(cx, second, right));
    if left.contains('\n') || right.contains('\n') || left.contains('#') || right.contains('#') {
        return None;
    }
    let text = format!("{not}{}({left}, {right})", spelling.text);
    let repair = Repair::new("Compare in a time that tells nothing", false);
    Some(repair.edit(found.range, text).importing(&spelling))
}

/// The text of an operand, or of an empty string where there may be none: `request.args.get("key")`.
fn present(cx: &Cx<'_, '_>, value: Value, node: &Node) -> String {
    let written = cx.slice(node.range);
    let mut made = value;
    while let Op::Sigma { value, .. } = cx.op(made) {
        made = value;
    }
    let Op::Call { callee, args } = cx.op(made) else { return written.to_owned() };
    let may_be_none = matches!(cx.op(callee), Op::Attr { name, .. } if cx.ir().name(name) == "get")
        && cx.ir().args(args).len() == 1;
    if may_be_none { format!("{written} or \"\"") } else { written.to_owned() }
}

/// `assert test, text` becomes `if not test: raise AssertionError(text)`, which `python -O` keeps.
pub(super) fn asserted(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    if !found.message.contains("is checked with assert") {
        return None;
    }
    let statement = cx.slice(found.range);
    let rest = statement.strip_prefix("assert")?;
    let skipped = u32::try_from(statement.len() - rest.trim_start().len()).ok()?;
    let inner = TextRange::new(found.range.start() + TextSize::from(skipped), found.range.end());
    let text = &cx.source().text;
    let line = line_of(text, found.range.start());
    let indent = cx.slice(TextRange::new(line.start(), found.range.start()));
    if !indent.trim().is_empty() || statement.contains(['#', '\\']) {
        return None;
    }
    let node = cx.layout(inner)?;
    let (test, said, plain) = match &node.shape {
        Shape::Tuple(items) if !cx.slice(inner).starts_with('(') || node.range != inner => {
            match items.as_slice() {
                [test, said] => (whole(cx, inner, test, Some(said)), cx.slice(said.range), is_plain(test)),
                _ => return None,
            }
        }
        Shape::Tuple(_) => return None,
        _ => (cx.slice(inner), "", is_plain(&node)),
    };
    let test = if plain { test.to_owned() } else { format!("({test})") };
    let repair = Repair::new("Check it whatever the options of the interpreter are", true);
    Some(repair.edit(found.range, format!("if not {test}:\n{indent}    raise AssertionError({said})")))
}

/// The text of the test with the brackets around it: up to the comma before the message.
fn whole<'c>(cx: &'c Cx<'_, '_>, inner: TextRange, test: &Node, said: Option<&Node>) -> &'c str {
    let end = said.map_or(inner.end(), |said| said.range.start());
    let text = cx.slice(TextRange::new(inner.start(), end));
    let kept = usize::from(test.range.end() - inner.start());
    let tail = text.get(kept..).and_then(|tail| tail.find(',')).unwrap_or(0);
    text.get(..kept + tail).unwrap_or("").trim_end()
}

fn is_plain(node: &Node) -> bool {
    matches!(node.shape, Shape::Name(_) | Shape::Attribute { .. } | Shape::Call { .. })
}
