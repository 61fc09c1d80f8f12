//! The files in which records come: archives, folders, and records on their own.
//!
//! Nothing is unpacked onto the disk. Sizes that an archive declares are not believed; everything is counted while it is read.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    error::ImportError,
    limits::{MAX_ENTRIES, MAX_FOLDERS, MAX_RECORD, MAX_TOTAL},
    osv::Syntax,
};

/// A file out of a collection.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) syntax: Syntax,
    pub(super) bytes: Vec<u8>,
}

/// Gives every file that may be a record to `take`, in the order of the archive or of names. Returns how many files were passed over.
pub(super) fn each(path: &Path, take: &mut Take<'_>) -> Result<u64, ImportError> {
    let mut walk = Walk { file: path.display().to_string(), total: 0, entries: 0, passed_over: 0, take };
    let metadata = std::fs::metadata(path).map_err(|cause| walk.io(cause))?;
    if metadata.is_dir() {
        walk.folder(path, "", 0)?;
        return Ok(walk.passed_over);
    }
    if !metadata.is_file() {
        return Err(walk.problem("it is neither a file nor a folder"));
    }
    let mut file = File::open(path).map_err(|cause| walk.io(cause))?;
    let mut begin = [0; 512];
    let length = read_most(&mut file, &mut begin).map_err(|cause| walk.io(cause))?;
    file.seek(SeekFrom::Start(0)).map_err(|cause| walk.io(cause))?;
    match &begin[..length] {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => walk.zip(file)?,
        [0x1f, 0x8b, ..] => walk.tar(flate2::read::MultiGzDecoder::new(BufReader::new(file)))?,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(BufReader::new(file))
                .map_err(|error| walk.problem(&format!("it is no Zstandard file: {error}")))?;
            walk.tar(decoder)?;
        }
        begin if is_tar(begin) => walk.tar(BufReader::new(file))?,
        _ => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let Some(syntax) = Syntax::of(&name) else {
                return Err(walk.problem(
                    "it is no zip, tar, tar.gz or tar.zst file, and not named .json, .yaml or .yml",
                ));
            };
            walk.record(name, syntax, file)?;
        }
    }
    Ok(walk.passed_over)
}

type Take<'t> = dyn FnMut(Entry) -> Result<(), ImportError> + 't;

/// Fills the buffer as far as there is something.
fn read_most(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn is_tar(begin: &[u8]) -> bool {
    begin.get(257..262) == Some(b"ustar")
}

/// Why a name in an archive is refused, if it is.
fn bad_name(name: &str) -> Option<&'static str> {
    let parts = || name.split(['/', '\\']);
    if name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':') {
        return Some("its name is an absolute path");
    }
    if parts().any(|part| part == "..") {
        return Some("its name leads out of the archive");
    }
    if name.contains(char::is_control) {
        return Some("its name has control characters");
    }
    (parts().count() > MAX_FOLDERS + 1).then_some("it lies too deep")
}

struct Walk<'t, 'u> {
    /// As named by the user.
    file: String,
    /// Bytes so far.
    total: u64,
    /// Entries so far.
    entries: u64,
    passed_over: u64,
    take: &'t mut Take<'u>,
}

impl Walk<'_, '_> {
    fn io(&self, cause: io::Error) -> ImportError {
        ImportError::Io { file: self.file.clone(), cause }
    }

    fn problem(&self, problem: &str) -> ImportError {
        ImportError::File { file: self.file.clone(), problem: problem.to_owned() }
    }

    fn entry(&self, entry: &str, problem: &str) -> ImportError {
        ImportError::Entry { file: self.file.clone(), entry: shown(entry), problem: problem.to_owned() }
    }

