//! Git's index, versions 2 to 4 (gitformat-index(5)): what is tracked, and how each file looked when git last saw it.
//!
//! It is read here and not by a library because the file may be built to harm: a reader that follows nested extensions can be
//! driven out of its stack. Of the extensions only the head of the cached tree is taken.

use std::{ops::Range, path::Path, time::SystemTime};

use super::read_small;

/// Largest index that is read, in bytes: about two million files.
const MAX_BYTES: u64 = 256 << 20;
/// Longest path in it.
const MAX_PATH: usize = 4096;
const HASH: usize = 20;

/// A parsed index.
pub(super) struct Index {
    /// By path, then stage.
    pub(super) entries: Vec<Entry>,
    paths: Vec<u8>,
    /// The tree that the entries are equal to, as far as git remembers it.
    pub(super) tree: Option<[u8; HASH]>,
    /// When the file was written.
    pub(super) written: Stamp,
}

/// One tracked path.
pub(super) struct Entry {
    pub(super) mode: Mode,
    pub(super) executable: bool,
    pub(super) id: [u8; HASH],
    pub(super) ctime: Stamp,
    pub(super) mtime: Stamp,
    /// Size in bytes, its low 32 bits.
    pub(super) size: u32,
    /// 0, or the side of an unresolved merge.
    pub(super) stage: u8,
    /// `git add --intent-to-add`: named, but without content.
    pub(super) intent_to_add: bool,
    /// Not meant to be in the work tree (sparse checkout).
    pub(super) skip_worktree: bool,
    path: Range<usize>,
}

/// What an entry stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    File,
    Link,
    /// A commit of a submodule.
    Submodule,
    /// A folder that a sparse checkout leaves out.
    Folder,
}

/// A time as git keeps it: seconds, their low 32 bits, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) seconds: u32,
    pub(super) nanoseconds: u32,
}

impl Stamp {
    /// The stamp of a point in time; the epoch for times before it.
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { seconds: since.as_secs() as u32, nanoseconds: since.subsec_nanos() }
    }
}

impl Index {
    /// Reads the index of `git_dir`. None: there is none, it is malformed, split, or too large.
    pub(super) fn read(git_dir: &Path) -> Option<Self> {
        let path = git_dir.join("index");
        let metadata = path.symlink_metadata().ok()?;
        if !metadata.is_file() {
            return None;
        }
        let bytes = read_small(&path, MAX_BYTES)?;
        Self::parse(&bytes, Stamp::of(metadata.modified().ok()?))
    }

    fn parse(bytes: &[u8], written: Stamp) -> Option<Self> {
        let body = &bytes[..bytes.len().checked_sub(HASH)?];
        let mut input = Input { rest: body };
        if input.take(4)? != b"DIRC" {
            return None;
        }
        let version = input.u32()?;
        let count = input.u32()? as usize;
        // An entry takes 64 bytes at the least.
        if !(2..=4).contains(&version) || count > body.len() / 64 {
            return None;
        }
        let mut index = Self { entries: Vec::with_capacity(count), paths: Vec::new(), tree: None, written };
        for _ in 0..count {
            index.entry(&mut input, version)?;
            // Compressed paths could unfold without end.
            if index.paths.len() > 8 * body.len() {
                return None;
            }
        }
        if !index.entries.is_sorted_by(|a, b| (index.path(a), a.stage) < (index.path(b), b.stage)) {
            return None;
        }
        index.extensions(&mut input)?;
        Some(index)
    }

    fn entry(&mut self, input: &mut Input<'_>, version: u32) -> Option<()> {
        let before = input.rest.len();
        let ctime = Stamp { seconds: input.u32()?, nanoseconds: input.u32()? };
        let mtime = Stamp { seconds: input.u32()?, nanoseconds: input.u32()? };
        let _device_and_inode = input.take(8)?;
        let raw_mode = input.u32()?;
        let _owner = input.take(8)?;
        let size = input.u32()?;
        let id = input.take(HASH)?.try_into().ok()?;
        let flags = input.u16()?;
        let extended = if flags & 0x4000 != 0 && version >= 3 { input.u16()? } else { 0 };

        let previous = self.entries.last().map_or(0..0, |entry| entry.path.clone());
        let start = self.paths.len();
        if version == 4 {
            let kept = previous.len().checked_sub(input.offset()?)?;
            self.paths.extend_from_within(previous.start..previous.start + kept);
        }
        let end = memchr::memchr(0, input.rest)?;
        self.paths.extend_from_slice(input.take(end)?);
        if version == 4 {
            input.take(1)?;
        } else {
            // One to eight NUL bytes fill the entry up to a multiple of eight.
            let length = before - input.rest.len();
            input.take(8 - length % 8)?;
        }
        let path = start..self.paths.len();
        if path.is_empty() || path.len() > MAX_PATH {
            return None;
        }
        let mode = match raw_mode & 0o170_000 {
            0o100_000 => Mode::File,
            0o120_000 => Mode::Link,
            0o160_000 => Mode::Submodule,
            0o040_000 => Mode::Folder,
            _ => return None,
        };
        self.entries.push(Entry {
            mode,
            executable: raw_mode & 0o100 != 0,
            id,
            ctime,
            mtime,
            size,
            stage: (flags >> 12 & 3) as u8,
            intent_to_add: extended & 0x2000 != 0,
            skip_worktree: extended & 0x4000 != 0,
            path,
        });
        Some(())
    }

