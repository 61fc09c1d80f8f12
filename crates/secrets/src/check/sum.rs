//! Credentials that carry a checksum.

use crc::{CRC_32_ISO_HDLC, Crc};

const CRC32: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// The number in a base of at most 62, in so many digits.
fn digits(mut number: u32, base: u32, count: usize) -> String {
    let mut out = vec!['0'; count];
    for digit in out.iter_mut().rev() {
        *digit = char::from(DIGITS[(number % base) as usize]);
        number /= base;
    }
    out.into_iter().collect()
}

/// The CRC-32 in six digits of base 62, as GitHub writes it.
pub(crate) fn base62_crc32(bytes: &[u8]) -> String {
    digits(CRC32.checksum(bytes), 62, 6)
}

/// The CRC-32 in seven digits of base 36, in lower case, as GitLab writes it.
pub(crate) fn base36_crc32(bytes: &[u8]) -> String {
    digits(CRC32.checksum(bytes), 36, 7).to_ascii_lowercase()
}

/// `ghp_…` and `npm_…`: the last six characters are the checksum of those between them and the prefix.
pub(super) fn github(secret: &[u8]) -> bool {
    let body = secret.iter().rposition(|&byte| byte == b'_').map_or(secret, |at| &secret[at + 1..]);
    body.len() > 6 && {
        let (random, sum) = body.split_at(body.len() - 6);
        base62_crc32(random).as_bytes() == sum
    }
}

/// `glpat-<payload>.01.<length><checksum>`: the last seven characters are the checksum of all before. Tokens without a version have none that is documented.
pub(super) fn gitlab_routable(secret: &[u8]) -> bool {
    if secret.iter().filter(|&&byte| byte == b'.').count() < 2 {
        return true;
    }
    secret.len() > 7 && {
        let (body, sum) = secret.split_at(secret.len() - 7);
        base36_crc32(body).as_bytes() == sum
    }
}

fn polymod(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let sum = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(bit, _)| (top >> bit) & 1 == 1)
            .fold(sum, |sum, (_, part)| sum ^ part)
    })
}

fn human(prefix: &str) -> impl Iterator<Item = u8> {
    prefix.bytes().map(|byte| byte >> 5).chain([0]).chain(prefix.bytes().map(|byte| byte & 31))
}

/// Bytes in Bech32 (BIP 173) behind a prefix in lower case.
pub(crate) fn bech32(prefix: &str, bytes: &[u8]) -> String {
    let mut values = Vec::new();
    let (mut held, mut bits) = (0u32, 0);
    for &byte in bytes {
        held = (held << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            values.push(((held >> bits) & 31) as u8);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        values.push(((held << (5 - bits)) & 31) as u8);
    }
    let sum = polymod(human(prefix).chain(values.iter().copied()).chain([0; 6])) ^ 1;
    values.extend((0..6).map(|place| ((sum >> (5 * (5 - place))) & 31) as u8));
    let body: String = values.into_iter().map(|value| char::from(BECH32[usize::from(value)])).collect();
    format!("{prefix}1{body}")
}

/// Whether the text is Bech32 with this prefix, in one case throughout.
fn is_bech32(text: &[u8], prefix: &str) -> bool {
    let mixed = text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase);
    let lower = text.to_ascii_lowercase();
    let Some(body) = lower.strip_prefix(prefix.as_bytes()).and_then(|rest| rest.strip_prefix(b"1")) else {
        return false;
    };
    let values: Option<Vec<u8>> =
        body.iter().map(|byte| BECH32.iter().position(|known| known == byte).map(|at| at as u8)).collect();
    !mixed && values.is_some_and(|values| polymod(human(prefix).chain(values)) == 1)
}

/// An identity of age: `AGE-SECRET-KEY-1…`.
pub(super) fn age_key(secret: &[u8]) -> bool {
    is_bech32(secret, "age-secret-key-")
}

/// A private key of Nostr: `nsec1…`.
pub(super) fn nostr_key(secret: &[u8]) -> bool {
    is_bech32(secret, "nsec")
}

#[cfg(test)]
mod tests {
    use super::{age_key, base36_crc32, base62_crc32, bech32, github};

    #[test]
    fn sums_are_those_of_the_vendors() {
        // The checksum of thirty letters A is what GitHub's format makes of it; the prefix is no part of it.
        assert_eq!(base62_crc32(&[b'A'; 30]), "0uCPlr");
        assert!(github(format!("{}_{}0uCPlr", "ghp", "A".repeat(30)).as_bytes()));
        assert!(!github(format!("{}_{}0uCPls", "ghp", "A".repeat(30)).as_bytes()));
        assert_eq!(base36_crc32(b"123456789").len(), 7);
    }

    #[test]
    fn bech32_is_that_of_the_standard() {
        // BIP 173: the shortest valid text.
        assert_eq!(bech32("a", &[]), "a12uel5l");
        let key = bech32("age-secret-key-", &[7; 32]).to_ascii_uppercase();
        assert!(age_key(key.as_bytes()));
        assert!(!age_key(key.replace("Q", "P").as_bytes()));
    }
}
