//! Reads an index: its front at once, its blocks when they are needed.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use flate2::read::DeflateDecoder;
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;

use super::{
    error::DatabaseError,
    format::{self, FORMAT, Head, MAGIC, MAX_BLOCK, MAX_HEAD, MAX_TABLE, PREFIX, Place, ROW},
};
use crate::Ecosystem;

/// Unpacked bytes that are kept.
const KEPT: usize = 64 << 20;

/// An open index.
#[derive(Debug)]
pub(super) struct Index {
    /// As named.
    file: String,
    from: From,
    pub(super) head: Head,
    table: Vec<u8>,
    /// Where each block begins.
    starts: Vec<u64>,
    pub(super) size: u64,
    unpacked: Mutex<Unpacked>,
}

/// Blocks, and how many bytes they have together.
type Unpacked = (FxHashMap<u32, Arc<Vec<u8>>>, usize);

#[derive(Debug)]
enum From {
    File(File),
    Memory(Vec<u8>),
}

impl From {
    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            Self::File(file) => std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset),
            Self::Memory(bytes) => copy(bytes, buffer, offset),
        }
    }

    #[cfg(windows)]
    fn read_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        let file = match self {
            Self::File(file) => file,
            Self::Memory(bytes) => return copy(bytes, buffer, offset),
        };
        while !buffer.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => {
                    buffer = &mut buffer[count..];
                    offset += count as u64;
                }
            }
        }
        Ok(())
    }
}

fn copy(bytes: &[u8], buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let start = usize::try_from(offset).ok();
    let part = start.and_then(|start| bytes.get(start..start.checked_add(buffer.len())?));
    buffer.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
    Ok(())
}

/// Whether a file is an index, of whatever format.
pub(super) fn is_index(path: &Path) -> bool {
    let mut begin = [0; MAGIC.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut begin).is_ok()) && begin == *MAGIC
}

