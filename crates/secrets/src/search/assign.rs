//! What stands where a name is given a value, in any of the notations of settings and programs.

use std::ops::Range;

/// Longest name, and longest part of a name on either side of a word in it.
const MAX_NAME: usize = 80;
/// Longest value.
const MAX_VALUE: usize = 4096;
/// Longest type, call or option between a name and its value.
const MAX_BETWEEN: usize = 60;

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The bytes of the name, dots included.
    pub(crate) name: Range<usize>,
    /// The bytes of the value, without its quotes.
    pub(crate) value: Range<usize>,
    /// Whether it stands in quotes.
    pub(crate) quoted: bool,
}

/// The assignment to the name that holds `word`, if there is one. Values without quotes count only where `bare` says so: in program text they are expressions.
pub(crate) fn assignment(text: &[u8], word: Range<usize>, bare: bool) -> Option<Assignment> {
    let name = name_around(text, word)?;
    let before = name.start.checked_sub(1).map(|at| text[at]);
    let mut at = name.end;
    let mut closed = false;
    let limit = text.len().min(at + MAX_BETWEEN);
    while at < limit {
        match text[at] {
            b'"' | b'\'' | b'`' | b']' | b')' | b'\\' => closed = true,
            b' ' | b'\t' => {}
            _ => break,
        }
        at += 1;
    }
    let spaced = text.get(name.end).is_some_and(u8::is_ascii_whitespace);
    let rest = text.get(at..)?;
    let (length, tight) = match rest {
        [b':', b'=', ..] | [b'=', b'>', ..] | [b'?', b'=', ..] | [b'|', b'|', ..] | [b'?', b'?', ..] => {
            (2, false)
        }
        [b'=', b'=' | b'~', ..] | [b'!', ..] => return None,
        [b'=', next, ..] => (1, !spaced && !next.is_ascii_whitespace()),
        [b':', b':', ..] => return None,
        // `x ? a.password : "…"`: in program text no key is written with a dot.
        [b':', ..] if !bare && !closed && text[name.clone()].contains(&b'.') => return None,
        [b':', ..] => (1, false),
        [b',', ..] if closed => (1, false),
        [b'>', ..] if before == Some(b'<') => (1, true),
        // `--password value`
        [first, ..] if spaced && option_before(text, name.start) && *first != b'-' => (0, true),
        _ => return None,
    };
    at += length;
    if length == 1 && rest[0] == b':' {
        at = after_type(text, at);
    }
    value_at(text, at, bare, tight, before == Some(b'<')).map(|(value, quoted)| Assignment {
        name,
        value,
        quoted,
    })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

fn name_around(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let left = text[..word.start].iter().rev().take(MAX_NAME + 1).take_while(|byte| is_name(**byte)).count();
    let right = text[word.end..].iter().take(MAX_NAME + 1).take_while(|byte| is_name(**byte)).count();
    if left > MAX_NAME || right > MAX_NAME {
        return None;
    }
    let mut start = word.start - left;
    let mut end = word.end + right;
    // A dot or hyphen at the edge belongs to the sentence around it.
    while start < word.start && matches!(text[start], b'.' | b'-' | b'$') {
        start += 1;
    }
    while end > word.end && matches!(text[end - 1], b'.' | b'-') {
        end -= 1;
    }
    (end - start <= MAX_NAME).then_some(start..end)
}

fn option_before(text: &[u8], start: usize) -> bool {
    text[..start].ends_with(b"--") || text[..start].ends_with(b" -")
}

/// The place after a type: `password: string = "…"`, `key: &'static str = "…"`.
fn after_type(text: &[u8], at: usize) -> usize {
    let span = &text[at..text.len().min(at + MAX_BETWEEN)];
    let kind = |byte: u8| byte.is_ascii_alphanumeric() || b" _<>[]|&'.?".contains(&byte);
    let length = span.iter().take_while(|byte| kind(**byte)).count();
    match &span[length..] {
        [b'=', next, ..] if *next != b'=' && length > 1 => at + length + 1,
        _ => at,
    }
}

/// The value that begins at or after `at`, on the same line.
fn value_at(text: &[u8], mut at: usize, bare: bool, tight: bool, tag: bool) -> Option<(Range<usize>, bool)> {
    at += text.get(at..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if let Some(found) = quoted_at(text, at) {
        return Some((found, true));
    }
    // A prefix of the literal, or a call around it: `b"…"`, `SecretStr("…")`, `os.getenv("…")`.
    let span = &text[at..text.len().min(at + MAX_BETWEEN)];
    let word = span.iter().take_while(|byte| is_name(**byte) || **byte == b':').count();
    if word > 0 {
        let mut inner = at + word;
        let call = text.get(inner) == Some(&b'(');
        let prefix = word <= 2 && text[at..inner].iter().all(|byte| b"bBrRfFuUL".contains(byte));
        if call || prefix {
            inner += usize::from(call);
            if let Some(found) = quoted_at(text, inner) {
                return Some((found, true));
            }
        }
    }
    if !bare {
        return None;
    }
    let line = &text[at..text.len().min(at + MAX_VALUE)];
    let ends = |byte: u8| match byte {
        b'\n' | b'\r' | b'"' | b'\'' | b'`' => true,
        b'<' => tag,
        b' ' | b'\t' | b'&' | b';' | b'|' | b')' => tight,
        _ => false,
    };
    let length = line.iter().take_while(|byte| !ends(**byte)).count();
    let mut value = &line[..length];
    if let Some(comment) = value.windows(2).position(|pair| matches!(pair, b" #" | b"\t#")) {
        value = &value[..comment];
    }
    let trimmed = value.trim_ascii_end();
    let trimmed = trimmed.strip_suffix(b",").or(trimmed.strip_suffix(b";")).unwrap_or(trimmed);
    (!trimmed.is_empty()).then(|| (at..at + trimmed.len(), false))
}

/// The inside of the string that begins at `at`. The quotes may be escaped, as in JSON that stands in a string.
fn quoted_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let escaped = text.get(at) == Some(&b'\\');
    let open = at + usize::from(escaped);
    let quote = *text.get(open).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let triple = !escaped && text[open..].starts_with(&[quote; 3]);
    let start = open + if triple { 3 } else { 1 };
    let body = &text[start.min(text.len())..text.len().min(start + MAX_VALUE)];
    let mut length = 0;
    while length < body.len() {
        match body[length] {
            b'\\' if escaped && body.get(length + 1) == Some(&quote) => return Some(start..start + length),
            b'\\' if !escaped => length += 1,
            b'\n' if !triple => return None,
            byte if byte == quote && !triple => return Some(start..start + length),
            byte if byte == quote && body[length..].starts_with(&[quote; 3]) => {
                return Some(start..start + length);
            }
            _ => {}
        }
        length += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, bare: bool) -> Option<(String, String)> {
        let at = text.find("pass").unwrap();
        let found = assignment(text.as_bytes(), at..at + 4, bare)?;
        Some((text[found.name].to_owned(), text[found.value].to_owned()))
    }

    #[test]
    fn notations() {
        for (text, name) in [
            (r#"db_password = "v4lue""#, "db_password"),
            (r#"  "password": "v4lue","#, "password"),
            (r#"{\"password\": \"v4lue\"}"#, "password"),
            ("password => 'v4lue',", "password"),
            (r#"config["password"] = "v4lue""#, "password"),
            (r#"set("password", "v4lue")"#, "password"),
            (r#"const password: string = "v4lue";"#, "password"),
            (r#"let password: &'static str = "v4lue";"#, "password"),
            (r#"password := "v4lue""#, "password"),
            (r#"password = SecretStr("v4lue")"#, "password"),
            (r#"password = b'v4lue'"#, "password"),
            (r#"process.env.password || "v4lue""#, "process.env.password"),
            (r#"password = """v4lue""""#, "password"),
        ] {
            assert_eq!(parts(text, false), Some((name.to_owned(), "v4lue".to_owned())), "{text}");
        }
    }

    #[test]
    fn bare_values() {
        for text in [
            "password: v4lue  # the old one",
            "password=v4lue",
            "export password=v4lue && run",
            "run --password v4lue --user x",
            "run --password=v4lue --user x",
            "<password>v4lue</password>",
        ] {
            assert_eq!(parts(text, true).map(|(_, value)| value).as_deref(), Some("v4lue"), "{text}");
            assert_eq!(parts(text, false), None, "{text}");
        }
        assert_eq!(parts("password: no one knows it", true).unwrap().1, "no one knows it");
    }

    #[test]
    fn no_assignments() {
        for text in [
            "if password == \"v4lue\":",
            "the password is here",
            "password != 'x'",
            "std::password::new('x')",
            "password",
            "password = ",
        ] {
            assert_eq!(parts(text, true), None, "{text}");
        }
    }
}
