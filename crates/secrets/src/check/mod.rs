//! Checks of structure.

/// Whether the structure of a credential holds; nothing where there is no such check.
pub fn holds(_check: &str, _secret: &[u8]) -> Option<bool> {
    None
}

/// What the structure tells, a clause.
pub fn note(_check: &str, _secret: &[u8]) -> Option<String> {
    None
}
