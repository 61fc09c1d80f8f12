//! Digests that name what a statement is about.

use std::io::{self, Read};

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};

/// A digest of a subject, as a `DigestSet` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digest {
    /// `gitCommit`: the name of a commit, 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.
    GitCommit(String),
    /// `sha256`: of the content of a file, 64 hexadecimal digits.
    Sha256(String),
}

/// A text that is no digest of that kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not the whole name of a commit.
    #[error(
        "`{0}` is not the whole name of a commit; that has 40 hexadecimal digits (64 in repositories with SHA-256)"
    )]
    Commit(String),
}

impl Digest {
    /// The commit that is called `name`, in full.
    ///
    /// # Errors
    /// If that is not the whole name of a commit.
    pub fn commit(name: &str) -> Result<Self, DigestError> {
        let is_whole = matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_whole {
            Ok(Self::GitCommit(name.to_ascii_lowercase()))
        } else {
            Err(DigestError::Commit(name.chars().take(80).collect()))
        }
    }

    /// What the algorithm is called in a `DigestSet`.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::GitCommit(_) => "gitCommit",
            Self::Sha256(_) => "sha256",
        }
    }

    /// The digits, lower case.
    pub fn value(&self) -> &str {
        match self {
            Self::GitCommit(value) | Self::Sha256(value) => value,
        }
    }
}

/// The SHA-256 of everything that `input` gives, in lower-case hexadecimal digits.
///
/// # Errors
/// Those of `input`.
pub fn sha256(mut input: impl Read) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(HEXLOWER.encode(context.finish().as_ref())),
            Ok(read) => context.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The SHA-256 of `bytes`.
pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    HEXLOWER.encode(ring::digest::digest(&SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_whole_and_lower_case() {
        assert_eq!(
            sha256(&b"abc"[..]).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(sha256_of(b"abc"), sha256(&b"abc"[..]).unwrap());
        let commit = Digest::commit("D20ACE7968BA43C0219F62D71334C1095BAB1602").unwrap();
        assert_eq!(commit.value(), "d20ace7968ba43c0219f62d71334c1095bab1602");
        for bad in ["", "d20ace7", "HEAD", "g20ace7968ba43c0219f62d71334c1095bab1602"] {
            assert!(Digest::commit(bad).is_err(), "{bad}");
        }
    }
}
