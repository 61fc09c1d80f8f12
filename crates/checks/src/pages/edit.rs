//! Edits of templates that leave everything beside them as it is written.

use clearance_program::TemplateFile;
use clearance_template::{Expr, Mark, MarkKind, Output, Span};

use super::{PageCx, text_range};
use crate::Draft;

/// What stands in place of a range of a template.
pub(crate) type Replaced = (Span, String);

impl Draft {
    /// The repair by edits of a template that belong together; without any the draft stays as it is.
    pub(crate) fn edits(self, title: &str, safe: bool, edits: impl IntoIterator<Item = Replaced>) -> Self {
        edits.into_iter().fold(self, |draft, (span, text)| draft.replace(title, safe, text_range(span), text))
    }
}

impl PageCx<'_, '_> {
    /// The value of the attribute in which something is shown, without quotes.
    pub(crate) fn attribute_value(&self, output: &Output) -> Option<Span> {
        let name = output.attribute?;
        let holders =
            self.elements().iter().filter(|element| element.range.0 <= name.0 && name.1 <= element.range.1);
        let mut found = holders.flat_map(|element| &element.attributes).filter(|one| one.name == name);
        found.next().map(|attribute| attribute.value).filter(|value| value.0 < value.1)
    }
}

/// The text between `{{` and `}}`, and its place, without blanks and the signs that take blanks away.
fn inner(text: &str, range: Span) -> Option<(Span, &str)> {
    let body = slice(text, range).strip_prefix("{{")?.strip_suffix("}}")?;
    let signs = ['-', '+'];
    let rest = body.strip_prefix(signs).unwrap_or(body).trim_start();
    let at = range.0 + 2 + (body.len() - rest.len()) as u32;
    let trimmed = rest.strip_suffix(signs).unwrap_or(rest).trim_end();
    (!trimmed.is_empty()).then_some(((at, at + trimmed.len() as u32), trimmed))
}

/// A part of a text; empty where there is none.
pub(crate) fn slice(text: &str, (start, end): Span) -> &str {
    text.get(start as usize..end as usize).unwrap_or("")
}

/// The text outside of the tags of the template.
pub(crate) fn outside_of_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        out.push_str(&rest[..at]);
        let close = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        let Some(end) = rest[at..].find(close) else { return out };
        rest = &rest[at + end + 2..];
    }
    out.push_str(rest);
    out
}

/// A tag with its line, where it has that for itself.
pub(crate) fn without_tag(text: &str, (start, end): Span) -> Replaced {
    let (from, to) = (start as usize, end as usize);
    let line = text[..from].rfind('\n').map_or(0, |at| at + 1);
    let after = text[to..].find('\n').map_or(text.len(), |at| to + at + 1);
    let alone = text[line..from].trim().is_empty() && text[to..after].trim().is_empty();
    if alone && (line > 0 || after < text.len()) {
        return ((line as u32, after as u32), String::new());
    }
    ((start, end), String::new())
}

/// The mark `|safe` of something shown, where there is one and only one.
pub(crate) fn unmarked(text: &str, range: Span) -> Option<Replaced> {
    let (place, body) = inner(text, range)?;
    let mut found = Vec::new();
    let mut quote = None;
    for (at, c) in body.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '|') => {
                let rest = body[at + 1..].trim_start();
                let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                if matches!(&rest[..name], "safe" | "safeseq") {
                    let end = body.len() - rest.len() + name;
                    // `|safe()`
                    let end = if rest[name..].starts_with("()") { end + 2 } else { end };
                    found.push((body[..at].trim_end().len(), end));
                }
            }
            _ => {}
        }
    }
    let [(start, end)] = found[..] else { return None };
    Some(((place.0 + start as u32, place.0 + end as u32), String::new()))
}

/// Whether the words of something shown say that it is HTML by purpose: the mark is no slip there, and without it the page would show tags. `strict` counts only what says so
/// for certain; else also the words that mostly stand for finished pieces of a page.
pub(crate) fn is_html_by_name(text: &str, range: Span, strict: bool) -> bool {
    const CERTAIN: &[&str] = &[
        "bleach",
        "clean",
        "html",
        "linebreaks",
        "markdown",
        "markup",
        "md",
        "qrcode",
        "rendered",
        "sanitise",
        "sanitised",
        "sanitize",
        "sanitized",
        "svg",
    ];
    const LIKELY: &[&str] = &[
        "about",
        "announcement",
        "article",
        "body",
        "button",
        "code",
        "conduct",
        "content",
        "css",
        "description",
        "embed",
        "error",
        "errors",
        "field",
        "footer",
        "form",
        "header",
        "icon",
        "iframe",
        "image",
        "impressum",
        "js",
        "json",
        "link",
        "links",
        "logo",
        "map",
        "menu",
        "meta",
        "plot",
        "policy",
        "qr",
        "response",
        "script",
        "snippet",
        "style",
        "summary",
        "table",
        "template",
        "thumbnail",
        "toolbar",
        "tag",
        "tags",
        "widget",
        "widgets",
    ];
    let Some((_, body)) = inner(text, range) else { return true };
    let words = body.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    words
        .into_iter()
        .any(|word| CERTAIN.contains(&word.as_str()) || (!strict && LIKELY.contains(&word.as_str())))
}