    /// Counts an entry and looks at its name. Says whether it may be a record.
    fn meet(&mut self, name: &str) -> Result<Option<Syntax>, ImportError> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(self.entry(name, "there are more than 2,000,000 entries before it"));
        }
        if let Some(problem) = bad_name(name) {
            return Err(self.entry(name, problem));
        }
        let syntax = Syntax::of(name);
        self.passed_over += u64::from(syntax.is_none());
        Ok(syntax)
    }

    /// Reads one file and hands it on.
    fn record(&mut self, name: String, syntax: Syntax, from: impl Read) -> Result<(), ImportError> {
        let mut bytes = Vec::new();
        from.take(MAX_RECORD + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.entry(&name, &format!("it cannot be read: {error}")))?;
        let length = bytes.len() as u64;
        if length > MAX_RECORD {
            return Err(self.entry(&name, "it has more than 8 MiB, which no record has"));
        }
        self.total += length;
        if self.total > MAX_TOTAL {
            return Err(self.entry(&name, "there are more than 8 GiB up to it"));
        }
        (self.take)(Entry { name, syntax, bytes })
    }

    fn zip(&mut self, file: File) -> Result<(), ImportError> {
        let damaged = |error: zip::result::ZipError| format!("it is no whole zip file: {error}");
        let mut archive =
            zip::ZipArchive::new(BufReader::new(file)).map_err(|error| self.problem(&damaged(error)))?;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(|error| self.problem(&damaged(error)))?;
            let name = entry.name().map_err(|error| self.problem(&damaged(error)))?.into_owned();
            let syntax = self.meet(&name)?;
            if let Some(syntax) = syntax.filter(|_| entry.is_file()) {
                self.record(name, syntax, entry)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, from: impl Read) -> Result<(), ImportError> {
        let mut from = BufReader::with_capacity(1 << 16, from.take(MAX_TOTAL + 1));
        let mut begin = [0; 512];
        let length = read_most(&mut from, &mut begin).map_err(|cause| self.io(cause))?;
        if !is_tar(&begin[..length]) {
            return Err(self.problem("there is no tar file in it"));
        }
        let mut archive = tar::Archive::new(begin.chain(from));
        let damaged = |error: io::Error| format!("it is no whole tar file: {error}");
        let entries = archive.entries().map_err(|error| self.problem(&damaged(error)))?.raw(true);
        // Long names stand in entries of their own before the one that they are for. The library would read them whole, however long they are.
        let mut long = None;
        for entry in entries {
            let mut entry = entry.map_err(|error| self.problem(&damaged(error)))?;
            let kind = entry.header().entry_type();
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                let mut bytes = Vec::new();
                let read = (&mut entry).take(MAX_NAME).read_to_end(&mut bytes);
                read.map_err(|error| self.problem(&damaged(error)))?;
                let name = if kind.is_gnu_longname() { Some(until_nul(&bytes)) } else { pax_path(&bytes) };
                long = name.or(long);
                continue;
            }
            let name =
                long.take().unwrap_or_else(|| String::from_utf8_lossy(&entry.path_bytes()).into_owned());
            if kind.is_pax_global_extensions() {
                continue;
            }
            let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
            let syntax = self.meet(&name)?;
            if let Some(syntax) = syntax.filter(|_| kind.is_file()) {
                self.record(name, syntax, entry)?;
            }
        }
        Ok(())
    }

    /// Goes through a folder in the order of names. Links are not followed.
    fn folder(&mut self, folder: &Path, inside: &str, depth: usize) -> Result<(), ImportError> {
        if depth > MAX_FOLDERS {
            return Err(self.entry(inside, "there are folders in more than 16 levels"));
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|cause| self.io(cause))? {
            let entry = entry.map_err(|cause| self.io(cause))?;
            let kind = entry.file_type().map_err(|cause| self.io(cause))?;
            names.push((entry.file_name(), kind));
            if names.len() as u64 > MAX_ENTRIES {
                return Err(self.entry(inside, "there are more than 2,000,000 entries in it"));
            }
        }
        names.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, kind) in names {
            let path = folder.join(&name);
            let shown = format!("{inside}{}", name.to_string_lossy());
            if kind.is_dir() {
                if !name.to_string_lossy().starts_with('.') {
                    self.folder(&path, &format!("{shown}/"), depth + 1)?;
                }
            } else if kind.is_file()
                && let Some(syntax) = self.meet(&shown)?
            {
                let file = File::open(&path).map_err(|cause| self.io(cause))?;
                self.record(shown, syntax, file)?;
            }
        }
        Ok(())
    }
}

/// Bytes of an entry that holds a long name.
const MAX_NAME: u64 = 64 << 10;

fn until_nul(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// The path in an extended header (POSIX pax: `LENGTH KEY=VALUE\n`, the length of the whole line).
fn pax_path(mut bytes: &[u8]) -> Option<String> {
    let mut found = None;
    while let Some(space) = bytes.iter().position(|&byte| byte == b' ') {
        let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
        let line = bytes.get(space + 1..length)?;
        if let Some(path) = line.strip_prefix(b"path=") {
            found = Some(String::from_utf8_lossy(path.strip_suffix(b"\n").unwrap_or(path)).into_owned());
        }
        bytes = &bytes[length..];
    }
    found
}

/// A name that is short enough for a message.
fn shown(name: &str) -> String {
    match name.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["../x.json", "a/../../x.json", "/etc/x.json", "a\\..\\x.json", "C:\\x.json", "a\nb.json"]
        {
            assert!(bad_name(name).is_some(), "{name}");
        }
        assert_eq!(bad_name("PYSEC-2024-1.json"), None);
        assert_eq!(bad_name("vulns/a..b/PYSEC-2024-1.yaml"), None);
    }

    #[test]
    fn long_names_are_read() {
        assert_eq!(
            pax_path(b"30 mtime=1700000000.123456789\n19 path=a/b/c.json\n").as_deref(),
            Some("a/b/c.json")
        );
        assert_eq!(pax_path(b"99 path=x\n"), None);
        assert_eq!(pax_path(b"0 path=x\n"), None);
        assert_eq!(until_nul(b"a/b\0\0"), "a/b");
    }
}
