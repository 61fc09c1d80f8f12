//! Edits of files of deployment that leave everything beside them as it is written: indentation, comments, line ends.

use clearance_finding::{Edit, Fix};

use crate::{
    file::Span,
    report::Draft,
    shell::Word,
    yaml::{Data, Entry, Node},
};

/// What stands in place of a range.
pub(crate) type Replaced = (Span, String);

impl Draft {
    /// The repair by edits that belong together. Without an edit, or where two of them overlap, the draft stays as it is.
    pub(crate) fn repair(
        mut self,
        title: impl Into<String>,
        safe: bool,
        edits: impl IntoIterator<Item = Replaced>,
    ) -> Self {
        self.set_fix(fix(title.into(), safe, edits));
        self
    }
}

/// A repair by edits that belong together; none without an edit, or where two of them overlap.
pub(crate) fn fix(title: String, safe: bool, edits: impl IntoIterator<Item = Replaced>) -> Option<Fix> {
    let offset = |at: usize| u32::try_from(at).ok();
    let mut made = Vec::new();
    for (span, text) in edits {
        made.push(Edit { start: offset(span.start)?, end: offset(span.end)?, text });
    }
    made.sort_by_key(|edit| (edit.start, edit.end));
    let apart = made.windows(2).all(|pair| pair[0].end <= pair[1].start && pair[0].start < pair[1].start);
    (apart && !made.is_empty()).then(|| Fix::new(title, safe, made))
}

/// The line at a byte, its end included.
pub(crate) fn line(text: &str, at: usize) -> Span {
    let at = at.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
    Span::new(start, end)
}

/// The blanks at the beginning of the line at a byte.
pub(crate) fn indent(text: &str, at: usize) -> &str {
    let line = line(text, at);
    let whole = &text[line.start..line.end];
    &whole[..whole.len() - whole.trim_start_matches([' ', '\t']).len()]
}

/// The lines of a range, where nothing else stands on them but a comment behind it.
pub(crate) fn own_lines(text: &str, span: Span) -> Option<Span> {
    let first = line(text, span.start);
    let last = line(text, span.end);
    let before = text.get(first.start..span.start)?;
    let after = text.get(span.end..last.end)?.trim();
    let alone = before.chars().all(|c| c == ' ' || c == '\t') && (after.is_empty() || after.starts_with('#'));
    alone.then(|| Span::new(first.start, last.end))
}

/// Takes a range away, with its lines where it has them for itself.
pub(crate) fn without(text: &str, span: Span) -> Replaced {
    let Some(lines) = own_lines(text, span) else { return (span, String::new()) };
    let mut lines = lines;
    // The last line of a text without a line end takes the one before with it.
    if lines.end == text.len() && !text.ends_with('\n') && lines.start > 0 {
        lines.start -= if text[..lines.start].ends_with("\r\n") { 2 } else { 1 };
    }
    (lines, String::new())
}

/// Puts lines, given without the last line end, below the line at a byte.
pub(crate) fn below(text: &str, at: usize, lines: &str) -> Replaced {
    let end = line(text, at).end;
    let whole = text[..end].ends_with('\n');
    let lines = if whole { format!("{lines}\n") } else { format!("\n{lines}") };
    (Span::new(end, end), lines)
}

/// Puts lines, given without the last line end, above the line at a byte.
pub(crate) fn above(text: &str, at: usize, lines: &str) -> Replaced {
    let start = line(text, at).start;
    (Span::new(start, start), format!("{lines}\n"))
}

/// Takes a word of a command away, with the blank before it.
pub(crate) fn without_word(text: &str, span: Span) -> Replaced {
    let before = &text[..span.start];
    let start = before.trim_end_matches([' ', '\t']).len();
    // What stands at the beginning of its line leaves the blank behind it.
    if before[..start].ends_with('\n') || start == 0 {
        let after = &text[span.end..];
        let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
        let goes_on = after[blanks..].starts_with(['\\', '\n', '\r']);
        if goes_on && after[blanks..].starts_with('\\') {
            // The line goes on behind it, so that it goes as a whole.
            let rest = after[blanks + 1..].trim_start_matches('\r');
            if rest.starts_with('\n') {
                return (Span::new(start, text.len() - rest.len() + 1), String::new());
            }
        }
        return (Span::new(span.start, span.end + blanks), String::new());
    }
    (Span::new(start, span.end), String::new())
}

/// Takes an element of `["a", "b"]` away, with one comma.
pub(crate) fn without_element(text: &str, span: Span) -> Option<Replaced> {
    let before = text.get(..span.start)?.trim_end();
    let after = text.get(span.end..)?;
    if let Some(kept) = before.strip_suffix(',') {
        return Some((Span::new(kept.len(), span.end), String::new()));
    }
    let rest = after.trim_start().strip_prefix(',')?;
    let rest = rest.trim_start_matches([' ', '\t']);
    before.ends_with('[').then(|| (Span::new(span.start, text.len() - rest.len()), String::new()))
}

/// Where the quote of a YAML text in quotes stands: its content begins one byte later.
fn opening(text: &str, value: Span) -> Option<char> {
    text.get(..value.start)?.chars().next_back().filter(|c| matches!(c, '"' | '\''))
}

/// The whole of a YAML text, its quotes included.
pub(crate) fn with_quotes(text: &str, value: Span) -> Span {
    let quoted = opening(text, value).is_some_and(|quote| text[value.end..].starts_with(quote));
    if quoted { Span::new(value.start - 1, value.end + 1) } else { value }
}

