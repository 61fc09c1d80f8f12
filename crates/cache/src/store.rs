//! The folder: whole files under keys, and how much of them is kept.

use std::{
    fs::{self, DirBuilder},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tempfile::NamedTempFile;

use crate::{Key, file};

/// Bytes that are kept unless somebody says otherwise.
pub const DEFAULT_LIMIT: u64 = 512 << 20;

/// Changes with the form of the files.
const MAGIC: &[u8; 8] = b"CLRNCE\x00\x01";
const HEADER: usize = MAGIC.len() + 2 * Key::SIZE + 8;
const ENTRY: &str = "entry";
pub(crate) const PACK: &str = "pack";
const UNFINISHED: &str = ".unfinished-";
/// A file that a killed run left unfinished goes away after this.
const ABANDONED: Duration = Duration::from_hours(1);
/// <https://bford.info/cachedir/>
const TAG: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# Made by Clearance. May be removed at any time.\n";

/// Why a folder is not used.
#[derive(Debug)]
pub enum Refused {
    /// It cannot be made or looked at.
    Io(io::Error),
    /// There is something else in its place: a link, a file.
    NoFolder,
    /// Others own it or may write to it.
    Shared,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NoFolder => f.write_str("it is a link or no folder"),
            Self::Shared => f.write_str("others own it or may write to it"),
        }
    }
}

/// The folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    limit: u64,
}

impl Store {
    /// Takes the folder, which is made if it is not there yet, for its owner only. `limit` is how many bytes are kept in it.
    pub fn open(folder: &Path, limit: u64) -> Result<Self, Refused> {
        let metadata = match fs::symlink_metadata(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(folder).map_err(Refused::Io)?;
                fs::symlink_metadata(folder)
            }
            known => known,
        };
        let metadata = metadata.map_err(Refused::Io)?;
        if !metadata.is_dir() {
            return Err(Refused::NoFolder);
        }
        if !file::is_own(&metadata) || others_may_write(&metadata) {
            return Err(Refused::Shared);
        }
        Ok(Self { folder: folder.to_owned(), limit })
    }

    /// What was kept under `key`.
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let (mut file, length) = file::open(&self.path(&key.to_string(), ENTRY))?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header).ok()?;
        let (magic, rest) = header.split_at(MAGIC.len());
        let (owner, rest) = rest.split_at(Key::SIZE);
        let (checksum, size) = rest.split_at(Key::SIZE);
        let size = u64::from_le_bytes(size.try_into().ok()?);
        let fits = magic == MAGIC && owner == key.as_bytes() && length.checked_sub(HEADER as u64)? == size;
        if !fits || size > self.limit {
            return None;
        }
        let mut payload = vec![0; usize::try_from(size).ok()?];
        file.read_exact(&mut payload).ok()?;
        if Key::of(&payload).as_bytes() != checksum {
            return None;
        }
        file::used(&file);
        Some(payload)
    }

    /// Keeps `payload` under `key`, in the place of what was there.
    pub fn put(&self, key: &Key, payload: &[u8]) -> io::Result<()> {
        let size = payload.len() as u64;
        if size + HEADER as u64 > self.limit {
            return Ok(());
        }
        let mut file = self.unfinished()?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(key.as_bytes());
        header.extend_from_slice(Key::of(payload).as_bytes());
        header.extend_from_slice(&size.to_le_bytes());
        file.write_all(&header)?;
        file.write_all(payload)?;
        self.finish(file, &key.to_string(), ENTRY)
    }

    /// Removes the files that were of no use for the longest time until the rest is within the limit. Runs that still read them are not disturbed.
    pub fn trim(&self) -> io::Result<()> {
        let now = SystemTime::now();
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            // Only what this crate made: the folder may be one that holds other things, too.
            let Ok(metadata) = entry.metadata() else { continue };
            if !metadata.is_file() {
                continue;
            }
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if name.starts_with(UNFINISHED) {
                if now.duration_since(modified).is_ok_and(|age| age > ABANDONED) {
                    let _ = fs::remove_file(entry.path());
                }
            } else if is_ours(name) {
                kept.push((modified, metadata.len(), entry.path()));
            }
        }
        let mut total: u64 = kept.iter().map(|(_, length, _)| length).sum();
        kept.sort();
        for (_, length, path) in kept {
            if total <= self.limit {
                break;
            }
            let _ = fs::remove_file(path);
            total -= length;
        }
        Ok(())
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new file that has no name to be read by yet; for its owner only.
    pub(crate) fn unfinished(&self) -> io::Result<NamedTempFile> {
        let tag = self.folder.join("CACHEDIR.TAG");
        if fs::symlink_metadata(&tag).is_err() {
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
            file.write_all(TAG.as_bytes())?;
            let _ = file.persist_noclobber(tag);
        }
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)
    }

    /// Gives a file the name by which it is read.
    pub(crate) fn finish(&self, file: NamedTempFile, name: &str, kind: &str) -> io::Result<()> {
        file.persist(self.path(name, kind)).map(drop).map_err(|error| error.error)
    }

    fn path(&self, name: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{name}.{kind}"))
    }
}

/// Whether a file of this name is one of those that are kept.
fn is_ours(name: &str) -> bool {
    let Some((stem, kind)) = name.rsplit_once('.') else { return false };
    let is_key =
        |part: &str| part.len() == 2 * Key::SIZE && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match kind {
        ENTRY => is_key(stem),
        PACK => stem.split_once('-').is_some_and(|(group, part)| is_key(group) && is_key(part)),
        _ => false,
    }
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn others_may_write(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o022 != 0
}

#[cfg(not(unix))]
fn others_may_write(_: &fs::Metadata) -> bool {
    false
}
