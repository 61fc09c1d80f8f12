//! Packs: many small pieces in few files, each read on its own.
//!
//! A group of pieces is kept in files that are never changed. What is new goes into a further file; where there are too many, or too much of them is
//! no longer wanted, one new file takes the place of all.
//!
//! A file is: the pieces; the index, for each piece its key, checksum, offset and length; the index's checksum, the group, the number of pieces, and
//! the magic bytes.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use crate::{Key, KeyBuilder, Store, file, store::PACK};

const MAGIC: &[u8; 8] = b"CLRPCK\x00\x01";
const TRAILER: usize = 2 * Key::SIZE + 8 + MAGIC.len();
const INDEXED: usize = 2 * Key::SIZE + 16;
/// More files than this become one.
const MAX_FILES: usize = 8;

/// A piece that is ready to be kept.
#[derive(Debug)]
pub struct Sealed {
    key: Key,
    checksum: Key,
    bytes: Vec<u8>,
}

impl Sealed {
    /// Seals `bytes`, to be found under `key`.
    pub fn new(key: Key, bytes: Vec<u8>) -> Self {
        Self { key, checksum: Key::of(&bytes), bytes }
    }
}

/// Where a piece is.
#[derive(Debug, Clone, Copy)]
struct Place {
    key: Key,
    checksum: Key,
    offset: u64,
    length: u64,
    file: usize,
}

/// What is kept of a group.
#[derive(Debug)]
pub struct Pack {
    group: Key,
    /// The files, and how many bytes of pieces are in each.
    files: Vec<(PathBuf, File, u64)>,
    /// By key, each once.
    places: Vec<Place>,
}