impl Index {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let name = path.display().to_string();
        let io = |cause| DatabaseError::Io { file: name.clone(), cause };
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if !metadata.is_file() {
            return Err(io(io::Error::other("it is no file")));
        }
        Self::read(name.clone(), From::File(file), metadata.len())
    }

    /// Opens what was just made.
    pub(super) fn of_bytes(file: String, bytes: Vec<u8>) -> Result<Self, DatabaseError> {
        let size = bytes.len() as u64;
        Self::read(file, From::Memory(bytes), size)
    }

    fn read(file: String, from: From, size: u64) -> Result<Self, DatabaseError> {
        let damaged = |problem| DatabaseError::Damaged { file: file.clone(), problem };
        let io = |cause: io::Error| match cause.kind() {
            io::ErrorKind::UnexpectedEof => damaged("it ends too early"),
            _ => DatabaseError::Io { file: file.clone(), cause },
        };
        let mut prefix = [0; PREFIX];
        from.read_at(&mut prefix, 0).map_err(io)?;
        let number =
            |at: usize| u32::from_le_bytes([prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]]);
        if prefix[..MAGIC.len()] != *MAGIC {
            return Err(damaged("it is no advisory database"));
        }
        let found = u16::from_le_bytes([prefix[6], prefix[7]]);
        if found != FORMAT {
            return Err(DatabaseError::Format { file, found, known: FORMAT });
        }
        let (head_length, table_length) = (u64::from(number(8)), u64::from(number(12)));
        let front = PREFIX as u64 + head_length + table_length;
        if head_length > MAX_HEAD
            || table_length > MAX_TABLE
            || front > size
            || table_length % ROW as u64 != 0
        {
            return Err(damaged("its parts have impossible sizes"));
        }
        let mut head = vec![0; usize::try_from(head_length).map_err(|_| damaged("it is too large"))?];
        let mut table = vec![0; usize::try_from(table_length).map_err(|_| damaged("it is too large"))?];
        from.read_at(&mut head, PREFIX as u64).map_err(io)?;
        from.read_at(&mut table, PREFIX as u64 + head_length).map_err(io)?;
        if format::front_checksum(&prefix[..16], &head, &table) != prefix[16..] {
            return Err(damaged("its checksum does not fit"));
        }
        let head: Head = postcard::from_bytes(&head).map_err(|_| damaged("its head cannot be read"))?;
        let mut starts = Vec::with_capacity(head.blocks.len());
        let mut end = front;
        for block in &head.blocks {
            starts.push(end);
            end = end.saturating_add(u64::from(block.length));
        }
        if end != size {
            return Err(damaged(if end > size {
                "it ends too early"
            } else {
                "there is something behind its end"
            }));
        }
        Ok(Self { file, from, head, table, starts, size, unpacked: Mutex::default() })
    }

    pub(super) fn damaged(&self, problem: &'static str) -> DatabaseError {
        DatabaseError::Damaged { file: self.file.clone(), problem }
    }

    /// Where packages lie that may have this name.
    pub(super) fn places(&self, ecosystem: Ecosystem, name: &str) -> Vec<Place> {
        let wanted = format::hash(ecosystem, name);
        let rows = self.table.len() / ROW;
        let row = |at: usize| {
            let bytes = self.table.get(at * ROW..(at + 1) * ROW)?;
            let hash = u64::from_le_bytes(bytes[..8].try_into().ok()?);
            let block = u32::from_le_bytes(bytes[8..12].try_into().ok()?);
            let offset = u32::from_le_bytes(bytes[12..].try_into().ok()?);
            Some((hash, Place { block, offset }))
        };
        let (mut low, mut high) = (0, rows);
        while low < high {
            let middle = low + (high - low) / 2;
            if row(middle).is_some_and(|(hash, _)| hash < wanted) { low = middle + 1 } else { high = middle }
        }
        let equal = (low..rows).map_while(row).take_while(|(hash, _)| *hash == wanted);
        equal.map(|(_, place)| place).collect()
    }

    /// The bytes of a block.
    pub(super) fn block(&self, number: u32) -> Result<Arc<Vec<u8>>, DatabaseError> {
        if let Some(known) = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner).0.get(&number) {
            return Ok(Arc::clone(known));
        }
        let place = number as usize;
        let (Some(info), Some(&start)) = (self.head.blocks.get(place), self.starts.get(place)) else {
            return Err(self.damaged("a block is missing"));
        };
        if info.unpacked > MAX_BLOCK {
            return Err(self.damaged("a block is too large"));
        }
        // The sum of all lengths is the size of the file, so that this is no more than there is.
        let mut packed = vec![0; info.length as usize];
        self.from
            .read_at(&mut packed, start)
            .map_err(|cause| DatabaseError::Io { file: self.file.clone(), cause })?;
        if format::checksum(&packed) != info.checksum {
            return Err(self.damaged("the checksum of a block does not fit"));
        }
        let mut bytes = Vec::new();
        let read =
            DeflateDecoder::new(&packed[..]).take(u64::from(info.unpacked) + 1).read_to_end(&mut bytes);
        if read.is_err() || bytes.len() != info.unpacked as usize {
            return Err(self.damaged("a block cannot be unpacked"));
        }
        let bytes = Arc::new(bytes);
        let mut kept = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.1 + bytes.len() > KEPT {
            *kept = Default::default();
        }
        kept.1 += bytes.len();
        kept.0.insert(number, Arc::clone(&bytes));
        Ok(bytes)
    }

    /// What lies at a place.
    pub(super) fn get<T: DeserializeOwned>(&self, place: Place) -> Result<T, DatabaseError> {
        let block = self.block(place.block)?;
        let bytes = block.get(place.offset as usize..).unwrap_or_default();
        postcard::take_from_bytes(bytes)
            .map(|(value, _)| value)
            .map_err(|_| self.damaged("a part cannot be read"))
    }

    /// All that lies in a block.
    pub(super) fn all<T: DeserializeOwned>(&self, number: u32) -> Result<Vec<T>, DatabaseError> {
        let block = self.block(number)?;
        let mut bytes = &block[..];
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let (value, rest) =
                postcard::take_from_bytes(bytes).map_err(|_| self.damaged("a part cannot be read"))?;
            if rest.len() == bytes.len() {
                return Err(self.damaged("a part is empty"));
            }
            found.push(value);
            bytes = rest;
        }
        Ok(found)
    }

    /// The file with another head.
    pub(super) fn rewritten(&self, head: &Head) -> Result<Vec<u8>, DatabaseError> {
        let mut out = format::front(head, &self.table).ok_or_else(|| self.damaged("it is too large"))?;
        let start = self.starts.first().copied().unwrap_or(self.size);
        let length = usize::try_from(self.size - start).map_err(|_| self.damaged("it is too large"))?;
        let front = out.len();
        out.resize(front + length, 0);
        let read = self.from.read_at(&mut out[front..], start);
        read.map_err(|cause| DatabaseError::Io { file: self.file.clone(), cause })?;
        Ok(out)
    }
}
