//! The bytes of the files, read once, and what they are known by.

use clearance_cache::Key;
use clearance_finding::Notice;
use clearance_source::{File, read_bytes};
use rayon::prelude::*;

use super::{
    kept::module_key,
    plan::Plan,
    progress::Progress,
    secrets::{self, FileSecrets},
};

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Source<'p> {
    pub(crate) file: &'p File,
    /// Its bytes, or why there are none.
    pub(crate) bytes: Result<Vec<u8>, Notice>,
    /// What its lowered form is known by, where there are bytes and somebody wants to know.
    pub(crate) key: Option<Key>,
    /// The credentials in it.
    pub(crate) secrets: FileSecrets,
}

/// Reads the Python files of `plan` on the current thread pool. `keys` says whether somebody wants to know the keys.
pub(crate) fn read<'p>(plan: &'p Plan, keys: bool, progress: &Progress) -> Vec<Source<'p>> {
    let python: Vec<&File> = plan.inventory.files.iter().filter(|file| file.kind.is_python()).collect();
    progress.phase("reading", python.len());
    python
        .into_par_iter()
        .map(|file| {
            let bytes = read_bytes(file, &plan.options);
            progress.step();
            let key = bytes.as_ref().ok().filter(|_| keys).map(|bytes| module_key(file.kind, bytes));
            let secrets =
                bytes.as_ref().map(|bytes| secrets::of_bytes(&plan.secrets, file, bytes)).unwrap_or_default();
            Source { file, bytes, key, secrets }
        })
        .collect()
}
