//! Regular expressions in the syntax of Go, in that of the `regex` crate. They differ in a few escapes and in what may stand for itself.

use std::{iter::Peekable, str::Chars};

/// The same pattern in the syntax of the `regex` crate, as far as there is one.
pub(crate) fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(&mut rest, &mut out),
            '[' => class(&mut rest, &mut out),
            // Where it counts nothing, Go takes it for itself.
            '{' if !is_count(rest.clone()) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// What follows a backslash outside of brackets.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    match rest.next() {
        Some('Q') => {
            let mut text = String::new();
            while let Some(c) = rest.next() {
                if c == '\\' && rest.peek() == Some(&'E') {
                    rest.next();
                    break;
                }
                text.push(c);
            }
            out.push_str(&regex_syntax::escape(&text));
        }
        Some('E') => {}
        // Here they would be the ends of words.
        Some(c @ ('<' | '>')) => out.push(c),
        Some(c) => {
            out.push('\\');
            out.push(c);
        }
        None => out.push('\\'),
    }
}

/// The inside of brackets, up to their end.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if rest.peek() == Some(&'^') {
        rest.next();
        out.push('^');
    }
    let mut first = true;
    // After a class in the class a hyphen is no range.
    let mut after_class = false;
    let mut previous = ' ';
    while let Some(c) = rest.next() {
        let was_class = std::mem::take(&mut after_class);
        match c {
            ']' if !first => {
                out.push(']');
                return;
            }
            ']' => out.push_str("\\]"),
            '[' if rest.peek() == Some(&':') => {
                out.push('[');
                for c in rest.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
                after_class = true;
            }
            '[' => out.push_str("\\["),
            '\\' => match rest.next() {
                Some(c @ ('<' | '>')) => out.push(c),
                Some(c) => {
                    after_class = matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W');
                    out.push('\\');
                    out.push(c);
                }
                None => out.push('\\'),
            },
            '-' if was_class && rest.peek() != Some(&']') => out.push_str("\\-"),
            '&' | '~' | '-' if previous == c => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        previous = c;
        first = false;
    }
}

/// Whether `{` begins a count: `{3}`, `{3,}`, `{3,5}`.
fn is_count(rest: Peekable<Chars<'_>>) -> bool {
    let mut digits = 0;
    let mut commas = 0;
    for c in rest {
        match c {
            '0'..='9' => digits += usize::from(commas == 0),
            ',' if digits > 0 && commas == 0 => commas += 1,
            '}' => return digits > 0,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use regex::bytes::Regex;

    use super::translate;

    #[test]
    fn what_go_takes_is_taken() {
        for (go, text) in [
            (r"^\$(?:\d+|{\d+})$", "${12}"),
            (r"[^[]x", "ax"),
            (r"[]a]+", "]a"),
            (r"[\w-.]+", "a-.b"),
            (r"\<a\>", "<a>"),
            (r"\Qa.b*\E+", "a.b***"),
            (r"a{2,3}", "aaa"),
            (r"{{[^}]+}}", "{{ x }}"),
            (r"[[:alnum:]_&&]+", "a&_1"),
            (r"[+--]", ","),
            (r"\/\x60", "/`"),
        ] {
            let pattern = translate(go);
            let regex =
                Regex::new(&format!("^(?:{pattern})$")).unwrap_or_else(|error| panic!("{go}: {error}"));
            assert!(regex.is_match(text.as_bytes()), "{go} as {pattern} in {text}");
        }
        assert!(!Regex::new(&translate(r"^a\.b$")).is_ok_and(|regex| regex.is_match(b"axb")));
    }
}
