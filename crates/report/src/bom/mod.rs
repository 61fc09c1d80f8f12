//! Bills of material, and what is known against their parts: CycloneDX, SPDX, OpenVEX, and the dependency scanning report of GitLab.
//!
//! They say what the assessment says and no more. A version that is not known stays out; so does an analysis without evidence.

pub(crate) mod cyclonedx;
mod digests;
pub(crate) mod gitlab;
pub(crate) mod openvex;
mod parts;
mod purl;
pub(crate) mod spdx;
mod upgrade;

use std::io;

use clearance_finding::{KnownVulnerability, Reachable, Step};
use clearance_verdict::Assessment;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{clean, words};

/// When the run began, RFC 3339 in UTC, to the second.
fn timestamp(assessment: &Assessment) -> String {
    assessment.header.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A UUID of version 8 (RFC 9562, section 5.8) that is a digest of what `document` says: the same document has the same one.
fn identity(document: &impl Serialize) -> io::Result<String> {
    let digest = Sha256::digest(serde_json::to_vec(document).map_err(io::Error::from)?);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = data_encoding::HEXLOWER.encode(&bytes);
    Ok([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}

/// What is known of the use of a vulnerable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A way to it was found.
    Reached,
    /// None exists, and there is evidence for it.
    Unreached,
    /// Neither is known.
    Unknown,
}

impl Use {
    /// That nothing reaches it must be shown: without evidence it is not known.
    fn of(advisory: &KnownVulnerability) -> Self {
        match advisory.reachable {
            Reachable::Yes => Self::Reached,
            Reachable::No if !advisory.evidence.is_empty() => Self::Unreached,
            Reachable::No | Reachable::Undecided => Self::Unknown,
        }
    }
}

/// Evidence as one text: `note at path:line; …`.
fn told(evidence: &[Step]) -> String {
    clean::line(&words::evidence(evidence)).into_owned()
}

/// Who publishes an id, and where it may be read.
fn source(id: &str) -> (&'static str, String) {
    let (name, base) = if id.starts_with("GHSA-") {
        ("GitHub Advisory Database", "https://github.com/advisories/")
    } else if id.starts_with("CVE-") {
        ("NVD", "https://nvd.nist.gov/vuln/detail/")
    } else {
        ("OSV", "https://osv.dev/vulnerability/")
    };
    let mut url = base.to_owned();
    purl::encode(id, &mut url);
    (name, url)
}

/// An address as it may be shown: without user name and password, and percent-encoded where RFC 3986 asks for it.
fn address(origin: &str) -> String {
    let plain = match origin.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let host = rest[..end].rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => origin.to_owned(),
    };
    let mut out = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_no_credentials() {
        assert_eq!(
            address("https://bob:s3cret@pypi.example/simple/x y"),
            "https://pypi.example/simple/x%20y"
        );
        assert_eq!(address("git+https://tok@host/r.git@v1"), "git+https://host/r.git@v1");
        assert_eq!(address("../lib"), "../lib");
        assert_eq!(address("https://a@b@c"), "https://c");
    }

    #[test]
    fn identities_are_uuids_of_version_8() {
        let one = identity(&"x").unwrap();
        assert_eq!(one, identity(&"x").unwrap());
        assert_ne!(one, identity(&"y").unwrap());
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'8'));
        assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{one}");
    }

    #[test]
    fn ids_say_where_to_read_on() {
        assert_eq!(source("GHSA-a").1, "https://github.com/advisories/GHSA-a");
        assert_eq!(source("PYSEC-2024-1").0, "OSV");
        assert_eq!(source("CVE-<x>").1, "https://nvd.nist.gov/vuln/detail/CVE-%3Cx%3E");
    }
}
