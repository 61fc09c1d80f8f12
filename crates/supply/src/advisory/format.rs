//! How the index is laid out.
//!
//! ```text
//! magic (6) · format (2) · length of the head (4) · length of the table (4) · BLAKE3 of all before and of head and table (32)
//! head      Head, in postcard
//! table     for each package: hash of its name (8) · block (4) · offset in it (4); sorted by hash
//! blocks    compressed with deflate, one behind the other; length, unpacked length and checksum stand in the head
//! ```
//!
//! All numbers are little-endian. Blocks hold packages (what is affected), bodies (what an advisory says), forecasts, and the list of known exploited vulnerabilities. The checksums
//! find damage; they are no proof of where a file comes from, so that whatever is decoded is checked again where it is used.

use serde::{Deserialize, Serialize};

use super::{meta::Meta, range::Event, record::Body};
use crate::Ecosystem;

pub(super) const MAGIC: &[u8; 6] = b"CLRADV";
/// Changes with everything that is written in another way.
pub(super) const FORMAT: u16 = 1;
/// Bytes before the head.
pub(super) const PREFIX: usize = 48;
/// Bytes of a row of the table.
pub(super) const ROW: usize = 16;
/// Bytes of a head at most.
pub(super) const MAX_HEAD: u64 = 64 << 20;
/// Bytes of a table at most.
pub(super) const MAX_TABLE: u64 = 256 << 20;
/// Bytes of an unpacked block at most.
pub(super) const MAX_BLOCK: u32 = 64 << 20;
/// Bytes after which a block is full.
pub(super) const BLOCK: usize = 32 << 10;

/// What is read when an index is opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) meta: Meta,
    pub(super) blocks: Vec<BlockInfo>,
    /// Blocks of forecasts, each with its least key.
    pub(super) epss: Vec<(u64, u32)>,
    /// The block of known exploited vulnerabilities.
    pub(super) kev: Option<u32>,
    /// Blocks of packages, for going through all of them.
    pub(super) packages: Vec<u32>,
}

/// A block as it lies in the file.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct BlockInfo {
    pub(super) length: u32,
    pub(super) unpacked: u32,
    /// The first half of the BLAKE3 of the packed bytes.
    pub(super) checksum: [u8; 16],
}

/// Where something begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) block: u32,
    pub(super) offset: u32,
}

/// A package and what is known against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PackageEntry {
    pub(super) ecosystem: Ecosystem,
    pub(super) name: String,
    /// Those that compare, ascending, then the others by their text.
    pub(super) versions: Vec<String>,
    /// How many compare.
    pub(super) comparable: u32,
    /// By the id that is shown first.
    pub(super) groups: Vec<GroupEntry>,
}

/// A vulnerability, in one package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GroupEntry {
    /// Its bodies: a list of [`Body`].
    pub(super) bodies: Place,
    pub(super) parts: Vec<PartEntry>,
}

/// What one record says of one package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PartEntry {
    /// Which of the bodies.
    pub(super) record: u32,
    /// Runs of versions: the first, and how many.
    pub(super) listed: Vec<(u32, u32)>,
    pub(super) ranges: Vec<Vec<Event>>,
    pub(super) commits: bool,
    pub(super) symbols: Vec<String>,
}

/// The records of one vulnerability.
pub(super) type Bodies = Vec<Body>;

/// Forecasts by key: probability and percentile in millionths.
pub(super) type Forecasts = Vec<(u64, u32, u32)>;

/// The hash of a package's name.
pub(super) fn hash(ecosystem: Ecosystem, name: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(ecosystem.osv().as_bytes()).update(&[0]).update(name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// The checksum of a packed block.
pub(super) fn checksum(bytes: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    half
}

/// The file up to the blocks.
pub(super) fn front(head: &Head, table: &[u8]) -> Option<Vec<u8>> {
    let head = postcard::to_stdvec(head).ok()?;
    let mut out = Vec::with_capacity(PREFIX + head.len() + table.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&u32::try_from(head.len()).ok()?.to_le_bytes());
    out.extend_from_slice(&u32::try_from(table.len()).ok()?.to_le_bytes());
    let sum = front_checksum(&out, &head, table);
    out.extend_from_slice(&sum);
    out.extend_from_slice(&head);
    out.extend_from_slice(table);
    Some(out)
}

/// The checksum of the front.
pub(super) fn front_checksum(begin: &[u8], head: &[u8], table: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(begin).update(head).update(table).finalize().as_bytes()
}
