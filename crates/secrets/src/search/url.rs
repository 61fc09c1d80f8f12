//! Passwords in addresses: `scheme://user:password@host`.

use std::ops::Range;

/// Longest part before the `@`.
const MAX: usize = 512;

/// The password in the address whose `://` ends at `at`, with the whole of the address up to the end of the host.
pub(crate) fn password(text: &[u8], at: usize) -> Option<(Range<usize>, Range<usize>)> {
    let span = &text[at..text.len().min(at + MAX)];
    let mut colon = None;
    let mut end = None;
    for (offset, &byte) in span.iter().enumerate() {
        match byte {
            b'@' => end = Some(offset),
            b':' if colon.is_none() && end.is_none() => colon = Some(offset),
            // What a variable of a shell or template stands for may hold any of these.
            b'/' | b'?' | b'#' if end.is_some() || colon.is_none() => break,
            b'/' if colon.is_some_and(|colon| span[colon + 1..offset].iter().all(u8::is_ascii_digit)) => {
                break;
            }
            b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b',' | b'|' => break,
            _ => {}
        }
    }
    let (colon, end) = (colon?, end?);
    if end <= colon + 1 {
        return None;
    }
    let scheme = text[..at.saturating_sub(3)]
        .iter()
        .rev()
        .take(20)
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(byte))
        .count();
    if scheme == 0 {
        return None;
    }
    let host = span[end + 1..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte))
        .count();
    let whole = at - 3 - scheme..at + end + 1 + host;
    Some((at + colon + 1..at + end, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find("://").unwrap() + 3;
        password(text.as_bytes(), at).map(|(range, _)| &text[range])
    }

    #[test]
    fn passwords_in_addresses() {
        assert_eq!(found("postgres://shop:s3cr3t@db.internal:5432/shop"), Some("s3cr3t"));
        assert_eq!(found("redis://:p4ss@cache"), Some("p4ss"));
        assert_eq!(found("amqp://u:p@ss@host/"), Some("p@ss"));
        assert_eq!(found("https://example.org:8080/@user"), None);
        assert_eq!(found("https://medium.com/@user"), None);
        assert_eq!(found("https://user@example.org"), None);
        assert_eq!(found("ssh://git@example.org:22/x"), None);
    }
}
