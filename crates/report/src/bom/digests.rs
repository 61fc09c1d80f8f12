//! Digests of archives, in the words of the formats.

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER};

/// A digest whose algorithm is known and whose value has the right length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Checksum {
    /// The name as lock files write it (`"sha256"`).
    pub(crate) algorithm: &'static str,
    /// Lower-case hexadecimal.
    pub(crate) value: String,
}

/// Algorithm, its names in CycloneDX, SPDX and OpenVEX, and bytes of a digest.
const ALGORITHMS: &[(&str, &str, &str, &str, usize)] = &[
    ("md5", "MD5", "MD5", "md5", 16),
    ("sha1", "SHA-1", "SHA1", "sha1", 20),
    ("sha256", "SHA-256", "SHA256", "sha-256", 32),
    ("sha384", "SHA-384", "SHA384", "sha-384", 48),
    ("sha512", "SHA-512", "SHA512", "sha-512", 64),
    ("sha3_256", "SHA3-256", "SHA3-256", "sha3-256", 32),
    ("sha3_384", "SHA3-384", "SHA3-384", "sha3-384", 48),
    ("sha3_512", "SHA3-512", "SHA3-512", "sha3-512", 64),
    ("blake2b", "BLAKE2b-512", "BLAKE2b-512", "blake2b-512", 64),
];

impl Checksum {
    /// Reads `algorithm:value`, the value hexadecimal or, as npm writes it, base 64.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (name, value) = text.split_once([':', '='])?;
        let name = name.trim().to_ascii_lowercase();
        let compact = name.replace(['-', '_'], "");
        let row = ALGORITHMS.iter().find(|row| row.0 == name || row.0.replace('_', "") == compact)?;
        let value = value.trim();
        let is_hex = value.len() == row.4 * 2 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = if is_hex {
            value.to_ascii_lowercase()
        } else {
            let bytes = BASE64.decode(value.as_bytes()).or_else(|_| BASE64_NOPAD.decode(value.as_bytes()));
            HEXLOWER.encode(&bytes.ok().filter(|bytes| bytes.len() == row.4)?)
        };
        Some(Self { algorithm: row.0, value })
    }

    fn row(&self) -> Option<&'static (&'static str, &'static str, &'static str, &'static str, usize)> {
        ALGORITHMS.iter().find(|row| row.0 == self.algorithm)
    }

    /// As CycloneDX calls the algorithm.
    pub(crate) fn cyclonedx(&self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// As SPDX calls the algorithm.
    pub(crate) fn spdx(&self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    /// As OpenVEX calls the algorithm.
    pub(crate) fn openvex(&self) -> &'static str {
        self.row().map_or("", |row| row.3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_and_nothing_else() {
        let hex = "AB".repeat(32);
        let read = Checksum::read(&format!("sha256:{hex}")).unwrap();
        assert_eq!((read.cyclonedx(), read.spdx(), read.openvex()), ("SHA-256", "SHA256", "sha-256"));
        assert_eq!(read.value, hex.to_lowercase());
        let base64 = BASE64.encode(&[7; 64]);
        assert_eq!(Checksum::read(&format!("sha512:{base64}")).unwrap().value, "07".repeat(64));
        for wrong in ["", "sha256", "sha256:", "sha256:abc", "rot13:abcd", &format!("sha512:{hex}")] {
            assert_eq!(Checksum::read(wrong), None, "{wrong}");
        }
    }
}
