//! The tree in memory: the files as they were read, and what repairs made of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clearance_finding::{Finding, NoticeKind};
use clearance_source::{FileKind, Inventory, Options, read_bytes, text_of};

use super::change::{Change, edited};
use crate::run::front;

/// UTF-8 byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// New texts of files, by path.
pub(crate) type Texts = BTreeMap<Arc<str>, Arc<str>>;

/// A file as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Original {
    /// Its bytes on the disk.
    pub(crate) bytes: Arc<[u8]>,
    /// Its text, without byte order mark.
    pub(crate) text: Arc<str>,
    /// It begins with a byte order mark.
    pub(crate) marked: bool,
    kind: FileKind,
}

impl Original {
    /// The bytes of the file with another text.
    pub(crate) fn with_text(&self, text: &str) -> Arc<[u8]> {
        let mark = if self.marked { MARK } else { &[] };
        [mark, text.as_bytes()].concat().into()
    }
}

/// What an analysis of the tree says.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) findings: Vec<Finding>,
    /// What could not be seen into.
    pub(crate) blind: BTreeSet<(Arc<str>, NoticeKind)>,
    /// The rules could not be run to their end.
    pub(crate) failed: bool,
}

/// The files that repairs want to change.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Every file that was asked for, or why it is not edited.
    files: BTreeMap<Arc<str>, Result<Original, String>>,
    /// The texts in force, of files that differ from the disk.
    pub(crate) texts: Texts,
}

impl Tree {
    /// The file as it was first read.
    pub(crate) fn original(&self, path: &str) -> Option<&Original> {
        self.files.get(path)?.as_ref().ok()
    }

    /// Reads `path` if it was not yet. Errors: why it is not edited.
    pub(crate) fn open(
        &mut self,
        inventory: &Inventory,
        options: &Options,
        path: &Arc<str>,
    ) -> Result<(), String> {
        let read = || original(inventory, options, path);
        self.files.entry(Arc::clone(path)).or_insert_with(read).as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Whether the file is one of Python.
    pub(crate) fn is_code(&self, path: &str) -> bool {
        self.original(path).is_some_and(|file| file.kind.is_python())
    }

    /// The text in force.
    pub(crate) fn text(&self, path: &str) -> Option<Arc<str>> {
        self.texts.get(path).cloned().or_else(|| Some(Arc::clone(&self.original(path)?.text)))
    }

    /// The texts with `changes` made to them. Errors: one of them cannot be made, or leaves Python code that does not parse as before.
    pub(crate) fn with(&self, changes: &[Change]) -> Result<Texts, String> {
        let mut texts = self.texts.clone();
        let paths: BTreeSet<&Arc<str>> = changes.iter().map(|change| &change.path).collect();
        for path in paths {
            let (Some(before), Some(original)) = (self.text(path), self.original(path)) else {
                return Err("the file cannot be read".to_owned());
            };
            let of_file = changes.iter().filter(|change| change.path == *path);
            let after = edited(&before, of_file).ok_or("its edits do not fit the file")?;
            if original.kind.is_python() && errors(original, path, &after) > errors(original, path, &before) {
                return Err("the file would no longer parse".to_owned());
            }
            texts.insert(Arc::clone(path), after.into());
        }
        Ok(texts)
    }

    /// Puts `texts` in the place of the files' own content.
    pub(crate) fn lay_over(&self, inventory: &mut Inventory, texts: &Texts) {
        for file in &mut inventory.files {
            let Some(original) = self.original(&file.path) else {
                continue;
            };
            // Also the files without a change: all rounds see the same tree.
            let bytes = match texts.get(&file.path) {
                Some(text) => original.with_text(text),
                None => Arc::clone(&original.bytes),
            };
            file.bytes = bytes.len() as u64;
            file.contents = Some(bytes);
        }
    }
}

/// Syntax errors of the file with another text.
fn errors(original: &Original, path: &Arc<str>, text: &str) -> usize {
    match text_of(Arc::clone(path), text.as_bytes().to_vec(), original.kind) {
        Ok(text) => front::lower(&text).errors.len(),
        Err(_) => usize::MAX,
    }
}

fn original(inventory: &Inventory, options: &Options, path: &str) -> Result<Original, String> {
    let Some(file) = inventory.files.iter().find(|file| &*file.path == path) else {
        return Err("the file is not one of the listed files".to_owned());
    };
    if file.kind == FileKind::Notebook {
        return Err("notebooks are not edited".to_owned());
    }
    let bytes = read_bytes(file, options).map_err(|notice| notice.text)?;
    let marked = bytes.starts_with(MARK);
    let content = if marked { &bytes[MARK.len()..] } else { &bytes[..] };
    let text = text_of(Arc::clone(&file.path), bytes.clone(), file.kind).map_err(|notice| notice.text)?;
    if text.text.as_bytes() != content {
        return Err("the file is not UTF-8; only UTF-8 is edited".to_owned());
    }
    Ok(Original { bytes: bytes.into(), text: text.text.into(), marked, kind: file.kind })
}
