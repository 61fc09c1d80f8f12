//! What a credential is known by, when its value must not be shown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Rounds of hashing. A digest stands in reports; whoever tries the words of a dictionary against it pays this much for each.
const ROUNDS: u32 = 1 << 14;
/// Sets these digests apart from all others.
const CONTEXT: &str = "clearance 2026-11 identity of a leaked credential";

/// A keyed, stretched hash of the value of a credential: equal for equal values, wherever they stand, and of no use for finding the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub u128);

impl Digest {
    /// The digest of a value. Takes some milliseconds.
    pub fn of(value: &[u8]) -> Self {
        let mut hash = blake3::derive_key(CONTEXT, value);
        for _ in 0..ROUNDS {
            hash = *blake3::keyed_hash(&hash, CONTEXT.as_bytes()).as_bytes();
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        Self(u128::from_be_bytes(first))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A value that no log, report or panic may show.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hidden(Box<[u8]>);

impl Hidden {
    /// Hides a value.
    pub fn new(value: Vec<u8>) -> Self {
        Self(value.into())
    }

    /// The value, for comparing and blacking out only.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_tell_values_apart() {
        assert_eq!(Digest::of(b"one"), Digest::of(b"one"));
        assert_ne!(Digest::of(b"one"), Digest::of(b"two"));
        assert_eq!(format!("{:?}", Hidden::new(b"one".to_vec())), "[hidden]");
    }
}
