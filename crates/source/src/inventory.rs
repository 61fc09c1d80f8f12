//! The inventory: roots in, a sorted list of files out.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use clearance_finding::Notice;

use crate::{
    FileKind, Role,
    git::{PendingIndex, TrackedFiles, WorkTree},
    ignored::UserGlobs,
    kind::{self, Place},
    name, role,
    walk::{self, Listing},
};

/// What to list, and how much of a file to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and folders left out, in the syntax of an ignore file and relative to [`Inventory::base`]: `build`, `/legacy/`, `**/*.gen.py`,
    /// `!keep.py`. A file that is itself a root is listed all the same.
    pub exclude: Vec<String>,
    /// Roles by glob, in the same syntax; the first that matches wins over what path and content say.
    pub roles: Vec<(String, Role)>,
    /// Largest file that is analysed, in bytes. At most 1 GiB counts.
    pub max_file_bytes: u64,
    /// Whether files that `.gitignore` and `.git/info/exclude` hide are left out. Files that git tracks are never hidden.
    pub respect_gitignore: bool,
}

impl Options {
    /// The limit in force: positions in a text are 32 bits wide, and decoding may triple the size.
    pub(crate) fn limit(&self) -> u64 {
        self.max_file_bytes.min(1 << 30)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { exclude: Vec::new(), roles: Vec::new(), max_file_bytes: 4 << 20, respect_gitignore: true }
    }
}

/// A file of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path relative to [`Inventory::base`], with `/`. Control characters and bytes that are not UTF-8 are written `\xNN`.
    pub path: Arc<str>,
    /// Where to read it.
    pub absolute: PathBuf,
    /// What it is.
    pub kind: FileKind,
    /// What it is for, judged by its path; [`crate::role_from_content`] refines it.
    pub role: Role,
    /// Whether the user gave the role, so that content must not change it.
    pub role_is_given: bool,
    /// Size in bytes when it was listed.
    pub bytes: u64,
    /// Whether an ignore file hides it from git. Only environment files are kept then, unless ignore files are not respected.
    pub ignored_by_git: bool,
    /// Of an environment file in a git work tree, whether git's index holds it. None for other files, outside of a work tree, and
    /// where the index cannot be read.
    pub tracked: Option<bool>,
    /// The bytes, where they do not come from the file system (standard input).
    pub contents: Option<Arc<[u8]>>,
}

/// All files of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The roots, canonical, sorted, each once.
    pub roots: Vec<PathBuf>,
    /// What paths are relative to: the root, or the deepest folder that holds all roots.
    pub base: PathBuf,
    /// The files, by path bytes.
    pub files: Vec<File>,
    /// What could not be listed, sorted.
    pub notices: Vec<Notice>,
    /// Type stubs that were passed over.
    pub stubs_skipped: u32,
    /// Files and folders that ignore files hide; a hidden folder counts once.
    pub ignored: u32,
    /// Files and folders that the user's globs leave out; an excluded folder counts once.
    pub excluded: u32,
    /// Folders of installed code that were not entered (`node_modules`, `site-packages`, virtual environments), sorted.
    pub installed: Vec<Arc<str>>,
}

