//! The files of one commit, or of git's index, whole: what a checkout would put into the work tree, without one.

use std::{path::Path, sync::Arc, time::Instant};

use clearance_finding::Notice;
use gix::objs::Kind;
use rustc_hash::FxHashMap;

use super::{
    BlobOrigin, HistoryError, HistoryOptions, Id, MAX_DEADLINE,
    commits::Walk,
    decode::{Decoder, Unread},
    hex,
    open::Opened,
    revision::Revision,
    tally::{Part, Tally},
    trees::{Entry, EntryKind, MAX_DEPTH, MAX_PATH},
    visit::{self, Bounds},
};
use crate::{
    git::{MAX_ALLOCATION, index::Mode},
    name::shown_bytes,
};

/// Most files of a commit.
const MAX_FILES: usize = 2_000_000;

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotFile {
    /// Relative to the top of the work tree, with `/`, in its shown form.
    pub(crate) path: Arc<str>,
    /// Whether it may be run.
    pub(crate) is_executable: bool,
    /// Its bytes.
    pub(crate) contents: Arc<[u8]>,
}

/// What a snapshot is taken of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment<'m> {
    /// A commit.
    Revision(&'m str),
    /// What the next commit would hold.
    Staged,
}

/// The files of a commit, or of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The identity of the commit, 40 hexadecimal digits; of the index there is none.
    pub(crate) commit: Option<String>,
    /// By path bytes.
    pub(crate) files: Vec<SnapshotFile>,
    /// What could not be read.
    pub(crate) notices: Vec<Notice>,
}

/// A blob of the commit's trees.
struct Held {
    id: Id,
    path: Arc<str>,
    is_executable: bool,
}

/// Reads those files of `moment` in the repository around `root` that `wanted` says yes to, by path from the top of the work tree. Symbolic links and submodules are left out. Of
/// `options`, the limits on blobs and the time are heeded.
///
/// # Errors
///
/// There is no repository, nothing of it can be read, or the revision names no commit that is here. Whatever else was not read is in the notices.
pub(crate) fn snapshot(
    root: &Path,
    moment: Moment<'_>,
    options: &HistoryOptions,
    wanted: impl Fn(&str) -> bool,
) -> Result<Snapshot, HistoryError> {
    let end = Instant::now() + options.deadline.min(MAX_DEADLINE);
    let revision = match moment {
        Moment::Revision(text) => {
            let unknown = || HistoryError::UnknownRevision(text.to_owned());
            Some((Revision::parse(text).ok_or_else(unknown)?, unknown))
        }
        Moment::Staged => None,
    };
    let opened = Opened::at(root, revision.as_ref().map(|(named, _)| named), options.deadline)?;
    let store = &opened.store;
    let mut tally = Tally::default();
    let mut commit = None;
    let held = match revision {
        Some((named, unknown)) => {
            let mut decoder = Decoder::new(store, end);
            let mut walk = Walk::new(&mut decoder, &mut tally, &opened.tips, options.max_commits);
            let start = opened.tips.since.or_else(|| store.with_prefix(&named.name)).ok_or_else(unknown)?;
            let (id, tree) = walk.resolve_tree(&named, start).ok_or_else(unknown)?;
            commit = Some(hex(&id));
            held_by_tree(&mut decoder, &mut tally, tree, wanted)
        }
        None if opened.has_broken_index() => return Err(HistoryError::Unreadable),
        None => held_by_index(&opened, wanted),
    };

    // Equal files are read once.
    let mut first: FxHashMap<Id, u32> = FxHashMap::default();
    for (number, held) in (0u32..).zip(&held) {
        first.entry(held.id).or_insert(number);
    }
    let mut numbered: Vec<(u32, Id)> = first.iter().map(|(id, number)| (*number, *id)).collect();
    numbered.sort_unstable();
    let path = |number: u32| held[number as usize].path.clone();
    let items = visit::in_reading_order(store, &numbered, path, &mut tally);
    let bounds = Bounds { blob: options.max_blob_bytes, total: options.max_total_bytes, end };
    let origin = |number: u32| {
        let held = &held[number as usize];
        BlobOrigin { id: held.id, path: held.path.clone(), introduced: None, present_at: None }
    };
    let keep = |blob: &BlobOrigin, bytes: &[u8]| Some((blob.id, Arc::<[u8]>::from(bytes)));
    let read = visit::visit(store, &items, &bounds, &mut tally, origin, keep);
    let contents: FxHashMap<Id, Arc<[u8]>> = read.found.into_iter().collect();

    if store.is_partial {
        tally.not_fetched();
    }
    let mut files: Vec<SnapshotFile> = held
        .into_iter()
        .filter_map(|Held { id, path, is_executable }| {
            Some(SnapshotFile { path, is_executable, contents: contents.get(&id)?.clone() })
        })
        .collect();
    files.sort_unstable_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    files.dedup_by(|a, b| a.path == b.path);
    let mut notices = opened.notices();
    notices.extend(tally.notices(&opened.shown));
    Ok(Snapshot { commit, files, notices })
}

/// The files of the index that are wanted, those that are only announced left out.
fn held_by_index(opened: &Opened, wanted: impl Fn(&str) -> bool) -> Vec<Held> {
    let Some(index) = &opened.index else { return Vec::new() };
    let files = index.entries.iter().filter(|entry| entry.mode == Mode::File && !entry.intent_to_add);
    let held = files.map(|entry| Held {
        id: entry.id,
        path: shown_bytes(index.path(entry)).into(),
        is_executable: entry.executable,
    });
    held.filter(|held| wanted(&held.path)).take(MAX_FILES).collect()
}

/// The blobs below `tree` that are wanted.
fn held_by_tree(
    decoder: &mut Decoder<'_>,
    tally: &mut Tally,
    tree: Id,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Held> {
    let mut held = Vec::new();
    let mut waiting = vec![(tree, Vec::new(), 0)];
    while let Some((tree, folder, depth)) = waiting.pop() {
        let bytes = match decoder.read(&tree, MAX_ALLOCATION as u64) {
            Ok((Kind::Tree, bytes)) => bytes,
            Ok(_) => {
                tally.unread(Part::Tree, Unread::Corrupt, 0, || hex(&tree).into());
                continue;
            }
            Err(Unread::Late) => {
                tally.late();
                return held;
            }
            Err(unread) => {
                tally.unread(Part::Tree, unread, 0, || hex(&tree).into());
                continue;
            }
        };
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let Some(entry) = Entry::first(rest) else {
                tally.unread(Part::Tree, Unread::Corrupt, 0, || hex(&tree).into());
                break;
            };
            rest = &rest[entry.length..];
            // No checkout would write such a name.
            let is_odd = matches!(entry.name, b"." | b"..") || entry.name.contains(&b'/');
            if is_odd || entry.kind == EntryKind::Other {
                continue;
            }
            if folder.len() + entry.name.len() + 1 > MAX_PATH || depth == MAX_DEPTH {
                tally.too_deep();
                continue;
            }
            if held.len() + waiting.len() >= MAX_FILES {
                tally.cut_trees();
                return held;
            }
            let mut path: Vec<u8> = folder.clone();
            path.extend_from_slice(entry.name);
            match entry.kind {
                EntryKind::Tree => {
                    path.push(b'/');
                    waiting.push((entry.id, path, depth + 1));
                }
                EntryKind::Blob | EntryKind::Other => {
                    let path: Arc<str> = shown_bytes(&path).into();
                    if wanted(&path) {
                        held.push(Held { id: entry.id, path, is_executable: entry.is_executable });
                    }
                }
            }
        }
    }
    held
}
