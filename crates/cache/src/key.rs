//! What something is known by.

use std::fmt;

/// A digest of everything that decides about a result. Nobody can make two inputs with the same one, whoever wrote the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; Key::SIZE]);

impl Key {
    /// Bytes of a key.
    pub const SIZE: usize = 32;

    /// The key of plain bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Makes a key of parts. Each part counts with its length, so that no two lists of parts are the same bytes.
#[derive(Debug, Clone, Default)]
pub struct KeyBuilder(blake3::Hasher);

impl KeyBuilder {
    /// Begins with what the key is for.
    pub fn new(purpose: &str) -> Self {
        Self::default().part(purpose.as_bytes())
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.add(bytes);
        self
    }

    /// Adds a part in place.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// The key.
    pub fn finish(&self) -> Key {
        Key(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let key = |parts: &[&str]| {
            let mut builder = KeyBuilder::new("test");
            parts.iter().for_each(|part| builder.add(part.as_bytes()));
            builder.finish()
        };
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["ab"]), key(&["ab", ""]));
        assert_eq!(key(&["ab"]).to_string().len(), 64);
    }
}