/// Whether the entry's value stands behind its key, on the same line: it is no alias, and nothing was merged in.
pub(crate) fn is_inline(text: &str, entry: &Entry) -> bool {
    let (key, value) = (entry.span, entry.value.span);
    value.start > key.end
        && text.get(key.end..value.start).is_some_and(|between| {
            between.trim_start_matches(['"', '\'']).trim_start().starts_with(':') && !between.contains('\n')
        })
}

/// Takes an entry of one line out of a map, where that leaves a map; its value is replaced by `off` where it does not.
pub(crate) fn without_entry(text: &str, map: &Node, key: &str, off: &str) -> Option<Replaced> {
    let entry = own_entry(map, key).filter(|entry| is_inline(text, entry))?;
    let value = with_quotes(text, entry.value.span);
    let whole = entry.span.to(value);
    if map.entries().len() > 1 && own_lines(text, whole).is_some() {
        return Some(without(text, whole));
    }
    Some((value, off.to_owned()))
}

/// The entry of a key that stands in the map itself.
pub(crate) fn own_entry<'n>(map: &'n Node, key: &str) -> Option<&'n Entry> {
    map.entries().iter().find(|entry| entry.key == key)
}

/// The indentation of the entries of a map in block style: as many blanks as stand before its keys, `- ` included.
pub(crate) fn column(text: &str, map: &Node) -> Option<usize> {
    let Data::Map(entries) = &map.data else { return None };
    let first = entries.first()?;
    let line = line(text, first.span.start);
    let before = text.get(line.start..first.span.start)?;
    // `{ a: 1 }` has no lines of its own; tabs are none of YAML's blanks.
    before.chars().all(|c| matches!(c, ' ' | '-')).then_some(before.len())
}

/// Puts entries before an entry of a map in block style: at its key, so that a dash before it stays the first thing of its line. `lines` begin at the column of
/// the keys.
pub(crate) fn before_entry(text: &str, map: &Node, entry: &Entry, lines: &[String]) -> Option<Replaced> {
    let column = column(text, map)?;
    let blanks = " ".repeat(column);
    let at = entry.span.start;
    let own = text.get(line(text, at).start..at)?;
    if own.len() != column {
        return None;
    }
    let added: String = lines.iter().map(|line| format!("{line}\n{blanks}")).collect();
    Some((Span::new(at, at), added))
}

/// Takes a word of a command away, and what follows it up to `last`: in a text of a shell, in `["a", "b"]`, or on its own line of a list of YAML. Nothing where the place is not
/// that of the word alone.
pub(crate) fn without_argument(text: &str, word: &Word, last: &Word) -> Option<Vec<Replaced>> {
    let place = |word: &Word| {
        let written = text.get(word.span.start..word.span.end)?;
        let quoted = |quote: char| {
            written.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) == Some(&*word.text)
        };
        (written == word.text || quoted('"') || quoted('\'')).then(|| with_quotes(text, word.span))
    };
    let words = if word == last { vec![place(word)?] } else { vec![place(word)?, place(last)?] };
    let first = *words.first()?;
    let before = text.get(..first.start)?.trim_end();
    let after = text.get(first.end..)?.trim_start();
    let quoted = text[first.start..].starts_with(['"', '\'']);
    let listed = (before.ends_with(['[', ',']) && after.starts_with([',', ']'])) && quoted
        || before.ends_with(['[', ',']) && after.starts_with([',', ']']) && in_brackets(text, first.start);
    if listed {
        return words.into_iter().map(|span| without_element(text, span)).collect();
    }
    let own = line(text, first.start);
    let lead = text.get(own.start..first.start)?;
    if lead.trim() == "-" {
        let item = |span: Span| {
            let own = line(text, span.start);
            let rest = text.get(span.end..own.end)?.trim();
            let lead = text.get(own.start..span.start)?.trim();
            (lead == "-" && (rest.is_empty() || rest.starts_with('#'))).then(|| without(text, own))
        };
        // A list of one would become nothing.
        return words.into_iter().map(item).collect();
    }
    (!quoted).then(|| vec![without_word(text, first.to(*words.last().unwrap_or(&first)))])
}

/// Whether the line up to a byte has a bracket that is still open.
fn in_brackets(text: &str, at: usize) -> bool {
    let head = &text[line(text, at).start..at];
    head.rfind('[').is_some_and(|open| head.rfind(']').is_none_or(|close| close < open))
}

/// The other truth value, written in the same way.
pub(crate) fn negated(word: &str) -> Option<&'static str> {
    Some(match word {
        "1" => "0",
        "0" => "1",
        "true" => "false",
        "True" => "False",
        "TRUE" => "FALSE",
        "false" => "true",
        "False" => "True",
        "FALSE" => "TRUE",
        "yes" => "no",
        "Yes" => "No",
        "YES" => "NO",
        "no" => "yes",
        "No" => "Yes",
        "NO" => "YES",
        "on" => "off",
        "On" => "Off",
        "ON" => "OFF",
        "off" => "on",
        "Off" => "On",
        "OFF" => "ON",
        _ => return None,
    })
}

/// The truth value at the end of a range, negated; quotes and the end of `${NAME:-1}` may stand behind it.
pub(crate) fn other_truth(text: &str, span: Span) -> Option<Replaced> {
    let written = text.get(span.start..span.end)?;
    let kept = written.trim_end().trim_end_matches(['"', '\'', '}', ',', ';']);
    let start = kept.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let other = negated(&kept[start..])?;
    Some((Span::new(span.start + start, span.start + kept.len()), other.to_owned()))
}
