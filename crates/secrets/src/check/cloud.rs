//! Credentials of clouds.

use data_encoding::BASE32;

use super::plain::{base64_64, mixed_case_and_digits};

/// The key that the storage emulator has everywhere begins so.
const EMULATOR: &[u8] = b"Eby8vdM02xNOcqFl";

/// Four letters for the kind, sixteen characters of base 32; not that of the documentation.
pub(super) fn aws_key_id(secret: &[u8]) -> bool {
    secret.len() == 20
        && secret[4..].iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
        && !secret.ends_with(b"EXAMPLE")
}

/// The account that a key id of AWS belongs to: bits 7 to 47 of what follows the kind. Ids from before March 2019 (`I` or `J` in the fifth place) do not tell.
pub(super) fn account(secret: &[u8]) -> Option<String> {
    if !aws_key_id(secret) || matches!(secret[4], b'A'..=b'P') {
        return None;
    }
    let bytes = BASE32.decode(&secret[4..]).ok()?;
    let number = bytes[..6].iter().fold(0u64, |number, &byte| (number << 8) | u64::from(byte));
    let account = (number & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// Forty characters of base 64 of which none is a digest in hexadecimal or a path, nor the documentation's.
pub(super) fn aws_secret_key(secret: &[u8]) -> bool {
    secret.len() == 40
        && mixed_case_and_digits(secret)
        && !secret.windows(7).any(|part| part == b"EXAMPLE")
        && secret.iter().filter(|&&byte| byte == b'/').count() < 6
}

/// 64 bytes in base 64; not the emulator's.
pub(super) fn azure_account_key(secret: &[u8]) -> bool {
    base64_64(secret) && !secret.starts_with(EMULATOR)
}

#[cfg(test)]
mod tests {
    use super::{account, aws_key_id};

    #[test]
    fn a_key_id_tells_its_account() {
        let id = ["ASIA", "QNZGKIQY56JQ7WML"].concat();
        assert_eq!(account(id.as_bytes()).as_deref(), Some("029608264753"));
        let example = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        assert!(!aws_key_id(example.as_bytes()));
    }
}
