//! What git knows about the tree, read from its files alone: no program is run, and no configuration of the repository or the
//! user decides anything.

mod dirty;
mod history;
mod index;
mod tree;

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use gix::bstr::{BStr, ByteSlice};

pub use history::{
    BlobOrigin, CommitLine, Fate, Fates, HistoryError, HistoryOptions, HistoryOutcome, Hunk, HunkLine,
    Introduction, Part, Place, PlaceOptions, PlacesError, Reachability, Relation, Sign, SkipReason, Skipped,
    Touch, Unknown, history, place_changes, staged,
};
pub(crate) use history::{Moment, SnapshotFile, snapshot};
use index::{Index, Mode};
pub(crate) use tree::{WorkTree, read_small};

/// Longest wait for one answer from a git directory. A healthy one answers within milliseconds; one that is built to stall (a pipe in
/// the place of an object) must not stop the run.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest file of settings and largest list of references that are handed to the reader, in bytes.
const MAX_SETTINGS: u64 = 1 << 20;
const MAX_REFERENCES: u64 = 64 << 20;

/// Largest object and largest single allocation, in bytes.
const MAX_ALLOCATION: usize = 64 << 20;

/// The state of the work tree around a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitState {
    /// The top of the work tree.
    pub work_tree: PathBuf,
    /// The commit that is checked out, 40 hexadecimal digits. None before the first commit.
    pub commit: Option<String>,
    /// The branch that is checked out. None when the head is detached.
    pub branch: Option<String>,
    /// Whether a tracked file differs from the commit, apart from the form of its line ends. None if that could not be decided, or
    /// only by reading many files.
    pub dirty: Option<bool>,
}

/// The state of the work tree that holds `root`. None outside of one, and where it cannot be read, for whatever reason.
pub fn git_state(root: &Path) -> Option<GitState> {
    let root = root.canonicalize().ok()?;
    let tree = WorkTree::around(&root)?;
    let work_tree = tree.root.clone();
    // Two answers, so that a slow second one does not cost the first.
    let (sender, head) = mpsc::channel();
    let dirty = in_thread(move || {
        let repository = open(&tree)?;
        let branch = repository.head_name().ok()?.map(|name| name.shorten().to_str_lossy().into_owned());
        let commit = repository.head_id().ok().map(|id| id.detach());
        sender.send((branch, commit)).ok()?;
        dirty::is_dirty(&repository, &tree.root, &Index::read(&tree.git_dir)?, commit?)
    });
    let (branch, commit) = head.recv_timeout(PATIENCE).ok()?;
    let dirty = dirty.and_then(|answer| answer.recv_timeout(PATIENCE).ok()).flatten();
    Some(GitState { work_tree, commit: commit.map(|id| id.to_string()), branch, dirty })
}

/// What git's index holds.
pub struct TrackedFiles {
    work_tree: PathBuf,
    index: Index,
}

/// The index of the work tree that holds `root`. None outside of one, and where it cannot be read.
pub fn tracked_files(root: &Path) -> Option<TrackedFiles> {
    PendingIndex::start(&WorkTree::around(&root.canonicalize().ok()?)?).wait()
}

impl TrackedFiles {
    /// The top of the work tree.
    pub fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// Whether the file at `absolute`, a canonical path, is tracked.
    pub fn contains(&self, absolute: &Path) -> bool {
        self.name_of(absolute).is_some_and(|name| self.index.find(&name).is_some())
    }

    /// The tracked regular files below `folder`, a canonical path, relative to it. They are what the index says: a hostile one may
    /// hold `..`.
    pub(crate) fn below(&self, folder: &Path) -> Vec<PathBuf> {
        let Some(mut prefix) = self.name_of(folder) else {
            return Vec::new();
        };
        prefix.push(b'/');
        let entries = self.index.starting_with(&prefix);
        let files = entries.iter().filter(|entry| entry.mode == Mode::File);
        files.filter_map(|entry| to_path(&self.index.path(entry)[prefix.len()..])).collect()
    }

    fn name_of(&self, absolute: &Path) -> Option<Vec<u8>> {
        let relative = absolute.strip_prefix(&self.work_tree).ok()?;
        let bytes = gix::path::into_bstr(relative).ok()?;
        Some(gix::path::to_unix_separators_on_windows(bytes).into_owned().into())
    }
}

/// An index that is being read in the background.
pub(crate) struct PendingIndex {
    work_tree: PathBuf,
    answer: Option<Receiver<Option<Index>>>,
}

impl PendingIndex {
    pub(crate) fn start(tree: &WorkTree) -> Self {
        let git_dir = tree.git_dir.clone();
        Self { work_tree: tree.root.clone(), answer: in_thread(move || Index::read(&git_dir)) }
    }

    pub(crate) fn wait(self) -> Option<TrackedFiles> {
        let index = self.answer?.recv_timeout(PATIENCE).ok().flatten()?;
        Some(TrackedFiles { work_tree: self.work_tree, index })
    }
}

/// Runs `work` in a thread of its own, so that neither a panic nor an endless wait inside of it reaches the caller: the receiver then
/// yields an error.
fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<Receiver<T>> {
    let (sender, receiver) = mpsc::channel();
    // The receiver may have given up; that is no error.
    let spawned = thread::Builder::new().spawn(move || drop(sender.send(work())));
    spawned.is_ok().then_some(receiver)
}

/// Whether the files of the git directory that are read whole are regular ones of a reasonable size.
fn is_sound(tree: &WorkTree) -> bool {
    let is_sound = |path: PathBuf, limit: u64| match path.metadata() {
        Ok(metadata) => metadata.is_file() && metadata.len() <= limit,
        Err(_) => true,
    };
    [&tree.git_dir, &tree.common_dir].into_iter().all(|folder| {
        let settings = ["HEAD", "config", "config.worktree", "objects/info/alternates", "shallow"];
        settings.iter().all(|name| is_sound(folder.join(name), MAX_SETTINGS))
            && is_sound(folder.join("packed-refs"), MAX_REFERENCES)
    })
}

fn open(tree: &WorkTree) -> Option<gix::Repository> {
    if !is_sound(tree) {
        return None;
    }
    let options = gix::open::Options::isolated()
        .open_path_as_is(true)
        .with(gix::sec::Trust::Reduced)
        .bail_if_untrusted(false)
        .config_overrides([format!("gitoxide.objects.allocLimit={MAX_ALLOCATION}")]);
    gix::open_opts(tree.git_dir.clone(), options).ok()
}

fn to_path(name: &[u8]) -> Option<PathBuf> {
    gix::path::from_bstr(BStr::new(name)).ok().map(|path| path.into_owned())
}
