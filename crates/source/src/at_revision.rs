//! The inventory that a commit, or what is staged for the next one, would have, without a checkout: nothing is written, and the work tree is not looked at.

use std::path::Path;

use crate::{
    File, FileKind, HistoryError, HistoryOptions, Inventory, InventoryError, Options,
    git::{self, Moment, SnapshotFile, WorkTree},
    ignored::UserGlobs,
    role::FolderRole,
    walk::{self, Size},
};

/// The files of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtRevision {
    /// The identity of the commit, 40 hexadecimal digits.
    pub commit: String,
    /// Its files below the roots of the inventory that it was asked for, with their contents.
    pub inventory: Inventory,
}

/// Why there is no inventory of a commit.
#[derive(Debug, thiserror::Error)]
pub enum AtRevisionError {
    /// The repository cannot be read, or there is no such commit.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The options are wrong.
    #[error(transparent)]
    Options(#[from] InventoryError),
}

/// What an inventory of the roots of `current` would list if the commit `revision` were checked out: the files that git tracks there. They are held in memory; one that is larger
/// than `largest` is passed over with a notice.
///
/// # Errors
///
/// There is no repository around the base of `current`, it cannot be read, or `revision` names no commit in it. Whatever else could not be read is a notice.
pub fn inventory_at(
    current: &Inventory,
    revision: &str,
    options: &Options,
    largest: u64,
) -> Result<AtRevision, AtRevisionError> {
    let (commit, inventory) = inventory_of(current, Moment::Revision(revision), options, largest)?;
    Ok(AtRevision { commit: commit.unwrap_or_default(), inventory })
}

/// What an inventory of the roots of `current` would list if what is staged for the next commit were checked out: see [`inventory_at`].
///
/// # Errors
///
/// There is no repository around the base of `current`, or it cannot be read.
pub fn inventory_staged(
    current: &Inventory,
    options: &Options,
    largest: u64,
) -> Result<Inventory, AtRevisionError> {
    Ok(inventory_of(current, Moment::Staged, options, largest)?.1)
}

fn inventory_of(
    current: &Inventory,
    moment: Moment<'_>,
    options: &Options,
    largest: u64,
) -> Result<(Option<String>, Inventory), AtRevisionError> {
    let base = current.base.as_path();
    let globs = UserGlobs::new(base, &options.exclude, &options.roles)?;
    let top = WorkTree::around(base).ok_or(HistoryError::NotARepository)?.root;
    let inner = base.strip_prefix(&top).unwrap_or(Path::new(""));
    let prefix: String = inner.iter().map(|part| format!("{}/", crate::name::shown(part))).collect();
    let view = View { current, globs: &globs, options };
    let limits = HistoryOptions { max_blob_bytes: largest, ..HistoryOptions::default() };
    let wanted = |path: &str| path.strip_prefix(&prefix).is_some_and(|path| view.root_of(path).is_some());
    let snapshot = git::snapshot(base, moment, &limits, wanted)?;
    let mut inventory = Inventory {
        files: Vec::with_capacity(snapshot.files.len()),
        notices: snapshot.notices,
        stubs_skipped: 0,
        ignored: 0,
        excluded: 0,
        installed: Vec::new(),
        ..current.clone()
    };
    for file in &snapshot.files {
        view.add(&file.path[prefix.len()..], file, &mut inventory);
    }
    inventory.notices.sort_unstable();
    inventory.notices.dedup();
    Ok((snapshot.commit, inventory))
}

/// What is looked at of a commit.
struct View<'v> {
    current: &'v Inventory,
    globs: &'v UserGlobs,
    options: &'v Options,
}

impl View<'_> {
    /// The deepest root that holds the file at `path`, or is it, unless it lies in a folder that is left out.
    fn root_of(&self, path: &str) -> Option<&Path> {
        let absolute = self.current.base.join(path);
        let roots = self.current.roots.iter().filter(|root| absolute.starts_with(root));
        let root = roots.max_by_key(|root| root.iter().count())?;
        let mut at = root.clone();
        for part in absolute.parent().and_then(|folder| folder.strip_prefix(root).ok()).into_iter().flatten()
        {
            at.push(part);
            if walk::is_never_entered(&part.to_string_lossy()) || self.globs.exclude(&at, true) {
                return None;
            }
        }
        (absolute == *root || !self.globs.exclude(&absolute, false)).then_some(root)
    }

    fn add(&self, path: &str, file: &SnapshotFile, inventory: &mut Inventory) {
        let Some(root) = self.root_of(path) else { return };
        let absolute = self.current.base.join(path);
        let folder = if absolute == root { root.parent().unwrap_or(root) } else { root };
        let inside = absolute.parent().and_then(|parent| parent.strip_prefix(folder).ok());
        let mut role = FolderRole::default();
        let mut place = walk::place_of(folder);
        for part in inside.into_iter().flatten() {
            let name = part.to_string_lossy();
            role = role.enter(&name);
            place = place.enter(&name);
        }
        let shown = path.into();
        let bytes = file.contents.len() as u64;
        let size = Size { bytes, limit: self.options.limit() };
        let may_run = absolute == root || file.is_executable;
        let kind = walk::kind_of(&shown, place, may_run, size, || walk::is_python_line(&file.contents));
        let kind = match kind {
            Ok(FileKind::PythonStub) => {
                inventory.stubs_skipped += 1;
                return;
            }
            Ok(kind) => kind,
            Err(notice) => return inventory.notices.push(notice),
        };
        let given = self.globs.role(Path::new(path));
        let name = path.rsplit('/').next().unwrap_or(path);
        inventory.files.push(File {
            path: shown,
            absolute,
            kind,
            role: given.unwrap_or_else(|| role.role_of(name)),
            role_is_given: given.is_some(),
            bytes,
            ignored_by_git: false,
            tracked: (kind == FileKind::EnvFile).then_some(true),
            contents: Some(file.contents.clone()),
        });
    }
}