/// Why there is no inventory.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// No root was given.
    #[error("no file or directory was named")]
    NoRoots,
    /// A root does not exist or cannot be reached.
    #[error("cannot open `{path}`: {source}")]
    Root {
        /// The root as given.
        path: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A root is a pipe, a socket or a device.
    #[error("`{path}` is neither a file nor a directory")]
    SpecialRoot {
        /// The root as given.
        path: String,
    },
    /// A glob of the options is none.
    #[error("`{pattern}` is not a valid glob: {reason}")]
    BadGlob {
        /// The glob as given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A root as it is walked.
pub(crate) struct Root {
    /// Canonical; of a file, the folder is and the name is as given.
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
    pub(crate) work_tree: Option<WorkTree>,
}

impl Root {
    fn new(given: &Path) -> Result<Self, InventoryError> {
        let shown = || name::shown(given.as_os_str()).into_owned();
        let failed = |source| InventoryError::Root { path: shown(), source };
        let metadata = fs::metadata(given).map_err(failed)?;
        if metadata.is_dir() {
            let path = given.canonicalize().map_err(failed)?;
            return Ok(Self { work_tree: WorkTree::around(&path), path, is_folder: true });
        }
        if !metadata.is_file() {
            return Err(InventoryError::SpecialRoot { path: shown() });
        }
        let folder = match given.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().map_err(failed)?;
        let path = match given.file_name() {
            Some(name) => folder.join(name),
            None => given.canonicalize().map_err(failed)?,
        };
        Ok(Self { work_tree: WorkTree::around(&folder), path, is_folder: false })
    }

    pub(crate) fn folder(&self) -> &Path {
        if self.is_folder { &self.path } else { self.path.parent().unwrap_or(&self.path) }
    }
}

/// Lists the files below `roots`, which may be directories and files. Nothing is opened but ignore files, git's index, and the first
/// bytes of programs without an extension. Errors: see [`InventoryError`]; whatever fails below a root is a notice instead.
pub fn inventory(roots: &[PathBuf], options: &Options) -> Result<Inventory, InventoryError> {
    let mut roots = roots.iter().map(|root| Root::new(root)).collect::<Result<Vec<_>, _>>()?;
    roots.sort_by(|a, b| a.path.cmp(&b.path));
    roots.dedup_by(|a, b| a.path == b.path);
    let base = common_folder(&roots).ok_or(InventoryError::NoRoots)?;
    let globs = UserGlobs::new(&base, &options.exclude, &options.roles)?;

    // The indexes are read while the tree is walked.
    let mut indexes = Indexes::default();
    roots.iter().filter_map(|root| root.work_tree.as_ref()).for_each(|tree| indexes.expect(tree));
    let mut listing = walk::walk(&roots, &base, &globs, options);
    if options.respect_gitignore {
        restore_tracked(&roots, &base, &globs, options, &mut indexes, &mut listing);
    }
    for file in &mut listing.files {
        if file.file.kind == FileKind::EnvFile {
            file.file.tracked = indexes.tracked(&file.file.absolute);
            file.file.ignored_by_git &= file.file.tracked != Some(true);
        }
    }
    Ok(assemble(roots, base, listing))
}

/// An inventory of one file that is not on disk. `name` decides its kind; without a known extension it is Python.
pub fn from_stdin(name: &str, bytes: Vec<u8>) -> Inventory {
    let last = name.rsplit('/').next().unwrap_or(name);
    let kind = match kind::kind_of(last, Place::default()) {
        FileKind::Other if kind::extension(last).is_empty() => FileKind::Python,
        FileKind::PythonStub => FileKind::Python,
        kind => kind,
    };
    let file = File {
        path: name::shown(name.as_ref()).into(),
        absolute: PathBuf::from(name),
        kind,
        role: role::role_of_path(last),
        role_is_given: false,
        bytes: bytes.len() as u64,
        ignored_by_git: false,
        tracked: None,
        contents: Some(bytes.into()),
    };
    Inventory {
        roots: Vec::new(),
        base: PathBuf::new(),
        files: vec![file],
        notices: Vec::new(),
        stubs_skipped: 0,
        ignored: 0,
        excluded: 0,
        installed: Vec::new(),
    }
}

/// The deepest folder that holds all roots.
fn common_folder(roots: &[Root]) -> Option<PathBuf> {
    let mut common = roots.first()?.folder().to_owned();
    for root in roots {
        while !root.folder().starts_with(&common) {
            common.pop();
        }
    }
    Some(common)
}

/// Sorts, and counts once what several roots hold.
fn assemble(roots: Vec<Root>, base: PathBuf, mut listing: Listing) -> Inventory {
    // Where roots overlap, the deepest root says the role.
    listing.files.sort_unstable_by(|a, b| {
        (a.file.path.as_bytes(), &a.file.absolute, b.root_depth).cmp(&(
            b.file.path.as_bytes(),
            &b.file.absolute,
            a.root_depth,
        ))
    });
    listing.files.dedup_by(|next, kept| next.file.absolute == kept.file.absolute);
    let listed = listing.files.len();
    listing.files.retain(|file| file.file.kind != FileKind::PythonStub);
    let stubs_skipped = (listed - listing.files.len()) as u32;

    listing.notices.sort_unstable();
    listing.notices.dedup();
    listing.installed.sort_unstable();
    listing.installed.dedup();
    listing.excluded.sort_unstable();
    listing.excluded.dedup();
    listing.ignored.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    listing.ignored.dedup_by(|a, b| a.path == b.path);
    Inventory {
        roots: roots.into_iter().map(|root| root.path).collect(),
        base,
        files: listing.files.into_iter().map(|listed| listed.file).collect(),
        notices: listing.notices,
        stubs_skipped,
        ignored: listing.ignored.len() as u32,
        excluded: listing.excluded.len() as u32,
        installed: listing.installed,
    }
}

/// Lists what git tracks although an ignore file hides it.
fn restore_tracked(
    roots: &[Root],
    base: &Path,
    globs: &UserGlobs,
    options: &Options,
    indexes: &mut Indexes,
    listing: &mut Listing,
) {
    let walker = walk::Walker::new(base, roots, globs, options);
    let mut still_ignored = Vec::new();
    for ignored in std::mem::take(&mut listing.ignored) {
        let Some(index) = indexes.of(&ignored.path) else {
            still_ignored.push(ignored);
            continue;
        };
        if ignored.is_folder {
            for relative in index.below(&ignored.path) {
                let parts: Vec<_> = relative.components().collect();
                if parts.iter().all(|part| matches!(part, Component::Normal(_))) {
                    walker.add_below(&ignored, &relative, listing);
                }
            }
            still_ignored.push(ignored);
        } else if index.contains(&ignored.path) {
            walker.add_below(&ignored, Path::new(""), listing);
        } else {
            still_ignored.push(ignored);
        }
    }
    listing.ignored.append(&mut still_ignored);
}

/// The git indexes of the work trees met, each read once.
#[derive(Default)]
struct Indexes {
    pending: BTreeMap<PathBuf, PendingIndex>,
    read: BTreeMap<PathBuf, Option<TrackedFiles>>,
    /// The folder asked for last, and its work tree: entries come folder by folder.
    last: Option<(PathBuf, Option<WorkTree>)>,
}

impl Indexes {
    fn expect(&mut self, tree: &WorkTree) {
        if !self.read.contains_key(&tree.root) && !self.pending.contains_key(&tree.root) {
            self.pending.insert(tree.root.clone(), PendingIndex::start(tree));
        }
    }

    /// The index of the work tree around the entry at `path`.
    fn of(&mut self, path: &Path) -> Option<&TrackedFiles> {
        let folder = path.parent()?;
        if self.last.as_ref().is_none_or(|(last, _)| last != folder) {
            self.last = Some((folder.to_owned(), WorkTree::around(folder)));
        }
        let tree = self.last.as_ref().and_then(|(_, tree)| tree.clone())?;
        self.expect(&tree);
        if let Some(pending) = self.pending.remove(&tree.root) {
            self.read.insert(tree.root.clone(), pending.wait());
        }
        self.read.get(&tree.root)?.as_ref()
    }

    fn tracked(&mut self, path: &Path) -> Option<bool> {
        self.of(path).map(|index| index.contains(path))
    }
}
