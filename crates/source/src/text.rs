//! The text of a file: read once, bounded, decoded, with its line index.

use std::{fs, io, io::Read, sync::Arc};

use clearance_finding::{Notice, NoticeKind};

use crate::{File, FileKind, Options, decode, notebook};

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Valid UTF-8 without byte order mark. Of a notebook, its Python cells; see [`Text::cells`].
    pub text: String,
    /// Byte offset of the first byte of every line, ascending, beginning with 0. Lines end with `\n`, `\r\n` or a lone `\r`, as
    /// Python's do; a text that ends so has a last, empty line.
    pub line_starts: Vec<u32>,
    /// Of a notebook, the byte ranges of its Python cells; consecutive ranges are separated by exactly one `\n`.
    pub cells: Option<Vec<(u32, u32)>>,
    /// Of a notebook, for each range its 1-based number among all cells, as an editor counts them.
    pub cell_numbers: Vec<u32>,
    /// What in the text is not faithful to the file.
    pub notice: Option<Notice>,
    /// Of a file of kind [`FileKind::Other`]: it looks like no text at all.
    pub binary: bool,
}

impl Text {
    /// The number of the notebook cell that holds `offset`, and the 1-based line inside that cell. None outside of notebooks.
    pub fn cell_at(&self, offset: u32) -> Option<(u32, u32)> {
        let cells = self.cells.as_ref()?;
        let index = cells.partition_point(|&(start, _)| start <= offset).checked_sub(1)?;
        let line = |offset| self.line_starts.partition_point(|&start| start <= offset) as u32;
        Some((*self.cell_numbers.get(index)?, line(offset) - line(cells[index].0) + 1))
    }
}

/// Reads `file`, at most one byte more than the limit of `options`. Errors: it cannot be opened, it is no regular file, it is over
/// the limit, or it is a notebook that cannot be taken apart.
pub fn read(file: &File, options: &Options) -> Result<Text, Notice> {
    text_of(file.path.clone(), read_bytes(file, options)?, file.kind)
}

/// Reads what [`read`] makes a text of. Errors: it cannot be opened, it is no regular file, or it is over the limit.
pub fn read_bytes(file: &File, options: &Options) -> Result<Vec<u8>, Notice> {
    let limit = options.limit();
    match &file.contents {
        Some(contents) if contents.len() as u64 > limit => {
            Err(too_large(&file.path, file.kind, contents.len() as u64))
        }
        Some(contents) => Ok(contents.to_vec()),
        None => read_bounded(file, limit),
    }
}

/// The text of `bytes`, which are the content of a file of the given kind. `path` is used in notices only. Errors: a notebook that
/// cannot be taken apart.
pub fn text_of(path: Arc<str>, bytes: Vec<u8>, kind: FileKind) -> Result<Text, Notice> {
    let binary = kind == FileKind::Other && decode::looks_binary(&bytes);
    let (text, complaint) = decode::decode(bytes, kind);
    let notice = complaint.filter(|_| kind != FileKind::Other).map(|said| Notice {
        path: path.clone(),
        line: said.line,
        kind: said.kind,
        text: said.text,
    });
    let (text, cells, cell_numbers) = match kind {
        FileKind::Notebook => {
            let cells = notebook::cells(&path, &text)?;
            (cells.text, Some(cells.ranges), cells.numbers)
        }
        _ => (text, None, Vec::new()),
    };
    Ok(Text { line_starts: line_starts(text.as_bytes()), text, cells, cell_numbers, notice, binary })
}

fn read_bounded(file: &File, limit: u64) -> Result<Vec<u8>, Notice> {
    let unreadable = |error: &io::Error| Notice {
        path: file.path.clone(),
        line: None,
        kind: NoticeKind::Unreadable,
        text: format!("could not be read: {}", reason(error)),
    };
    let opened = fs::File::open(&file.absolute).map_err(|error| unreadable(&error))?;
    let metadata = opened.metadata().map_err(|error| unreadable(&error))?;
    if !metadata.is_file() {
        return Err(unreadable(&io::Error::other("no longer a regular file")));
    }
    if metadata.len() > limit {
        return Err(too_large(&file.path, file.kind, metadata.len()));
    }
    // One byte more than expected, so that the end is seen without growing the buffer.
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    opened.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(&file.path, file.kind, bytes.len() as u64));
    }
    Ok(bytes)
}

/// The notice for a file over the limit. Files of no known kind are only passed over.
pub(crate) fn too_large(path: &Arc<str>, kind: FileKind, bytes: u64) -> Notice {
    let kind = if kind == FileKind::Other { NoticeKind::Skipped } else { NoticeKind::TooLarge };
    Notice {
        path: path.clone(),
        line: None,
        kind,
        text: format!(
            "{bytes} bytes, more than the limit; not analysed: raise `max-file-size` or exclude the file"
        ),
    }
}

/// An error of the file system in words that say what to do.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "permission denied; run as a user who may read it, or exclude it".to_owned()
        }
        io::ErrorKind::NotFound => "it vanished during the run; run again".to_owned(),
        _ => format!("{error}; repair or exclude it"),
    }
}

/// Byte offsets of the first byte of every line.
pub(crate) fn line_starts(bytes: &[u8]) -> Vec<u32> {
    let mut starts = Vec::with_capacity(bytes.len() / 24 + 2);
    starts.push(0);
    if memchr::memchr(b'\r', bytes).is_none() {
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1));
    } else {
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
        starts.extend(ends.filter(|&at| !bytes[at..].starts_with(b"\r\n")).map(|at| at as u32 + 1));
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_python_ends_them() {
        assert_eq!(line_starts(b""), [0]);
        assert_eq!(line_starts(b"a\nb"), [0, 2]);
        assert_eq!(line_starts(b"a\r\nb\rc\n\r\x0c\x0b\xe2\x80\xa8d\n"), [0, 3, 5, 7, 8, 15]);
    }

    #[test]
    fn unknown_files_are_never_blind_spots() {
        let image = text_of("a.png".into(), b"\x89PNG\0\0\xff".to_vec(), FileKind::Other).unwrap();
        assert!(image.binary && image.notice.is_none());
        let note = text_of("a.log".into(), b"caf\xe9".to_vec(), FileKind::Other).unwrap();
        assert!(!note.binary && note.notice.is_none());
        assert_eq!(note.text, "caf\u{FFFD}");
        let settings = text_of("a.ini".into(), b"caf\xe9".to_vec(), FileKind::Config).unwrap();
        assert_eq!(settings.notice.unwrap().kind, NoticeKind::Undecodable);
    }
}