/// Both tags of a block without escaping taken away.
pub(crate) fn escaped(text: &str, mark: Mark) -> Option<[Replaced; 2]> {
    let inside = text.get(mark.tag.1 as usize..mark.range.1 as usize)?;
    let begin = mark.tag.1 + inside.rfind("{%")? as u32;
    let end = slice(text, (begin, mark.range.1));
    (end.contains("endautoescape") && end.ends_with("%}"))
        .then(|| [without_tag(text, mark.tag), without_tag(text, (begin, mark.range.1))])
}

/// The repair of a way of data that ends where something is shown without escaping: the mark goes, or the block around it.
pub(crate) fn shown_escaped(file: &TemplateFile, way: Draft) -> Draft {
    let (start, end) = (way.range.start().into(), way.range.end().into());
    if is_html_by_name(&file.text, (start, end), true) {
        return way;
    }
    if let Some(edit) = unmarked(&file.text, (start, end)) {
        return way.edits("Escape the value", false, [edit]);
    }
    let holds =
        |mark: &&Mark| mark.kind == MarkKind::Unescaped && mark.range.0 <= start && end <= mark.range.1;
    match file.template.marks.iter().rfind(holds).and_then(|mark| escaped(&file.text, *mark)) {
        Some(edits) => way.edits("Escape what the block shows", false, edits),
        None => way,
    }
}

/// What is shown with one more filter at its end.
pub(crate) fn filtered(text: &str, output: &Output, range: Span, filter: &str) -> Option<Vec<Replaced>> {
    let ((start, end), body) = inner(text, range)?;
    // Without an other case it may be nothing, which not every filter takes.
    if body.contains(" if ") && !body.contains(" else ") {
        return None;
    }
    let simple = matches!(output.value, Expr::Name(_) | Expr::Attr(..) | Expr::Item(..) | Expr::Call(..))
        || (matches!(output.value, Expr::Filter(..)) && !has_operator(body));
    let (open, close) = if simple { ("", "") } else { ("(", ")") };
    let mut edits = vec![((end, end), format!("{close}|{filter}"))];
    if !simple {
        edits.push(((start, start), open.to_owned()));
    }
    Some(edits)
}

/// Whether an expression has an operator outside of brackets and quotes: a blank between two words, or a sign.
fn has_operator(body: &str) -> bool {
    let mut depth = 0usize;
    let mut quote = None;
    for c in body.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '+' | '~' | '*' | '/' | '-' | '%' | '<' | '>' | '=') if depth == 0 => return true,
            _ => {}
        }
    }
    [" if ", " or ", " and ", " not ", " in ", " is "].iter().any(|word| body.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmark(text: &str) -> Option<String> {
        let (span, with) = unmarked(text, (0, text.len() as u32))?;
        let mut out = text.to_owned();
        out.replace_range(span.0 as usize..span.1 as usize, &with);
        Some(out)
    }

    #[test]
    fn the_mark_goes_with_its_bar() {
        assert_eq!(unmark("{{ a|safe }}").as_deref(), Some("{{ a }}"));
        assert_eq!(unmark("{{- a | safe -}}").as_deref(), Some("{{- a -}}"));
        assert_eq!(unmark("{{ a|safe|upper }}").as_deref(), Some("{{ a|upper }}"));
        assert_eq!(
            unmark("{{ a|default(\"|safe\")|safe() }}").as_deref(),
            Some("{{ a|default(\"|safe\") }}")
        );
        assert_eq!(unmark("{{ a|safe ~ b|safe }}"), None);
        assert_eq!(unmark("{{ a }}"), None);
    }

    #[test]
    fn tags_are_left_out() {
        assert_eq!(outside_of_tags("a{{ \"x\" }}b{% if c %}d"), "abd");
        assert_eq!(without_tag("a\n  {% debug %}\nb", (4, 15)), ((2, 16), String::new()));
        assert_eq!(without_tag("a {% debug %} b", (2, 13)), ((2, 13), String::new()));
    }
}