    /// Takes the cached tree. An extension in lower-case letters changes what the entries mean: only that of sparse checkouts, which is
    /// empty, is understood.
    fn extensions(&mut self, input: &mut Input<'_>) -> Option<()> {
        while !input.rest.is_empty() {
            let signature = input.take(4)?;
            let size = input.u32()? as usize;
            let mut data = Input { rest: input.take(size)? };
            match signature {
                b"TREE" => self.tree = data.cached_tree(),
                b"sdir" => {}
                [first, ..] if first.is_ascii_uppercase() => {}
                _ => return None,
            }
        }
        Some(())
    }

    /// The path of an entry of this index, relative to the work tree, with `/`. It may be anything, even hold `..`.
    pub(super) fn path(&self, entry: &Entry) -> &[u8] {
        &self.paths[entry.path.clone()]
    }

    /// The first entry with this path.
    pub(super) fn find(&self, path: &[u8]) -> Option<&Entry> {
        let at = self.entries.partition_point(|entry| self.path(entry) < path);
        self.entries.get(at).filter(|entry| self.path(entry) == path)
    }

    /// The entries whose paths begin with `prefix`.
    pub(super) fn starting_with(&self, prefix: &[u8]) -> &[Entry] {
        let start = self.entries.partition_point(|entry| self.path(entry) < prefix);
        let length = self.entries[start..].partition_point(|entry| self.path(entry).starts_with(prefix));
        &self.entries[start..start + length]
    }
}

struct Input<'b> {
    rest: &'b [u8],
}

impl<'b> Input<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// A number in the encoding of pack offsets: seven bits a byte, each continued group counting one more.
    fn offset(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
        }
        Some(value)
    }

    /// The identity of the root of the cached tree, if it is valid: empty name, entry count, number of subtrees, identity.
    fn cached_tree(&mut self) -> Option<[u8; HASH]> {
        if self.take(1)? != [0] {
            return None;
        }
        let counts = self.take(memchr::memchr(b'\n', self.rest)?)?;
        self.take(1)?;
        if counts.starts_with(b"-") { None } else { self.take(HASH)?.try_into().ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Stamp = Stamp { seconds: 1, nanoseconds: 0 };

    fn entry(path: &str) -> Vec<u8> {
        let mut bytes = vec![0; 24];
        bytes.extend(0o100_644_u32.to_be_bytes());
        bytes.extend([0; 12 + HASH]);
        bytes.extend((path.len() as u16).to_be_bytes());
        bytes.extend(path.bytes());
        bytes.extend(vec![0; 8 - bytes.len() % 8]);
        bytes
    }

    fn index(paths: &[&str], extensions: &[u8]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02".to_vec();
        bytes.extend((paths.len() as u32).to_be_bytes());
        paths.iter().for_each(|path| bytes.extend(entry(path)));
        bytes.extend(extensions);
        bytes.extend([0; HASH]);
        bytes
    }

    #[test]
    fn paths_are_found() {
        let index = Index::parse(&index(&["a.py", "b/c.py", "b/d.py", "b0"], b""), NOW).unwrap();
        assert!(index.find(b"b/c.py").is_some() && index.find(b"b").is_none() && index.find(b"z").is_none());
        assert_eq!(index.starting_with(b"b/").len(), 2);
    }

    #[test]
    fn malformed_indexes_are_none() {
        let good = index(&["a.py", "b.py"], b"");
        for length in 0..good.len() {
            let mut cut = good[..length].to_vec();
            cut.extend([0; HASH]);
            // Cutting into the trailing hash only leaves zero bytes, which are no extension.
            assert!(length == good.len() - HASH || Index::parse(&cut, NOW).is_none(), "{length}");
        }
        assert!(Index::parse(&index(&["b.py", "a.py"], b""), NOW).is_none(), "out of order");
        assert!(Index::parse(&index(&["a.py"], b"link\0\0\0\0"), NOW).is_none(), "split");
        assert!(Index::parse(&index(&["a.py"], b"UNTR\0\0\0\0"), NOW).is_some());
    }

    #[test]
    fn nested_trees_do_no_harm() {
        let nested = b"\0-1 1\n".repeat(1_000_000);
        let mut extension = b"TREE".to_vec();
        extension.extend((nested.len() as u32).to_be_bytes());
        extension.extend(nested);
        assert_eq!(Index::parse(&index(&["a.py"], &extension), NOW).unwrap().tree, None);
    }
}
