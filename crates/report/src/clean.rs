//! Makes text of the target harmless for where it is shown.
//!
//! A path, a message or a line of code may hold control characters, terminal escapes, text that reorders what is read, markup, or
//! the commands by which build services take orders from a log (`::error::`, `##[…]`, `##vso[…]`). None of them may act.

use std::borrow::Cow;

/// One line of plain text: line ends become spaces, tabs stay, other control characters and those that reorder text become `U+FFFD`,
/// and commands to build services are broken up.
pub fn line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_control() && b != b'#' && b != b':') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => out.push(' '),
            '\t' => out.push(c),
            c if is_hostile(c) => out.push('\u{FFFD}'),
            // The runner trims a line before it looks for a command at its beginning; `##[` counts anywhere.
            ':' if out.trim_start() == ":" => out.push_str(" :"),
            '[' if out.ends_with("##") || out.ends_with("##vso") => out.push_str(" ["),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character may do something to the terminal or the reader instead of being shown.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{E0000}'..='\u{E007F}')
}

/// Text inside a Markdown paragraph, heading or table cell: markup is shown as it is written. Text between back quotes stays code, as rule
/// pages and messages write it.
pub fn markdown(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut parts = text.split('`');
    if let Some(first) = parts.next() {
        escape(first, &mut out);
    }
    let parts: Vec<&str> = parts.collect();
    for pair in parts.chunks(2) {
        if let [inside, after] = pair {
            out.push_str(&code(inside));
            escape(after, &mut out);
        } else {
            out.push_str("\\`");
            escape(pair[0], &mut out);
        }
    }
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '\t' => out.push(' '),
            c => out.push(c),
        }
    }
}

/// A Markdown code span that holds `text` exactly, also inside a table.
pub fn code(text: &str) -> String {
    let text = line(text).replace('\t', " ");
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// A fenced Markdown block of `lines` in `language`.
pub fn block<'a>(language: &str, lines: impl Iterator<Item = Cow<'a, str>> + Clone) -> String {
    let longest = lines.clone().map(|line| longest_run(&line, '`')).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut out = format!("{fence}{language}\n");
    for text in lines {
        out.push_str(line(&text).trim_end());
        out.push('\n');
    }
    out.push_str(&fence);
    out.push('\n');
    out
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A path as a relative URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded, and a first segment that
/// could be read as a scheme cannot occur, because `:` is encoded too.
pub fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let is_address = is_address(path);
    for byte in path.bytes() {
        match byte {
            b':' | b'[' | b']' | b'%' if is_address => out.push(char::from(byte)),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Whether a place is an address of the running server. No path in a tree has two slashes in a row.
pub(crate) fn is_address(path: &str) -> bool {
    path.starts_with("https://") || path.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_a_terminal_or_a_build_service() {
        assert_eq!(line("a\x1b[31mb\rc\nd"), "a\u{FFFD}[31mb c d");
        assert_eq!(line("::error::x"), ": :error::x");
        assert_eq!(line("  \r\n::error::x"), "     : :error::x".replacen("     ", "    ", 1));
        assert_eq!(line("a::b"), "a::b");
        assert_eq!(line("x ##[error]y ##vso[task]"), "x ## [error]y ##vso [task]");
        assert_eq!(line("pass\u{202E}drow\u{9b}1m"), "pass\u{FFFD}drow\u{FFFD}1m");
        assert!(matches!(line("plain text"), Cow::Borrowed(_)));
    }

    #[test]
    fn markup_is_shown_and_not_obeyed() {
        assert_eq!(markdown("<b>|*x*|</b> & [a](b)"), "&lt;b&gt;\\|\\*x\\*\\|&lt;/b&gt; &amp; \\[a\\](b)");
        assert_eq!(markdown("call `f(*a, **k)` | now"), "call `f(*a, **k)` \\| now");
        assert_eq!(markdown("one ` alone"), "one \\` alone");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(code("`a"), "`` `a ``");
        let fenced = block("python", ["x = '''```'''", "::error::"].into_iter().map(Cow::Borrowed));
        assert_eq!(fenced, "````python\nx = '''```'''\n: :error::\n````\n");
    }

    #[test]
    fn uris_are_encoded() {
        assert_eq!(uri("a b/ü:#?.py"), "a%20b/%C3%BC%3A%23%3F.py");
        assert_eq!(uri("https://[::1]:8443/a%20b\"c"), "https://[::1]:8443/a%20b%22c");
    }
}
