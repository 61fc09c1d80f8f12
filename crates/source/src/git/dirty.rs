//! Whether tracked files differ from the commit: by the index first, by file times next, by content only for the few that
//! are left. Filters that the repository configures are never run.

use std::{
    fs::{self, Metadata},
    path::{Component, Path, PathBuf},
};

use gix::{ObjectId, bstr::ByteSlice, objs};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;

use super::{
    index::{Entry, Index, Mode, Stamp},
    read_small, to_path,
};

/// Most files, and most bytes of one file, that are read to compare content. Beyond that the answer is not worth the time.
const MAX_FILES: usize = 256;
const MAX_BYTES: u64 = 1 << 20;
/// Deepest folder of a commit that is followed.
const MAX_DEPTH: usize = 256;

/// Whether the index or the work tree differs from `commit`. None: it cannot be decided, or only by reading many files.
pub(super) fn is_dirty(
    repository: &gix::Repository,
    work_tree: &Path,
    index: &Index,
    commit: ObjectId,
) -> Option<bool> {
    let tree = repository.find_commit(commit).ok()?.tree_id().ok()?.detach();
    if !index_is_tree(repository, index, tree)? {
        return Some(true);
    }
    let modes = cfg!(unix) && repository.config_snapshot().boolean("core.fileMode") != Some(false);
    let verdicts: Vec<_> = index
        .entries
        .par_iter()
        .map(|entry| (by_times(work_tree, index, entry, modes), entry))
        .filter(|(verdict, _)| *verdict != Verdict::Same)
        .collect();
    if verdicts.iter().any(|(verdict, _)| *verdict == Verdict::Different) {
        return Some(true);
    }
    if verdicts.is_empty() {
        return Some(false);
    }
    let filtered = filtered_paths(work_tree, index);
    let by_content: Vec<Verdict> = verdicts
        .par_iter()
        .take(MAX_FILES)
        .map(|(_, entry)| by_content(work_tree, index, entry, &filtered))
        .collect();
    if by_content.contains(&Verdict::Different) {
        return Some(true);
    }
    let all_known = verdicts.len() <= MAX_FILES && !by_content.contains(&Verdict::Unknown);
    all_known.then_some(false)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Same,
    Different,
    Unknown,
}

/// Whether the index holds exactly what `tree` does. None if the tree cannot be read.
fn index_is_tree(repository: &gix::Repository, index: &Index, tree: ObjectId) -> Option<bool> {
    if index.entries.iter().any(|entry| entry.stage != 0 || entry.intent_to_add) {
        return Some(false);
    }
    // The index remembers the tree that it was last equal to, and forgets it when an entry changes.
    if let Some(cached) = index.tree {
        return Some(cached == tree.as_bytes());
    }
    if index.entries.iter().any(|entry| entry.mode == Mode::Folder) {
        return None;
    }
    let mut seen = Seen { trees: 0, entries: 0 };
    let same = holds(repository, index, tree, &mut Vec::new(), 0, &mut seen)?;
    Some(same && seen.entries == index.entries.len())
}

struct Seen {
    trees: usize,
    entries: usize,
}

/// Whether the index holds everything in `tree`, which lies at `path`. Stops at the first difference, and at trees that no index of this
/// size can come from: so a small object that unfolds without end does no harm.
fn holds(
    repository: &gix::Repository,
    index: &Index,
    tree: ObjectId,
    path: &mut Vec<u8>,
    depth: usize,
    seen: &mut Seen,
) -> Option<bool> {
    seen.trees += 1;
    // No commit made by git has a folder without a file below it.
    if seen.trees > MAX_DEPTH + index.entries.len() * MAX_DEPTH || depth > MAX_DEPTH {
        return None;
    }
    let object = repository.find_tree(tree).ok()?;
    let length = path.len();
    for entry in object.iter() {
        let entry = entry.ok()?;
        path.truncate(length);
        path.extend_from_slice(entry.filename());
        let mode = entry.mode();
        if mode.is_tree() {
            path.push(b'/');
            if index.starting_with(path).is_empty() {
                return Some(false);
            }
            if !holds(repository, index, entry.oid().to_owned(), path, depth + 1, seen)? {
                return Some(false);
            }
            continue;
        }
        seen.entries += 1;
        let same = index.find(path).is_some_and(|held| {
            let same_mode = match held.mode {
                Mode::File if held.executable => mode.is_executable(),
                Mode::File => mode.is_blob() && !mode.is_executable(),
                Mode::Link => mode.is_link(),
                Mode::Submodule => mode.is_commit(),
                Mode::Folder => false,
            };
            same_mode && held.id == entry.oid().as_bytes()
        });
        if !same {
            return Some(false);
        }
    }
    path.truncate(length);
    Some(true)
}

