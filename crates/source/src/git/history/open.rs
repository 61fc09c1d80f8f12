//! From a root to what its repository holds, guarded: a repository may be built to stall or to break its readers.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use clearance_finding::{Notice, NoticeKind};
use gix::objs::{CommitRefIter, Kind};

use super::{
    HistoryError, Id, Present, decode::Decoder, revision::Revision, store::Store, tips::Tips, trees,
};
use crate::{
    git::{
        MAX_SETTINGS, WorkTree, in_thread,
        index::{Index, Mode},
        is_sound, read_small,
    },
    name::shown_bytes,
};

/// Longest wait for names, reflogs and the list of packs.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is waited for them at the least, however little time there is.
const LEAST_PATIENCE: Duration = Duration::from_secs(5);
/// Most notices about single packs.
const MAX_NOTICES: usize = 8;

/// A repository that was opened.
pub(super) struct Opened {
    pub(super) tree: WorkTree,
    pub(super) store: Store,
    pub(super) tips: Tips,
    pub(super) index: Option<Index>,
    /// How notices name the repository.
    pub(super) shown: Arc<str>,
}

impl Opened {
    /// Opens the repository that is, or holds, `root`.
    pub(super) fn at(
        root: &Path,
        since: Option<&Revision>,
        deadline: Duration,
    ) -> Result<Self, HistoryError> {
        let root = root.canonicalize().map_err(|_| HistoryError::NotARepository)?;
        let bare = bare(&root);
        let shown = if bare.is_some() { "" } else { ".git" };
        let tree = bare.or_else(|| WorkTree::around(&root)).ok_or(HistoryError::NotARepository)?;
        let (given, since) = (tree.clone(), since.cloned());
        let answer = in_thread(move || {
            if !is_sound(&given) {
                return Err(HistoryError::Unreadable);
            }
            supported(&given.common_dir)?;
            let tips = Tips::read(&given, since.as_ref());
            let store = Store::open(&given.common_dir.join("objects"));
            Ok((store, tips, Index::read(&given.git_dir)))
        });
        let answer =
            answer.and_then(|answer| answer.recv_timeout(deadline.clamp(LEAST_PATIENCE, PATIENCE)).ok());
        let (store, tips, index) = answer.unwrap_or(Err(HistoryError::Unreadable))?;
        Ok(Self { tree, store, tips, index, shown: shown.into() })
    }

    /// Whether there is an index that could not be read.
    pub(super) fn has_broken_index(&self) -> bool {
        self.index.is_none() && self.tree.git_dir.join("index").symlink_metadata().is_ok()
    }

    /// The blobs of the commit that is checked out.
    pub(super) fn in_head(&self, end: Instant) -> Vec<(Id, Vec<u8>)> {
        let mut decoder = Decoder::new(&self.store, end);
        let read = self.tips.head.and_then(|head| decoder.read(&head, 1 << 22).ok());
        let tree = match &read {
            Some((Kind::Commit, bytes)) => {
                CommitRefIter::from_bytes(bytes, gix::hash::Kind::Sha1).tree_id().ok()
            }
            _ => None,
        };
        match tree {
            Some(gix::ObjectId::Sha1(tree)) => trees::of_tree(&self.store, tree, end),
            _ => Vec::new(),
        }
    }

    /// The blobs of that commit and of the index, each with a path.
    pub(super) fn present(&self, end: Instant) -> Present {
        let mut present = Present::default();
        for (id, path) in self.in_head(end) {
            present.insert(id, shown_bytes(&path).into());
        }
        if let Some(index) = &self.index {
            for entry in index.entries.iter().filter(|entry| entry.mode == Mode::File) {
                present.entry(entry.id).or_insert_with(|| shown_bytes(index.path(entry)).into());
            }
        }
        present
    }

    /// What could not be opened.
    pub(super) fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        let problems = &self.store.problems;
        for problem in problems.iter().take(MAX_NOTICES) {
            let text = format!("part of the git repository could not be read: {problem}: run `git fsck`");
            notices.push(self.notice(NoticeKind::Unreadable, text));
        }
        if problems.len() > MAX_NOTICES {
            let text = format!(
                "{} more parts of the git repository could not be read: run `git fsck`",
                problems.len() - MAX_NOTICES
            );
            notices.push(self.notice(NoticeKind::Unreadable, text));
        }
        if self.tips.broken > 0 {
            let text = format!(
                "{} references of the git repository could not be read; what only they lead to was not seen: run `git fsck`",
                self.tips.broken
            );
            notices.push(self.notice(NoticeKind::Unreadable, text));
        }
        if self.tips.cut {
            let text =
                "the git repository has more references and reflogs than the limit; not all were followed";
            notices.push(self.notice(NoticeKind::Truncated, text.to_owned()));
        }
        notices
    }

    /// The history ends early.
    pub(super) fn shallow_notice(&self) -> Notice {
        let text =
            "this is a shallow clone, so older commits are not here; not read: run `git fetch --unshallow`";
        self.notice(NoticeKind::Truncated, text.to_owned())
    }

    pub(super) fn notice(&self, kind: NoticeKind, text: String) -> Notice {
        Notice { path: self.shown.clone(), line: None, kind, text }
    }
}

/// The repository that `root` itself is, without a work tree.
fn bare(root: &Path) -> Option<WorkTree> {
    let is_bare = !root.join(".git").exists()
        && root.join("HEAD").is_file()
        && root.join("objects").is_dir()
        && root.join("refs").is_dir();
    let root = root.to_owned();
    is_bare.then(|| WorkTree { git_dir: root.clone(), common_dir: root.clone(), root })
}

/// Whether objects and references have the form that is read here (git-config(1), `extensions.*`).
fn supported(common_dir: &Path) -> Result<(), HistoryError> {
    let text = read_small(&common_dir.join("config"), MAX_SETTINGS).unwrap_or_default();
    let text: &gix::bstr::BStr = text.as_slice().into();
    let Ok(settings) = gix::config::File::try_from(text) else {
        return Err(HistoryError::Unreadable);
    };
    let is =
        |key: &str, usual: &[u8]| settings.string(key).is_none_or(|value| value.eq_ignore_ascii_case(usual));
    if !is("extensions.objectFormat", b"sha1") {
        return Err(HistoryError::Unsupported("objects under SHA-256"));
    }
    if !is("extensions.refStorage", b"files") {
        return Err(HistoryError::Unsupported("references in a table"));
    }
    Ok(())
}
