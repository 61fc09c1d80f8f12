//! Edits of calls that keep how the code is laid out.

use clearance_python::{TextRange, TextSize, layout};

use clearance_python::ir::{ArgKind, Value};

use crate::{CallEvent, Cx, Draft};

impl Draft {
    /// The repair that leaves a keyword argument of `call` out, where its text can be told apart for certain; otherwise the draft as it is.
    pub(crate) fn without_argument(
        self,
        cx: &Cx<'_, '_>,
        call: CallEvent,
        (name, value): (&str, Value),
        title: &str,
        safe: bool,
    ) -> Self {
        match argument_range(cx, call, name, value) {
            Some(range) => self.replace(title, safe, range, ""),
            None => self,
        }
    }

    /// The repair that gives `call` one more argument, where its place is certain; otherwise the draft as it is.
    pub(crate) fn with_argument(
        self,
        cx: &Cx<'_, '_>,
        call: CallEvent,
        argument: &str,
        title: &str,
        safe: bool,
    ) -> Self {
        match argument_place(cx, call) {
            Some((at, before)) => {
                self.replace(title, safe, TextRange::empty(at), format!("{before}{argument}"))
            }
            None => self,
        }
    }
}

fn size(offset: usize) -> Option<TextSize> {
    u32::try_from(offset).ok().map(TextSize::from)
}

/// An argument of a call with one comma beside it.
pub(super) fn argument_with_comma(
    cx: &Cx<'_, '_>,
    argument: TextRange,
    brackets: TextRange,
) -> Option<TextRange> {
    let text = cx.source().text.as_str();
    let (start, end) = (usize::from(argument.start()), usize::from(argument.end()));
    let close = usize::from(brackets.end()).checked_sub(1)?;
    let after = text.get(end..close)?;
    let before = text.get(usize::from(brackets.start()) + 1..start)?;
    // A comment may hold a comma.
    let line = before.trim_end().rsplit('\n').next().unwrap_or("");
    if line.contains('#') {
        return None;
    }
    if let Some(tail) = after.trim_start().strip_prefix(',') {
        let kept = tail.len() - tail.trim_start().len();
        if tail.trim().is_empty() {
            // The last one: what closes the call stays where it is.
            return Some(TextRange::new(
                size(start - (before.len() - before.trim_end().len()))?,
                size(close - tail.len())?,
            ))
            .filter(|_| before.trim_end().ends_with(',') || before.trim().is_empty());
        }
        return Some(TextRange::new(argument.start(), size(close - tail.len() + kept)?));
    }
    let head = before.trim_end().strip_suffix(',')?;
    Some(TextRange::new(size(usize::from(brackets.start()) + 1 + head.len())?, argument.end()))
}

/// The text of the keyword argument with one comma beside it, and with its line if it has one for itself.
fn argument_range(cx: &Cx<'_, '_>, call: CallEvent, name: &str, value: Value) -> Option<TextRange> {
    let ir = cx.ir();
    let given = cx.args(call).iter().any(|arg| {
        matches!(arg.kind, ArgKind::Keyword(other) if ir.name(other) == name) && arg.value == value
    });
    if !given {
        return None;
    }
    let text = cx.source().text.as_str();
    let (value, whole) = (cx.range(value), cx.range(call.value));
    let (mut end, last) = (usize::from(value.end()), usize::from(whole.end()));
    let before = text.get(usize::from(whole.start())..usize::from(value.start()))?;
    let head = before.trim_end().strip_suffix('=')?.trim_end().strip_suffix(name)?;
    let mut start = usize::from(whole.start()) + head.len();
    let after = text.get(end..last)?;
    let rest = after.trim_start();
    if let Some(tail) = rest.strip_prefix(',') {
        end = last - tail.len();
        let blank = tail.len() - tail.trim_start_matches([' ', '\t']).len();
        let line_ends = tail[blank..].starts_with(['\n', '\r']);
        let indent = head.len() - head.trim_end_matches([' ', '\t']).len();
        match (
            line_ends,
            head.ends_with(char::is_whitespace) && head.trim_end_matches([' ', '\t']).ends_with('\n'),
        ) {
            // A line of its own goes as a whole.
            (true, true) => {
                start -= indent;
                end += blank + if tail[blank..].starts_with("\r\n") { 2 } else { 1 };
            }
            // The last one of a line keeps the line end.
            (true, false) => start -= indent,
            (false, _) => end += blank,
        }
    } else if rest.starts_with(')') && rest.len() == 1 {
        let kept = head.trim_end();
        match kept.strip_suffix(',') {
            Some(kept) => start = usize::from(whole.start()) + kept.len(),
            None if kept.ends_with('(') => {}
            None => return None,
        }
    } else {
        return None;
    }
    Some(TextRange::new(size(start)?, size(end)?))
}

/// Where a further argument goes, and what stands before it. Values know where they were made, which need not be in the call: only text tells.
fn argument_place(cx: &Cx<'_, '_>, call: CallEvent) -> Option<(TextSize, String)> {
    let text = cx.source().text.as_str();
    let whole = cx.range(call.value);
    let start = usize::from(whole.start());
    let close = usize::from(whole.end()).checked_sub(1)?;
    if text.get(close..=close)? != ")" {
        return None;
    }
    let head = text.get(start..close)?.trim_end();
    let content = head.strip_suffix(',').unwrap_or(head).trim_end();
    let end = start + content.len();
    let line_start = content.rfind('\n').map_or(0, |at| at + 1);
    let line = &content[line_start..];
    // A comment may hold brackets and commas.
    if line.contains('#') || text[end..close].contains('#') {
        return None;
    }
    if cx.args(call).is_empty() {
        return content.ends_with('(').then_some((size(end)?, String::new()));
    }
    // The last argument may take several lines: its first one tells how they stand.
    let last = layout::expression(text, whole)?.arguments().last()?.range.start();
    let first = layout::line_of(text, last).start();
    let indent = text.get(usize::from(first)..usize::from(last))?;
    let above = text.get(start..usize::from(first).max(start))?.trim_end();
    let is_alone = indent.trim().is_empty() && above.ends_with(['(', ',']);
    let before =
        if is_alone && text[end..close].contains('\n') { format!(",\n{indent}") } else { ", ".to_owned() };
    Some((size(end)?, before))
}