/// Compares size and times with what git last saw, and with `modes` whether the file is executable. Unknown: only the content can tell.
fn by_times(work_tree: &Path, index: &Index, entry: &Entry, modes: bool) -> Verdict {
    if entry.skip_worktree || matches!(entry.mode, Mode::Submodule | Mode::Folder) {
        return Verdict::Same;
    }
    let Some(path) = path_of(work_tree, index, entry) else {
        return Verdict::Unknown;
    };
    let Ok(metadata) = fs::symlink_metadata(&path) else {
        return Verdict::Different;
    };
    let same_kind = if entry.mode == Mode::File { metadata.is_file() } else { metadata.is_symlink() };
    if !same_kind {
        return Verdict::Different;
    }
    if modes && entry.mode == Mode::File && is_executable(&metadata) != entry.executable {
        return Verdict::Different;
    }
    // Owner, device and inode are not compared: they change when a tree is mounted elsewhere, which says nothing about content.
    let same = metadata.len() as u32 == entry.size
        && metadata.modified().is_ok_and(|time| is_same_time(entry.mtime, Stamp::of(time)))
        && changed(&metadata).is_none_or(|stamp| is_same_time(entry.ctime, stamp));
    // A file written in the same moment as the index may have changed after git looked.
    let racy = if entry.mtime.nanoseconds == 0 {
        entry.mtime.seconds >= index.written.seconds
    } else {
        entry.mtime >= index.written
    };
    if same && !racy { Verdict::Same } else { Verdict::Unknown }
}

/// Git on some systems leaves the nanoseconds out.
fn is_same_time(recorded: Stamp, seen: Stamp) -> bool {
    recorded.seconds == seen.seconds
        && (recorded.nanoseconds == 0 || recorded.nanoseconds == seen.nanoseconds)
}

/// Compares the content with the object that the index names.
fn by_content(work_tree: &Path, index: &Index, entry: &Entry, filtered: &Gitignore) -> Verdict {
    let Some(path) = path_of(work_tree, index, entry) else {
        return Verdict::Unknown;
    };
    let Ok(metadata) = fs::symlink_metadata(&path) else {
        return Verdict::Different;
    };
    if metadata.is_symlink() {
        let target = fs::read_link(&path).ok();
        let target = target.as_deref().and_then(|target| gix::path::into_bstr(target).ok());
        return match target {
            Some(target) if is_blob(target.as_ref(), entry) => Verdict::Same,
            _ => Verdict::Different,
        };
    }
    let Some(bytes) = read_small(&path, MAX_BYTES) else {
        return Verdict::Unknown;
    };
    // Line ends may be converted by settings that are not read here.
    if is_blob(&bytes, entry) || is_blob(&bytes.replace(b"\r\n", b"\n"), entry) {
        return Verdict::Same;
    }
    match to_path(index.path(entry)) {
        Some(name) if !filtered.matched_path_or_any_parents(&name, false).is_ignore() => Verdict::Different,
        _ => Verdict::Unknown,
    }
}

fn is_blob(bytes: &[u8], entry: &Entry) -> bool {
    objs::compute_hash(gix::hash::Kind::Sha1, objs::Kind::Blob, bytes)
        .is_ok_and(|hash| hash.as_bytes() == entry.id)
}

/// The paths whose content in the work tree may differ from the object by a filter, such as that of Git LFS.
fn filtered_paths(work_tree: &Path, index: &Index) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for entry in index.entries.iter().filter(|entry| entry.mode == Mode::File) {
        let folder = match index.path(entry).strip_suffix(b".gitattributes") {
            Some(folder) if folder.is_empty() || folder.ends_with(b"/") => folder,
            _ => continue,
        };
        let Ok(folder) = folder.to_str() else { continue };
        let text = path_of(work_tree, index, entry).and_then(|path| read_small(&path, 256 * 1024));
        for line in text.unwrap_or_default().lines().filter_map(|line| line.to_str().ok()) {
            let mut words = line.split_ascii_whitespace();
            let Some(pattern) = words.next() else { continue };
            let changes = |word: &str| {
                word == "ident" || word.starts_with("filter=") || word.starts_with("working-tree-encoding=")
            };
            if !pattern.starts_with(['#', '[', '!']) && words.any(changes) {
                let depth = if pattern.contains('/') { "" } else { "**/" };
                // A pattern that is none filters nothing.
                let _ =
                    builder.add_line(None, &format!("/{folder}{depth}{}", pattern.trim_start_matches('/')));
            }
        }
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Where the entry is on disk. None if its path would lead out of the work tree.
fn path_of(work_tree: &Path, index: &Index, entry: &Entry) -> Option<PathBuf> {
    let relative = to_path(index.path(entry))?;
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| work_tree.join(relative))
}

/// Whether the owner may execute the file.
#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// When content or attributes of the file last changed. None where the system does not keep that.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    Some(Stamp { seconds: metadata.ctime() as u32, nanoseconds: metadata.ctime_nsec() as u32 })
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<Stamp> {
    None
}
