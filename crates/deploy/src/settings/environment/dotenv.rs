//! The format of environment files, as python-dotenv, Docker and systemd read it.

/// Assignments of one file that are read.
const MAX_ENTRIES: usize = 2000;

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    /// The value, escapes and quotes taken away, references to other variables still in it.
    pub(crate) value: String,
    /// Whether references to other variables in the value stand for these.
    pub(crate) expands: bool,
    /// Bytes of the assignment.
    pub(crate) range: (usize, usize),
}

/// The assignments of a text, in order.
pub(crate) fn assignments(text: &str) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() && found.len() < MAX_ENTRIES {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let line = &text[at..line_end];
        let mut next = line_end + 1;
        let indent = line.len() - line.trim_start().len();
        let body = line.trim_start();
        let start = at + indent;
        if !body.is_empty() && !body.starts_with('#') {
            let body = body.strip_prefix("export ").map_or(body, str::trim_start);
            if let Some((name, rest)) = body.split_once('=')
                && is_name(name.trim())
            {
                let rest_at = line_end - rest.len();
                let (value, expands, end) = value(text, rest_at, line_end);
                if end > line_end {
                    next = text[end..].find('\n').map_or(text.len(), |more| end + more) + 1;
                }
                let end = end.max(rest_at);
                found.push(Assignment { name: name.trim().to_owned(), value, expands, range: (start, end) });
            }
        }
        at = next;
    }
    found
}

/// Whether a text is the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// A value that begins at `at`; quoted ones may go on over lines. With its end.
fn value(text: &str, at: usize, line_end: usize) -> (String, bool, usize) {
    let line = &text[at..line_end];
    let indent = line.len() - line.trim_start().len();
    let begin = at + indent;
    let quote = text[begin..].chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote.filter(|_| begin < line_end) {
        let mut value = String::new();
        let mut chars = text[begin + 1..].char_indices().take(1 << 16);
        while let Some((offset, c)) = chars.next() {
            match c {
                '\\' if quote == '"' => match chars.next().map(|(_, c)| c) {
                    Some('n') => value.push('\n'),
                    Some('t') => value.push('\t'),
                    Some('r') => value.push('\r'),
                    Some(c) => value.push(c),
                    None => break,
                },
                '\\' if text[begin + 1 + offset..].starts_with("\\'") => {
                    value.push('\'');
                    chars.next();
                }
                c if c == quote => return (value, quote == '"', begin + 1 + offset + 1),
                c => value.push(c),
            }
        }
        // The quote is never closed: the rest of the line.
    }
    let mut end = line.len();
    for (offset, _) in line.match_indices('#') {
        if offset == 0 || line[..offset].ends_with([' ', '\t']) {
            end = offset;
            break;
        }
    }
    let shown = line[..end].trim();
    (shown.to_owned(), true, at + line[..end].trim_end().len())
}

/// `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}` replaced. The second result names a variable that nothing sets and that has a
/// default; the first is nothing where one has none.
pub(crate) fn expand(text: &str, known: &dyn Fn(&str) -> Option<String>) -> (Option<String>, Option<String>) {
    let mut result = String::new();
    let mut open = None;
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(more) = rest.strip_prefix('$') {
            result.push('$');
            rest = more;
            continue;
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let Some(end) = inner.find('}') else {
                result.push_str("${");
                rest = inner;
                continue;
            };
            let reference = &inner[..end];
            rest = &inner[end + 1..];
            let name_end = reference.find([':', '-', '?', '+']).unwrap_or(reference.len());
            let (name, operator) = reference.split_at(name_end);
            match (known(name), operator) {
                (Some(value), _) => result.push_str(&value),
                (None, operator) => {
                    let default = operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-'));
                    let Some(default) = default else { return (None, Some(name.to_owned())) };
                    open.get_or_insert_with(|| name.to_owned());
                    result.push_str(default);
                }
            }
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end == 0 {
            result.push('$');
            continue;
        }
        let name = &rest[..end];
        rest = &rest[end..];
        match known(name) {
            Some(value) => result.push_str(&value),
            None => return (None, Some(name.to_owned())),
        }
    }
    result.push_str(rest);
    (Some(result), open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_comments_export_and_lines() {
        let text = "# c\nA=1\nexport B = \"two # not a comment\\n\" # c\nC='$A' # c\nD=a b # c\nE=\nF=#x\nG=\"one\ntwo\"\nH=x#y\nnot an assignment\n";
        let found: Vec<(String, String, bool)> =
            assignments(text).into_iter().map(|one| (one.name, one.value, one.expands)).collect();
        let expect = [
            ("A", "1", true),
            ("B", "two # not a comment\n", true),
            ("C", "$A", false),
            ("D", "a b", true),
            ("E", "", true),
            ("F", "", true),
            ("G", "one\ntwo", true),
            ("H", "x#y", true),
        ];
        let expect: Vec<_> = expect
            .iter()
            .map(|(name, value, expands)| (name.to_string(), value.to_string(), *expands))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn references() {
        let known = |name: &str| (name == "A").then(|| "1".to_owned());
        let expanded = |text: &str| expand(text, &known);
        assert_eq!(expanded("x$A-${A}"), (Some("x1-1".to_owned()), None));
        assert_eq!(expanded("${B:-d}/$$"), (Some("d/$".to_owned()), Some("B".to_owned())));
        assert_eq!(expanded("${B}"), (None, Some("B".to_owned())));
        assert_eq!(expanded("a$"), (Some("a$".to_owned()), None));
    }

    #[test]
    fn hostile_texts_end() {
        for text in ["\"", "A=\"", "A='", "=", "A=\\", "A=\"\\", "é=1", "A=é#", "${", "A=${${${"] {
            for one in assignments(text) {
                expand(&one.value, &|_| None);
            }
        }
    }
}
