//! What is read at most. A file that goes beyond is refused as a whole, and the message names the entry.

/// Bytes of one record. The largest real ones, with thousands of versions, have less than 2 MiB.
pub const MAX_RECORD: u64 = 8 << 20;
/// Bytes of all records of one file, unpacked.
pub const MAX_TOTAL: u64 = 8 << 30;
/// Entries of an archive, or files below a folder.
pub const MAX_ENTRIES: u64 = 2_000_000;
/// Levels of nesting in a record.
pub const MAX_DEPTH: usize = 64;
/// Levels of folders.
pub const MAX_FOLDERS: usize = 16;
/// Bytes of a list of probabilities or of known exploited vulnerabilities, unpacked.
pub const MAX_LIST: u64 = 256 << 20;
/// Characters of a summary.
pub const MAX_SUMMARY: usize = 240;
/// References of an advisory.
pub const MAX_REFERENCES: usize = 16;