impl Pack {
    /// Opens the files of `group`. Those that are damaged count as empty.
    pub fn open(store: &Store, group: Key) -> Self {
        let mut pack = Self { group, files: Vec::new(), places: Vec::new() };
        let prefix = format!("{group}-");
        let entries = fs::read_dir(store.folder()).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries
            .filter(|entry| {
                let name = entry.file_name();
                name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(PACK))
            })
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        for path in paths {
            let Some((file, length)) = file::open(&path) else { continue };
            let places = index(&file, length, store.limit(), &group, pack.files.len()).unwrap_or_default();
            let size = places.iter().map(|place| place.length).sum::<u64>();
            pack.places.extend(places);
            file::used(&file);
            pack.files.push((path, file, size));
        }
        pack.places.sort_by_key(|place| place.key);
        pack.places.dedup_by_key(|place| place.key);
        pack
    }

    /// Reads the piece under `key` into `buffer`, in the place of what is in there. Returns whether that is now the piece, whole.
    pub fn read(&self, key: &Key, buffer: &mut Vec<u8>) -> bool {
        self.place(key).is_some_and(|place| self.read_place(place, buffer))
    }

    /// Keeps `new` pieces, and those under `wanted` keys as before; others may go. Where more than the store's limit comes together, all is left as it
    /// was.
    pub fn update(
        self,
        store: &Store,
        wanted: &[Key],
        new: impl Iterator<Item = Vec<Sealed>>,
    ) -> io::Result<()> {
        let mut kept: Vec<&Place> = wanted.iter().filter_map(|key| self.place(key)).collect();
        kept.sort_by_key(|place| (place.file, place.offset));
        kept.dedup_by_key(|place| place.key);
        let live = kept.iter().map(|place| place.length).sum::<u64>();
        // Which files the new one takes the place of: all, if half of them is of no use; if there are many, all but the largest.
        let sizes = self.sizes();
        let held = sizes.iter().sum::<u64>();
        let largest = (0..sizes.len()).max_by_key(|file| sizes[*file]);
        let many = self.files.len() >= MAX_FILES;
        let goes = |file: usize| held > 2 * live || (many && Some(file) != largest);
        let mut new = new.filter(|pieces| !pieces.is_empty()).peekable();
        if new.peek().is_none() && !many {
            return Ok(());
        }
        let mut writer = Writer::new(store)?;
        let mut buffer = Vec::new();
        for place in kept.into_iter().filter(|place| goes(place.file)) {
            if self.read_place(place, &mut buffer) {
                writer.add(&place.key, &place.checksum, &buffer)?;
            }
        }
        for piece in new.flatten() {
            writer.add(&piece.key, &piece.checksum, &piece.bytes)?;
            if writer.offset > store.limit() {
                return Ok(());
            }
        }
        let name = writer.finish(store, &self.group)?;
        for (number, (path, ..)) in self.files.iter().enumerate() {
            if goes(number) && path.file_name().is_some_and(|old| old != name.as_str()) {
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Bytes of the pieces of each file.
    fn sizes(&self) -> Vec<u64> {
        self.files.iter().map(|(_, _, size)| *size).collect()
    }

    fn place(&self, key: &Key) -> Option<&Place> {
        let at = self.places.binary_search_by(|place| place.key.cmp(key)).ok()?;
        self.places.get(at)
    }

    fn read_place(&self, place: &Place, buffer: &mut Vec<u8>) -> bool {
        let Ok(length) = usize::try_from(place.length) else { return false };
        buffer.clear();
        buffer.resize(length, 0);
        file::read_at(&self.files[place.file].1, buffer, place.offset).is_ok()
            && Key::of(buffer) == place.checksum
    }
}

/// The index of a file of `group`, if it is whole.
fn index(file: &File, length: u64, limit: u64, group: &Key, number: usize) -> Option<Vec<Place>> {
    let end = length.checked_sub(TRAILER as u64)?;
    let mut trailer = [0; TRAILER];
    file::read_at(file, &mut trailer, end).ok()?;
    let (checksum, rest) = trailer.split_at(Key::SIZE);
    let (owner, rest) = rest.split_at(Key::SIZE);
    let (count, magic) = rest.split_at(8);
    let size = u64::from_le_bytes(count.try_into().ok()?).checked_mul(INDEXED as u64)?;
    let start = end.checked_sub(size)?;
    if magic != MAGIC || owner != group.as_bytes() || length > limit {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    file::read_at(file, &mut bytes, start).ok()?;
    if Key::of(&bytes).as_bytes() != checksum {
        return None;
    }
    bytes
        .chunks_exact(INDEXED)
        .map(|entry| {
            let (key, rest) = entry.split_first_chunk::<{ Key::SIZE }>()?;
            let (checksum, rest) = rest.split_first_chunk::<{ Key::SIZE }>()?;
            let (offset, rest) = rest.split_first_chunk::<8>()?;
            let length = u64::from_le_bytes(rest.try_into().ok()?);
            let offset = u64::from_le_bytes(*offset);
            (offset.checked_add(length)? <= start).then(|| Place {
                key: Key::from_bytes(*key),
                checksum: Key::from_bytes(*checksum),
                offset,
                length,
                file: number,
            })
        })
        .collect()
}

/// A file in the making.
struct Writer {
    file: BufWriter<tempfile::NamedTempFile>,
    index: Vec<u8>,
    offset: u64,
}

impl Writer {
    fn new(store: &Store) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, store.unfinished()?);
        Ok(Self { file, index: Vec::new(), offset: 0 })
    }

    fn add(&mut self, key: &Key, checksum: &Key, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        let length = bytes.len() as u64;
        self.index.extend_from_slice(key.as_bytes());
        self.index.extend_from_slice(checksum.as_bytes());
        self.index.extend_from_slice(&self.offset.to_le_bytes());
        self.index.extend_from_slice(&length.to_le_bytes());
        self.offset += length;
        Ok(())
    }

    /// Finishes the file; its name. Files of the same pieces have the same one.
    fn finish(mut self, store: &Store, group: &Key) -> io::Result<String> {
        let count = (self.index.len() / INDEXED) as u64;
        self.file.write_all(&self.index)?;
        self.file.write_all(Key::of(&self.index).as_bytes())?;
        self.file.write_all(group.as_bytes())?;
        self.file.write_all(&count.to_le_bytes())?;
        self.file.write_all(MAGIC)?;
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let name = format!("{group}-{}", KeyBuilder::new("file").part(&self.index).finish());
        store.finish(file, &name, PACK)?;
        Ok(format!("{name}.{PACK}"))
    }
}
