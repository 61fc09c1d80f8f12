//! The content that git keeps beside the work tree: every blob of the history, and what is staged for the next commit.
//!
//! Read from the files of the repository alone, and only of that around the root: no program is run, nothing is fetched, no
//! configuration is heeded. What could not be read is counted and told in notices.

mod commits;
mod decode;
mod delta;
mod lines;
mod open;
mod places;
mod renames;
mod revision;
mod snapshot;
mod staged;
mod store;
mod tally;
mod tips;
mod trees;
mod versions;
mod visit;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clearance_finding::Notice;
use rustc_hash::FxHashMap;

use crate::name::shown_bytes;
use commits::{Commits, Walk};
use decode::Decoder;
use open::Opened;
pub use places::{
    CommitLine, Fate, Fates, Hunk, HunkLine, Place, PlaceOptions, PlacesError, Relation, Sign, Touch,
    Unknown, place_changes,
};
use revision::Revision;
pub(crate) use snapshot::{Moment, SnapshotFile, snapshot};
pub use staged::staged;
pub use tally::Part;
use tally::Tally;
use trees::Blobs;
use visit::Bounds;

/// The identity of an object: its SHA-1.
pub(crate) type Id = [u8; 20];

/// Longest time that the end can be away.
const MAX_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// Which part of the history is read, and how much of it.
#[derive(Debug, Clone)]
pub struct HistoryOptions {
    /// A revision: commits that can be reached from it are left out, and so is what their trees hold at the edge. A name or an
    /// identity, with steps such as `~2` and `^2`. None: everything is read.
    pub since: Option<String>,
    /// The paths, in their shown form, whose blobs are read. A blob with several paths is judged by the one at which it appeared first.
    /// None: all.
    pub wanted: Option<fn(&str) -> bool>,
    /// Largest blob, in bytes.
    pub max_blob_bytes: u64,
    /// Bytes of blobs after which no more are read. It may be exceeded by some thousands of blobs.
    pub max_total_bytes: u64,
    /// Most commits.
    pub max_commits: usize,
    /// Longest time.
    pub deadline: Duration,
}

impl Default for HistoryOptions {
    fn default() -> Self {
        Self {
            since: None,
            wanted: None,
            max_blob_bytes: 1 << 20,
            max_total_bytes: 16 << 30,
            max_commits: 1_000_000,
            deadline: Duration::from_secs(300),
        }
    }
}

/// What leads to a commit. In this order one counts before the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reachability {
    /// A branch, a tag, a remote branch or another reference; or what is checked out.
    Reference,
    /// A stash.
    Stash,
    /// Only a reflog: the commit was amended, rebased or reset away, or its branch deleted.
    Reflog,
}

impl Reachability {
    /// Stable lower-case name for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Stash => "stash",
            Self::Reflog => "reflog",
        }
    }
}

impl fmt::Display for Reachability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A commit that introduced a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// The identity, 40 hexadecimal digits. That of a tree or a blob where a tag names one directly.
    pub commit: String,
    /// The author's name, shortened, in its shown form.
    pub author: Arc<str>,
    /// When the author says to have written it, in seconds since 1970.
    pub author_date: i64,
    /// What leads to it.
    pub reachability: Reachability,
}

/// A blob, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobOrigin {
    /// The identity.
    pub id: [u8; 20],
    /// The path at which it appeared first, relative to the top of the work tree, with `/`, in its shown form.
    pub path: Arc<str>,
    /// The first commit that holds it, parents before children and older before younger. None: staged only.
    pub introduced: Option<Introduction>,
    /// A path at which the commit that is checked out, or the index, holds it. None: it is in neither.
    pub present_at: Option<Arc<str>>,
}

/// Why objects were not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Over the limit on size.
    TooLarge,
    /// Over the limit on size, with a name that bulk data has. Not a blind spot, as in a tree.
    Bulk,
    /// Left out by a partial clone.
    NotFetched,
    /// It should be there, and is not.
    Missing,
    /// Damaged.
    Corrupt,
    /// The limit on all content was reached before.
    Total,
    /// The time was over before.
    Time,
}

/// Objects that were not read for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// What kind of object.
    pub part: Part,
    /// Why.
    pub reason: SkipReason,
    /// How many.
    pub count: u64,
    /// Up to three, the earliest: paths of blobs, identities of others.
    pub examples: Vec<Arc<str>>,
}

