//! The entrance: a directory becomes the inventory.
//!
//! In: directories, files or the text of standard input, and [`Options`]. Out: an [`Inventory`] of [`File`]s with kind and
//! role, their [`Text`] with line index, the [`GitState`], the content of git's [`history`], and a [`Notice`] for everything that could not be seen into.
//! Nothing of the tree is ever executed, and nothing outside the named roots is listed or read, except the ignore files
//! and the git directory of the work tree around them, with the folders of objects that it borrows from.
//!
//! [`Notice`]: clearance_finding::Notice

mod at_revision;
mod decode;
mod git;
mod ignored;
mod inventory;
mod kind;
mod name;
mod notebook;
mod role;
mod text;
mod walk;

pub use at_revision::{AtRevision, AtRevisionError, inventory_at, inventory_staged};
pub use git::{
    BlobOrigin, CommitLine, Fate, Fates, GitState, HistoryError, HistoryOptions, HistoryOutcome, Hunk,
    HunkLine, Introduction, Part, Place, PlaceOptions, PlacesError, Reachability, Relation, Sign, SkipReason,
    Skipped, Touch, TrackedFiles, Unknown, git_state, history, place_changes, staged, tracked_files,
};
pub use inventory::{File, Inventory, InventoryError, Options, from_stdin, inventory};
pub use kind::FileKind;
pub use role::{Role, role_from_content, role_of_path};
pub use text::{Text, read, read_bytes, text_of};
