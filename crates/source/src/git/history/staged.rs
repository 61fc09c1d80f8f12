//! What the next commit would add: the blobs that the index holds and the commit that is checked out does not.

use std::{path::Path, sync::Arc, time::Instant};

use clearance_finding::NoticeKind;
use rustc_hash::FxHashSet;

use super::{
    BlobOrigin, HistoryError, HistoryOptions, HistoryOutcome, Id, MAX_DEADLINE,
    open::Opened,
    tally::Tally,
    visit::{self, Bounds},
};
use crate::{git::index::Mode, name::shown_bytes};

/// Reads the blobs that git's index holds and the commit that is checked out does not, at whatever path: what a commit would add.
/// Of `options`, the limits on blobs and the time are heeded.
///
/// # Errors
///
/// There is no repository, or nothing of it can be read. Whatever else was not read is in the outcome.
pub fn staged<T: Send>(
    root: &Path,
    options: &HistoryOptions,
    visit: impl Fn(&BlobOrigin, &[u8]) -> Option<T> + Sync,
) -> Result<HistoryOutcome<T>, HistoryError> {
    let end = Instant::now() + options.deadline.min(MAX_DEADLINE);
    let opened = Opened::at(root, None, options.deadline)?;
    let mut notices = opened.notices();
    if opened.has_broken_index() {
        let text = "the index of the git repository could not be read, so what is staged was not seen: run `git status` to see why";
        notices.push(opened.notice(NoticeKind::Unreadable, text.to_owned()));
    }
    let mut known: FxHashSet<Id> = opened.in_head(end).into_iter().map(|(id, _)| id).collect();
    let mut blobs: Vec<(Id, Arc<str>)> = Vec::new();
    if let Some(index) = &opened.index {
        for entry in index.entries.iter().filter(|entry| entry.mode == Mode::File && !entry.intent_to_add) {
            if known.insert(entry.id) {
                let path: Arc<str> = shown_bytes(index.path(entry)).into();
                if options.wanted.is_none_or(|is_wanted| is_wanted(&path)) {
                    blobs.push((entry.id, path));
                }
            }
        }
    }
    let numbered: Vec<(u32, Id)> =
        blobs.iter().enumerate().map(|(number, (id, _))| (number as u32, *id)).collect();
    let path = |number: u32| blobs[number as usize].1.clone();
    let mut tally = Tally::default();
    let items = visit::in_reading_order(&opened.store, &numbered, path, &mut tally);
    let bounds = Bounds { blob: options.max_blob_bytes, total: options.max_total_bytes, end };
    let origin = |number: u32| {
        let (id, path) = &blobs[number as usize];
        BlobOrigin { id: *id, path: path.clone(), introduced: None, present_at: Some(path.clone()) }
    };
    let read = visit::visit(&opened.store, &items, &bounds, &mut tally, origin, visit);
    if opened.store.is_partial {
        tally.not_fetched();
    }
    notices.extend(tally.notices(&opened.shown));
    Ok(HistoryOutcome {
        found: read.found,
        top: opened.tree.root.clone(),
        commits: 0,
        blobs: read.blobs,
        bytes: read.bytes,
        skipped: tally.skipped(),
        notices,
        shallow: !opened.tips.shallow.is_empty(),
        partial: opened.store.is_partial,
    })
}
