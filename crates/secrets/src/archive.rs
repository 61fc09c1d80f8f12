//! What archives hold, within bounds: zip (wheels, jars, documents), tar and gzip, in one another. Nothing is written anywhere.

use std::io::{Cursor, Read};

/// Most archives within archives.
const MAX_DEPTH: usize = 3;
/// Most members of a file with all its inner archives.
const MAX_MEMBERS: usize = 20_000;
/// Most bytes of one member, and of all together.
const MAX_MEMBER: u64 = 32 << 20;
const MAX_TOTAL: u64 = 256 << 20;

/// What came of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Members that were looked at.
    pub members: u32,
    /// Why not everything was, if it was not.
    pub cut: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Zip,
    Gzip,
    Tar,
}

fn kind(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        Some(Kind::Zip)
    } else if bytes.starts_with(&[0x1f, 0x8b, 8]) {
        Some(Kind::Gzip)
    } else if bytes.get(257..262) == Some(b"ustar") {
        Some(Kind::Tar)
    } else {
        None
    }
}

/// Whether bytes are an archive that can be looked into.
pub fn is_archive(bytes: &[u8]) -> bool {
    kind(bytes).is_some()
}

/// Whether bytes are no text.
pub fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(8000)]).is_some()
}

/// Hands every text in the archive to `visit`, with its name, inner archives after a `!`.
pub fn members(bytes: &[u8], visit: &mut dyn FnMut(&str, &[u8])) -> Unpacked {
    let mut walk = Walk { left: MAX_TOTAL, unpacked: Unpacked::default(), visit };
    walk.open(bytes, "", 0);
    walk.unpacked
}

struct Walk<'v> {
    left: u64,
    unpacked: Unpacked,
    visit: &'v mut dyn FnMut(&str, &[u8]),
}

impl Walk<'_> {
    fn open(&mut self, bytes: &[u8], name: &str, depth: usize) {
        if depth == MAX_DEPTH {
            self.unpacked.cut = Some("it holds archives in archives, deeper than is looked");
            return;
        }
        match kind(bytes) {
            Some(Kind::Zip) => self.zip(bytes, name, depth),
            Some(Kind::Gzip) => {
                let inner = self.read(flate2::read::MultiGzDecoder::new(bytes));
                self.member(&inner, name, depth + 1);
            }
            Some(Kind::Tar) => self.tar(bytes, name, depth),
            None => {}
        }
    }

    fn zip(&mut self, bytes: &[u8], name: &str, depth: usize) {
        let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
            self.unpacked.cut = Some("it is a damaged archive");
            return;
        };
        for number in 0..archive.len() {
            if self.is_full() {
                return;
            }
            let Ok(file) = archive.by_index(number) else {
                self.unpacked.cut =
                    Some("some of its members are damaged, encrypted or packed in an unknown way");
                continue;
            };
            if !file.is_file() {
                continue;
            }
            let inner_name = joined(name, &String::from_utf8_lossy(file.name_raw()));
            let inner = self.read(file);
            self.member(&inner, &inner_name, depth + 1);
        }
    }

    fn tar(&mut self, bytes: &[u8], name: &str, depth: usize) {
        let mut archive = tar::Archive::new(bytes);
        let Ok(entries) = archive.entries() else { return };
        for entry in entries {
            if self.is_full() {
                return;
            }
            let Ok(entry) = entry else {
                self.unpacked.cut = Some("it is a damaged archive");
                return;
            };
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let inner_name = joined(name, &String::from_utf8_lossy(&entry.path_bytes()));
            let inner = self.read(entry);
            self.member(&inner, &inner_name, depth + 1);
        }
    }

    fn is_full(&mut self) -> bool {
        let full = self.unpacked.members as usize >= MAX_MEMBERS || self.left == 0;
        if full {
            self.unpacked.cut = Some("it holds more than is unpacked");
        }
        full
    }

    fn read(&mut self, from: impl Read) -> Vec<u8> {
        let limit = MAX_MEMBER.min(self.left);
        let mut bytes = Vec::new();
        if from.take(limit + 1).read_to_end(&mut bytes).is_err() {
            self.unpacked.cut =
                Some("some of its members are damaged, encrypted or packed in an unknown way");
        }
        if bytes.len() as u64 > limit {
            self.unpacked.cut = Some("it holds more than is unpacked");
            bytes.truncate(limit as usize);
        }
        self.left -= bytes.len() as u64;
        bytes
    }

    fn member(&mut self, bytes: &[u8], name: &str, depth: usize) {
        if is_archive(bytes) {
            return self.open(bytes, name, depth);
        }
        self.unpacked.members += 1;
        if !is_binary(bytes) {
            (self.visit)(name, bytes);
        }
    }
}

fn joined(outer: &str, inner: &str) -> String {
    if outer.is_empty() { inner.to_owned() } else { format!("{outer}!{inner}") }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn tarred(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, bytes).unwrap();
        builder.into_inner().unwrap()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn names(bytes: &[u8]) -> (Vec<String>, Unpacked) {
        let mut found = Vec::new();
        let unpacked = members(bytes, &mut |name, _| found.push(name.to_owned()));
        (found, unpacked)
    }

    #[test]
    fn archives_in_archives() {
        let inner = gzipped(&tarred("b.txt", b"text"));
        assert_eq!(names(&gzipped(&tarred("a.txt", b"text"))).0, ["a.txt"]);
        assert_eq!(names(&tarred("in.tgz", &inner)).0, ["in.tgz!b.txt"]);
        let mut deep = tarred("x", b"text");
        for _ in 0..6 {
            deep = tarred("d.tar", &deep);
        }
        let (found, unpacked) = names(&deep);
        assert!(found.is_empty() && unpacked.cut.is_some());
    }

    #[test]
    fn bombs_are_cut() {
        let (found, unpacked) = names(&gzipped(&vec![b'a'; 64 << 20]));
        assert_eq!(found.len(), 1);
        assert_eq!(unpacked.cut, Some("it holds more than is unpacked"));
    }

    #[test]
    fn damage_is_told() {
        let mut bytes = gzipped(&tarred("a.txt", &b"0123456789".repeat(3000)));
        bytes.truncate(bytes.len() / 2);
        assert!(names(&bytes).1.cut.is_some());
        assert!(names(b"PK\x03\x04 not a zip").1.cut.is_some());
    }
}
