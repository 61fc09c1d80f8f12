//! Where a work tree begins, and where its git directory is.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// A git work tree. `core.worktree` is not heeded: the tree begins where the `.git` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkTree {
    /// The folder that holds `.git`.
    pub(crate) root: PathBuf,
    /// The git directory: that of the linked work tree or the submodule, where it is one.
    pub(crate) git_dir: PathBuf,
    /// The git directory that linked work trees share.
    pub(crate) common_dir: PathBuf,
}

impl WorkTree {
    /// The work tree that holds `path`, which is canonical.
    pub(crate) fn around(path: &Path) -> Option<Self> {
        path.ancestors().find_map(Self::at)
    }

    /// The work tree that begins at `folder`, if one does.
    pub(crate) fn at(folder: &Path) -> Option<Self> {
        let dot_git = folder.join(".git");
        let git_dir = if fs::metadata(&dot_git).ok()?.is_dir() {
            dot_git
        } else {
            let pointer = read_small(&dot_git, 4096)?;
            folder.join(path_in(pointer.strip_prefix(b"gitdir:")?)?)
        };
        if !fs::metadata(git_dir.join("HEAD")).ok()?.is_file() {
            return None;
        }
        let common_dir = match read_small(&git_dir.join("commondir"), 4096) {
            Some(pointer) => git_dir.join(path_in(&pointer)?),
            None => git_dir.clone(),
        };
        Some(Self { root: folder.to_owned(), git_dir, common_dir })
    }
}

fn path_in(bytes: &[u8]) -> Option<PathBuf> {
    let trimmed = bytes.trim_ascii();
    if trimmed.is_empty() {
        return None;
    }
    super::to_path(trimmed)
}

/// The content of a regular file of at most `limit` bytes.
pub(crate) fn read_small(path: &Path, limit: u64) -> Option<Vec<u8>> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(limit + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= limit).then_some(bytes)
}
