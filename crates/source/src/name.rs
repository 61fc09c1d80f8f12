//! File names as text: what every report shows, safe to print and never ambiguous.

use std::{borrow::Cow, ffi::OsStr, fmt::Write};

/// The name as it is shown. Bytes that are not UTF-8 and control characters become `\xNN`, other characters that move the
/// cursor or reorder text `\u{N}`, and a backslash is doubled, so that two names never look the same.
pub(crate) fn shown(name: &OsStr) -> Cow<'_, str> {
    shown_bytes(name.as_encoded_bytes())
}

/// The same for a name that is not one of this system, such as a path that git keeps.
pub(crate) fn shown_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.iter().all(|&b| matches!(b, b' '..=b'~') && b != b'\\')
        && let Ok(plain) = str::from_utf8(bytes)
    {
        return Cow::Borrowed(plain);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_shown(&mut out, c);
        }
        for byte in chunk.invalid() {
            push_byte(&mut out, *byte);
        }
    }
    Cow::Owned(out)
}

fn push_shown(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        c if c.is_ascii_control() => push_byte(out, c as u8),
        c if c.is_control() || reorders(c) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
        c => out.push(c),
    }
}

fn push_byte(out: &mut String, byte: u8) {
    let _ = write!(out, "\\x{byte:02x}");
}

/// Explicit directional formatting characters and line separators.
fn reorders(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_borrowed() {
        assert!(matches!(shown(OsStr::new("views.py")), Cow::Borrowed("views.py")));
        assert_eq!(shown(OsStr::new("größe.py")), "größe.py");
    }

    #[test]
    fn what_could_deceive_is_spelled_out() {
        assert_eq!(shown(OsStr::new("a\nb\x1b[2J.py")), "a\\x0ab\\x1b[2J.py");
        assert_eq!(shown(OsStr::new("a\u{202E}yp.x")), "a\\u{202e}yp.x");
        assert_eq!(shown(OsStr::new("a\\b.py")), "a\\\\b.py");
    }

    #[cfg(unix)]
    #[test]
    fn invalid_bytes_survive_and_differ_from_their_spelling() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(shown(OsStr::from_bytes(b"caf\xe9.py")), "caf\\xe9.py");
        assert_ne!(shown(OsStr::from_bytes(b"\xe9")), shown(OsStr::new("\\xe9")));
    }
}
