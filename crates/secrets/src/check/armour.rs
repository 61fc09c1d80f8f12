//! Private keys in their armour: PEM (RFC 7468), OpenSSH, OpenPGP (RFC 9580), PuTTY.

use data_encoding::BASE64;

/// What stands in base 64 between the first and the last line. A key that is written as a string of a programming language has escapes, quotes and signs of joining in it.
fn body(secret: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(secret).ok()?;
    let text = text.replace("\\n", "\n").replace("\\r", "\n").replace("\\/", "/");
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (_, rest) = rest.split_once("-----")?;
    let (inside, _) = rest.split_once("-----END ")?;
    let mut clean = String::with_capacity(inside.len());
    for line in inside.lines() {
        let line = line
            .trim_matches(|mark: char| !(mark.is_ascii_alphanumeric() || matches!(mark, '+' | '/' | '=')));
        let line = unjoined(line);
        // OpenPGP puts a checksum of three bytes into a line of its own.
        let checksum = line.len() == 5 && line.starts_with('=');
        if !checksum && !line.contains(": ") {
            clean.extend(line.chars().filter(|mark| !mark.is_whitespace()));
        }
    }
    let bytes = BASE64.decode(clean.as_bytes()).ok()?;
    (bytes.len() >= 32).then_some(bytes)
}

/// The line without the sign that joins it to its neighbours, and without the quotes that stand beside that.
fn unjoined(line: &str) -> &str {
    let beside = |mark: char| matches!(mark, ' ' | '\t' | '"' | '\'' | '\\' | ',');
    let line = match line.strip_suffix(['+', '.']) {
        Some(start) if start.is_empty() || start.ends_with(beside) => start,
        _ => line,
    };
    let line = match line.strip_prefix(['+', '.']) {
        Some(rest) if rest.starts_with(beside) => rest,
        _ => line,
    };
    line.trim_matches(beside)
}

/// Whether the bytes are one DER SEQUENCE and nothing else.
fn is_sequence(bytes: &[u8]) -> bool {
    let (Some(0x30), Some(&first)) = (bytes.first(), bytes.get(1)) else { return false };
    let count = match first {
        0x00..=0x7f => return bytes.len() == 2 + usize::from(first),
        0x81..=0x83 => usize::from(first & 0x0f),
        _ => return false,
    };
    let Some(digits) = bytes.get(2..2 + count) else { return false };
    let length = digits.iter().fold(0, |length, &digit| (length << 8) | usize::from(digit));
    bytes.len() == 2 + count + length
}

fn has(secret: &[u8], mark: &str) -> bool {
    secret.windows(mark.len()).any(|part| part == mark.as_bytes())
}

/// A private key in PEM: a SEQUENCE of the length that it says, or one that a passphrase encrypts.
pub(super) fn pem(secret: &[u8]) -> bool {
    body(secret).is_some_and(|bytes| has(secret, "Proc-Type: 4,ENCRYPTED") || is_sequence(&bytes))
}

/// A private key in the format of OpenSSH.
pub(super) fn openssh(secret: &[u8]) -> bool {
    body(secret).is_some_and(|bytes| bytes.starts_with(b"openssh-key-v1\0"))
}

/// An armoured OpenPGP message whose first packet is a secret key (tag 5).
pub(super) fn pgp(secret: &[u8]) -> bool {
    body(secret).is_some_and(|bytes| matches!(bytes.first(), Some(0x94..=0x97 | 0xc5)))
}

/// A key file of PuTTY that has its private lines.
pub(super) fn putty(secret: &[u8]) -> bool {
    has(secret, "Private-Lines: ") && has(secret, "Private-MAC: ")
}

/// Whether a passphrase protects the key, where it says so.
pub(super) fn encrypted(secret: &[u8]) -> Option<bool> {
    if has(secret, "PuTTY-User-Key-File-") {
        return Some(!has(secret, "Encryption: none"));
    }
    let bytes = body(secret)?;
    match bytes.strip_prefix(b"openssh-key-v1\0") {
        Some(rest) => Some(!rest.starts_with(b"\0\0\0\x04none")),
        None => Some(has(secret, "BEGIN ENCRYPTED ") || has(secret, "Proc-Type: 4,ENCRYPTED")),
    }
}

#[cfg(test)]
mod tests {
    use super::{encrypted, is_sequence, openssh, pem, pgp, putty};
    use crate::template::expand;

    fn made(template: &str) -> Vec<u8> {
        expand(template, 11).expect("a template").into_bytes()
    }

    #[test]
    fn keys_and_their_passphrases() {
        assert!(pem(&made("<pem:RSA PRIVATE KEY>")));
        assert!(pem(&made("<pem-escaped:PRIVATE KEY>")));
        assert_eq!(encrypted(&made("<pem:RSA PRIVATE KEY>")), Some(false));
        assert_eq!(encrypted(&made("<pem:RSA PRIVATE KEY+encrypted>")), Some(true));
        assert_eq!(encrypted(&made("<pem:ENCRYPTED PRIVATE KEY>")), Some(true));
        assert!(openssh(&made("<openssh>")));
        assert_eq!(encrypted(&made("<openssh:encrypted>")), Some(true));
        assert!(pgp(&made("<pgp>")));
        assert!(putty(&made("<putty>")));
        assert!(!pem(&made("-----BEGIN <>RSA PRIVATE KEY-----\n<b64:90>\n-----END RSA PRIVATE KEY-----")));
        assert!(!is_sequence(&[0x30, 0x82, 0xff]));
    }

    #[test]
    fn a_key_in_a_program() {
        let key = String::from_utf8(made("<pem:EC PRIVATE KEY>")).expect("ASCII");
        let joined: Vec<String> = key.lines().map(|line| format!("    \"{line}\\n\"")).collect();
        for between in [" +\n", "\n+ ", "\n", " \\\n"] {
            assert!(pem(joined.join(between).as_bytes()), "{between:?}");
        }
    }
}