/// What was read, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryOutcome<T> {
    /// What the visitor kept, in the order of the commits that introduced it.
    pub found: Vec<T>,
    /// The top of the work tree, or the bare repository: what paths are relative to.
    pub top: PathBuf,
    /// Commits that were read.
    pub commits: u64,
    /// Blobs that were read.
    pub blobs: u64,
    /// Their size together.
    pub bytes: u64,
    /// Objects that were not.
    pub skipped: Vec<Skipped>,
    /// What that means for the reader of a report.
    pub notices: Vec<Notice>,
    /// Whether the history ends at commits whose parents were not cloned.
    pub shallow: bool,
    /// Whether it is a partial clone.
    pub partial: bool,
}

/// Why a history cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// No repository is around the root.
    #[error("no git repository is here")]
    NotARepository,
    /// Its files could not be read.
    #[error("the git repository cannot be read: run `git fsck` to see why")]
    Unreadable,
    /// It uses a format that is not understood.
    #[error("the git repository keeps its {0}, which is not supported")]
    Unsupported(&'static str),
    /// The revision names no commit.
    #[error(
        "`{0}` names no commit of the repository: give a branch, a tag or an identity, and fetch it first"
    )]
    UnknownRevision(String),
}

/// Reads the history of the repository that holds `root`: every blob that references, stashes and reflogs lead to, each once.
/// `visit` sees its content, maybe on several threads at once, and decides what is kept.
///
/// # Errors
///
/// There is no repository, or nothing of it can be read. Whatever else was not read is in the outcome.
pub fn history<T: Send>(
    root: &Path,
    options: &HistoryOptions,
    visit: impl Fn(&BlobOrigin, &[u8]) -> Option<T> + Sync,
) -> Result<HistoryOutcome<T>, HistoryError> {
    let end = Instant::now() + options.deadline.min(MAX_DEADLINE);
    let since = options
        .since
        .as_deref()
        .map(|text| Revision::parse(text).ok_or_else(|| HistoryError::UnknownRevision(text.to_owned())));
    let since = since.transpose()?;
    let opened = Opened::at(root, since.as_ref(), options.deadline)?;
    let store = &opened.store;

    let mut tally = Tally::default();
    let mut decoder = Decoder::new(store, end);
    let mut walk = Walk::new(&mut decoder, &mut tally, &opened.tips, options.max_commits);
    let excluded = match &since {
        None => None,
        Some(revision) => {
            let start = opened.tips.since.or_else(|| store.with_prefix(&revision.name));
            let commit = start.and_then(|start| walk.resolve(revision, start));
            let unknown = || HistoryError::UnknownRevision(options.since.clone().unwrap_or_default());
            Some(commit.ok_or_else(unknown)?)
        }
    };
    let commits = walk.commits(&opened.tips, excluded);
    let is_cut_off = walk.is_cut_off();
    drop(decoder);

    let blobs = trees::blobs(store, &commits, end, &mut tally);
    let present = opened.present(end);
    let path = |number: u32| -> Arc<str> { shown_bytes(&blobs.path(&blobs.all[number as usize])).into() };
    let mut wanted: Vec<(u32, Id)> =
        blobs.all.iter().enumerate().map(|(number, first)| (number as u32, first.id)).collect();
    if let Some(is_wanted) = options.wanted {
        wanted.retain(|(number, _)| is_wanted(&path(*number)));
    }
    let items = visit::in_reading_order(store, &wanted, path, &mut tally);
    let bounds = Bounds { blob: options.max_blob_bytes, total: options.max_total_bytes, end };
    let origin = |number| origin(&commits, &blobs, &present, number);
    let read = visit::visit(store, &items, &bounds, &mut tally, origin, visit);

    if store.is_partial {
        tally.not_fetched();
    }
    let mut notices = opened.notices();
    if is_cut_off {
        notices.push(opened.shallow_notice());
    }
    notices.extend(tally.notices(&opened.shown));
    Ok(HistoryOutcome {
        found: read.found,
        top: opened.tree.root.clone(),
        commits: commits.all.len() as u64,
        blobs: read.blobs,
        bytes: read.bytes,
        skipped: tally.skipped(),
        notices,
        shallow: !opened.tips.shallow.is_empty(),
        partial: store.is_partial,
    })
}

/// Paths by blob.
type Present = FxHashMap<Id, Arc<str>>;

fn origin(commits: &Commits, blobs: &Blobs, present: &Present, number: u32) -> BlobOrigin {
    let first = &blobs.all[number as usize];
    let commit = &commits.all[first.commit as usize];
    BlobOrigin {
        id: first.id,
        path: shown_bytes(&blobs.path(first)).into(),
        introduced: Some(Introduction {
            commit: hex(&commit.id),
            author: commit.author.clone(),
            author_date: commit.author_date,
            reachability: commit.from,
        }),
        present_at: present.get(&first.id).cloned(),
    }
}

fn hex(id: &Id) -> String {
    gix::ObjectId::Sha1(*id).to_string()
}
