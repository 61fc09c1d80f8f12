//! Plain texts: base 64 of a known length, mixtures of characters, passwords.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD};

fn decoded(secret: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(secret).ok().or_else(|| {
        let bare = secret.iter().rposition(|&byte| byte != b'=').map_or(secret, |at| &secret[..=at]);
        BASE64_NOPAD.decode(bare).or_else(|_| BASE64URL_NOPAD.decode(bare)).ok()
    })
}

fn of_length(secret: &[u8], length: usize) -> bool {
    decoded(secret).is_some_and(|bytes| {
        let mut kinds = bytes.clone();
        kinds.sort_unstable();
        kinds.dedup();
        bytes.len() == length && kinds.len() * 3 > length
    })
}

/// Sixteen bytes in base 64, not one and the same over and over.
pub(super) fn base64_16(secret: &[u8]) -> bool {
    of_length(secret, 16)
}

/// 32 bytes in base 64.
pub(super) fn base64_32(secret: &[u8]) -> bool {
    of_length(secret, 32)
}

/// 64 bytes in base 64.
pub(super) fn base64_64(secret: &[u8]) -> bool {
    of_length(secret, 64)
}

/// Base 64 of the beginning of a JSON object; a prefix up to the first `eyJ` or `ewog` is no part of it.
pub(super) fn base64_json(secret: &[u8]) -> bool {
    let starts = |at: &usize| secret[*at..].starts_with(b"eyJ") || secret[*at..].starts_with(b"ewog");
    let Some(start) = (0..secret.len()).find(starts) else { return false };
    let body = &secret[start..];
    let end = body
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')));
    let body = &body[..end.unwrap_or(body.len())];
    let whole = &body[..body.len() - body.len() % 4];
    decoded(whole).is_some_and(|bytes| std::str::from_utf8(&bytes).is_ok() && bytes.contains(&b':'))
}

/// Base 64 of `user:password`, where the password is none that stands for another.
pub(super) fn base64_user_password(secret: &[u8]) -> bool {
    let Some(bytes) = decoded(secret) else { return false };
    let printable = bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    let colon = bytes.iter().position(|&byte| byte == b':');
    printable && colon.is_some_and(|at| at > 0 && password(&bytes[at + 1..]))
}

/// Letters and digits, of each some.
pub(super) fn letters_and_digits(secret: &[u8]) -> bool {
    secret.iter().any(u8::is_ascii_digit) && secret.iter().any(u8::is_ascii_alphabetic)
}

/// Capitals, small letters and digits.
pub(super) fn mixed_case_and_digits(secret: &[u8]) -> bool {
    secret.iter().any(u8::is_ascii_digit)
        && secret.iter().any(u8::is_ascii_lowercase)
        && secret.iter().any(u8::is_ascii_uppercase)
}

/// Words that stand in documentation where a password would.
const STAND_INS: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "passphrase",
    "secret",
    "pw",
    "token",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "user",
    "username",
    "credentials",
    "redacted",
    "removed",
    "hidden",
    "none",
    "null",
    "nil",
    "true",
    "false",
    "undefined",
    "empty",
    "string",
    "value",
    "example",
    "placeholder",
    "masked",
    "censored",
    "foo",
    "bar",
    "baz",
    "foobar",
    "abc",
    "mypass",
    "mypassword",
    "mypasswd",
    "mysecret",
    "somepassword",
    "thepassword",
    "userpass",
    "yourpassword",
    "yourpass",
    "secretpassword",
    "dbpassword",
    "db_password",
    "db_pass",
    "secret-key",
    "secret_key",
];

/// A password as it is used: not a variable (`$PW`, `{pw}`, `%s`), not masked (`***`), not a word that stands for it.
pub(super) fn password(secret: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(secret) else { return false };
    let lower = text.to_ascii_lowercase();
    let variable = text.starts_with(['$', '%', '<', '{', '[', '(', '@', '#', '`', '&'])
        || ["${", "$(", "{{", "}}", "<%", "%(", "%s", "#{", "...", "%7b", "env.", "os.environ", "getenv"]
            .iter()
            .any(|mark| lower.contains(mark))
        || (text.contains(['{', '<', '[']) && text.ends_with(['}', '>', ']']));
    let mask = text.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'?' | b'#'));
    let first = text.bytes().next();
    let same = text.bytes().all(|byte| Some(byte) == first);
    let told = [
        "your",
        "change",
        "replace",
        "insert",
        "example",
        "redacted",
        "placeholder",
        "my_pass",
        "my-pass",
        "***",
        "xxxx",
    ]
    .iter()
    .any(|mark| lower.contains(mark));
    // `url.password`, `admin_password`, `bindpw`: names of what holds one.
    let name = lower.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.' | b'-'))
        && (["password", "passwd"].iter().any(|word| lower.contains(word)) || lower.ends_with("pw"));
    text.len() > 2 && !name && !variable && !mask && !same && !told && !STAND_INS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::{base64_json, base64_user_password, password};

    #[test]
    fn passwords_are_told_from_what_stands_for_them() {
        for real in ["hunter2", "S3cr3t!pw", "correct-horse", "pg$4c"] {
            assert!(password(real.as_bytes()), "{real}");
        }
        for stand_in in [
            "password",
            "$PGPASS",
            "${PW}",
            "{password}",
            "<pw>",
            "****",
            "xxxxx",
            "%s",
            "your-password",
            "changeme",
            "{{ pw }}",
            "url.password",
            "bindpw",
        ] {
            assert!(!password(stand_in.as_bytes()), "{stand_in}");
        }
        assert!(base64_user_password(b"YWxpY2U6aHVudGVyMg=="));
        assert!(!base64_user_password(b"dXNlcjpwYXNzd29yZA=="));
        assert!(base64_json(b"glc_eyJvIjoiMSIsIm4iOiJ4In0="));
        assert!(!base64_json(b"glc_zzzzzzzzzzzz"));
    }
}
