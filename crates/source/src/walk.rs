//! The walk: every folder below the roots is read once, in parallel, and its entries are sorted into what to do with them.

use std::{
    ffi::OsStr,
    fs::{self, FileType, Metadata},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use clearance_finding::{Notice, NoticeKind};
use rayon::Scope;

use crate::{
    File, FileKind, Options,
    git::WorkTree,
    ignored::{IgnoreRules, UserGlobs, relative_to},
    inventory::Root,
    kind::{self, Place},
    name,
    role::FolderRole,
    text,
};

/// Folders of tools, whose contents are nobody's source.
const TOOL_FOLDERS: &[&str] =
    &[".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"];

/// Folders of installed code.
const INSTALLED_FOLDERS: &[&str] = &[".tox", ".nox", "node_modules", "site-packages"];

/// What the walk found, in no order.
#[derive(Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<Listed>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) excluded: Vec<PathBuf>,
    pub(crate) installed: Vec<Arc<str>>,
}

/// A file, and how deep the root is from which it was found.
pub(crate) struct Listed {
    pub(crate) file: File,
    pub(crate) root_depth: usize,
}

/// An entry that an ignore file hides, with what is needed to list it after all.
pub(crate) struct Ignored {
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
    folder: Folder,
}

/// A folder on the way down.
#[derive(Clone)]
struct Folder {
    path: PathBuf,
    /// The shown path with a slash at its end, empty for the base.
    shown: String,
    root_depth: usize,
    role: FolderRole,
    place: Place,
    rules: Option<Arc<IgnoreRules>>,
    /// Whether the folder itself is hidden from git, which it can be only when ignore files are not respected.
    ignored: bool,
}

impl Folder {
    fn enter(&self, name: &OsStr, ignored: bool) -> Self {
        let shown_name = name::shown(name);
        Self {
            path: self.path.join(name),
            shown: format!("{}{shown_name}/", self.shown),
            root_depth: self.root_depth,
            role: self.role.enter(&shown_name),
            place: self.place.enter(&shown_name),
            rules: self.rules.clone(),
            ignored,
        }
    }
}

/// Walks all roots.
pub(crate) fn walk(roots: &[Root], base: &Path, globs: &UserGlobs, options: &Options) -> Listing {
    let walker = Walker::new(base, roots, globs, options);
    let listing = Mutex::new(Listing::default());
    rayon::scope(|scope| {
        for root in roots {
            let folder = walker.start(root);
            if root.is_folder {
                scope.spawn(|scope| walker.visit(scope, folder, &listing));
            } else {
                add(&listing, walker.named_file(root, &folder));
            }
        }
    });
    listing.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// What stays the same during a walk.
pub(crate) struct Walker<'w> {
    base: PathBuf,
    roots: &'w [Root],
    globs: &'w UserGlobs,
    options: &'w Options,
}

impl<'w> Walker<'w> {
    pub(crate) fn new(base: &Path, roots: &'w [Root], globs: &'w UserGlobs, options: &'w Options) -> Self {
        Self { base: base.to_owned(), roots, globs, options }
    }

    /// The folder in which the walk of `root` begins.
    fn start(&self, root: &Root) -> Folder {
        let path = root.folder().to_owned();
        let mut shown = String::new();
        for part in relative_to(&path, &self.base).iter() {
            shown.push_str(&name::shown(part));
            shown.push('/');
        }
        let names: Vec<&OsStr> = path.iter().collect();
        let place = place_of(&path);
        let rules = root.work_tree.as_ref().and_then(|tree| IgnoreRules::above(&path, tree));
        Folder {
            root_depth: names.len(),
            path,
            shown,
            role: FolderRole::default(),
            place,
            rules,
            ignored: false,
        }
    }

    /// Lists a file that the user named: neither ignore files nor globs hide it.
    fn named_file(&self, root: &Root, folder: &Folder) -> Listing {
        let mut found = Listing::default();
        let name = root.path.file_name().unwrap_or(root.path.as_os_str());
        match fs::metadata(&root.path) {
            Ok(metadata) => {
                self.add_file(folder, name, root.path.clone(), &metadata, true, false, &mut found)
            }
            Err(error) => found.notices.push(unreadable(shown_in(folder, name), &error)),
        }
        if let Some(rules) = &folder.rules {
            for listed in &mut found.files {
                listed.file.ignored_by_git = rules.ignore(&root.path, false);
            }
        }
        found
    }

    fn visit<'s>(&'s self, scope: &Scope<'s>, mut folder: Folder, listing: &'s Mutex<Listing>) {
        let mut found = Listing::default();
        let entries = match fs::read_dir(&folder.path) {
            Ok(entries) => entries,
            Err(error) => {
                found.notices.push(unreadable(shown_folder(&folder), &error));
                return add(listing, found);
            }
        };
        let entries: Vec<fs::DirEntry> = entries
            .filter_map(|entry| {
                entry.map_err(|error| found.notices.push(unreadable(shown_folder(&folder), &error))).ok()
            })
            .collect();
        self.update_rules(&mut folder, &entries, &mut found);

        for entry in &entries {
            let Ok(file_type) = entry.file_type() else {
                continue;
            };
            let name = entry.file_name();
            let path = entry.path();
            if is_left_out(&folder, &name, file_type, &path, &mut found) {
                continue;
            }
            if self.globs.exclude(&path, file_type.is_dir()) {
                found.excluded.push(path);
                continue;
            }
            let ignored = folder.ignored
                || folder.rules.as_ref().is_some_and(|rules| rules.ignore(&path, file_type.is_dir()));
            let hidden = ignored && self.options.respect_gitignore;
            if file_type.is_dir() {
                if hidden {
                    found.ignored.push(Ignored { folder: folder.enter(&name, false), path, is_folder: true });
                } else {
                    let inner = folder.enter(&name, ignored);
                    scope.spawn(move |scope| self.visit(scope, inner, listing));
                }
            } else if hidden && !self.is_environment(&folder, &name, file_type) {
                found.ignored.push(Ignored { folder: folder.clone(), path, is_folder: false });
            } else if file_type.is_symlink() {
                self.judge_link(&folder, &name, &path, &mut found);
            } else if file_type.is_file() {
                match entry.metadata() {
                    Ok(metadata) => {
                        self.add_file(&folder, &name, path, &metadata, false, ignored, &mut found);
                    }
                    Err(error) => found.notices.push(unreadable(shown_in(&folder, &name), &error)),
                }
            } else if kind::kind_of(&name::shown(&name), folder.place) != FileKind::Other {
                found.notices.push(skipped(
                    shown_in(&folder, &name),
                    format!("{}, not a regular file; never opened", special(file_type)),
                ));
            }
        }
        add(listing, found);
    }

    /// Takes the folder's own ignore file into account, and begins anew where a repository begins.
    fn update_rules(&self, folder: &mut Folder, entries: &[fs::DirEntry], found: &mut Listing) {
        if entries.iter().any(|entry| entry.file_name() == ".git")
            && let Some(tree) = WorkTree::at(&folder.path)
        {
            folder.rules = IgnoreRules::of_work_tree(&tree);
        }
        let own = entries.iter().find(|entry| entry.file_name() == ".gitignore");
        if let Some(own) = own.filter(|own| own.file_type().is_ok_and(|file_type| file_type.is_file())) {
            match IgnoreRules::within(folder.rules.clone(), &folder.path, &own.path()) {
                Ok(rules) => folder.rules = rules,
                Err(reason) => found.notices.push(skipped(
                    shown_in(folder, OsStr::new(".gitignore")),
                    format!("the ignore file {reason}; its patterns were not applied"),
                )),
            }
        }
    }

    fn is_environment(&self, folder: &Folder, name: &OsStr, file_type: FileType) -> bool {
        file_type.is_file() && kind::kind_of(&name::shown(name), folder.place) == FileKind::EnvFile
    }

    /// Lists the file that `ignored` is, or that lies at `relative` below it, provided that it is a regular file reached without
    /// symbolic links and nothing else leaves it out.
    pub(crate) fn add_below(&self, ignored: &Ignored, relative: &Path, found: &mut Listing) {
        let mut folder = ignored.folder.clone();
        let path = ignored.path.join(relative);
        let path = if relative == Path::new("") { ignored.path.clone() } else { path };
        let Some(file_name) = path.file_name() else { return };
        for part in relative.parent().into_iter().flat_map(Path::iter) {
            let inner = folder.path.join(part);
            let Ok(metadata) = fs::symlink_metadata(&inner) else {
                return;
            };
            let aside = is_left_out(&folder, part, metadata.file_type(), &inner, &mut Listing::default());
            if !metadata.is_dir() || aside || self.globs.exclude(&inner, true) {
                return;
            }
            folder = folder.enter(part, false);
        }
        if self.globs.exclude(&path, false) {
            return;
        }
        if let Ok(metadata) = fs::symlink_metadata(&path)
            && metadata.is_file()
        {
            self.add_file(&folder, file_name, path.clone(), &metadata, false, false, found);
        }
    }

    /// Sorts a regular file in. `named` says that it is a root itself.
    #[allow(
        clippy::too_many_arguments,
        reason = "one call site each for the three ways by which a file is found"
    )]
    fn add_file(
        &self,
        folder: &Folder,
        name: &OsStr,
        path: PathBuf,
        metadata: &Metadata,
        named: bool,
        ignored: bool,
        found: &mut Listing,
    ) {
        let shown_name = name::shown(name);
        let bytes = metadata.len();
        let shown: Arc<str> = format!("{}{shown_name}", folder.shown).into();
        let may_run = named || is_executable(metadata);
        let size = Size { bytes, limit: self.options.limit() };
        let kind = match kind_of(&shown, folder.place, may_run, size, || begins_with_python_line(&path)) {
            Ok(kind) => kind,
            Err(notice) => return found.notices.push(notice),
        };
        let given = self.globs.role(relative_to(&path, &self.base));
        let file = File {
            path: shown,
            absolute: path,
            kind,
            role: given.unwrap_or_else(|| folder.role.role_of(&shown_name)),
            role_is_given: given.is_some(),
            bytes,
            ignored_by_git: ignored,
            tracked: None,
            contents: None,
        };
        found.files.push(Listed { file, root_depth: folder.root_depth });
    }

    /// A symbolic link is never followed. One to another place below the roots needs no word, since that place is listed.
    fn judge_link(&self, folder: &Folder, name: &OsStr, path: &Path, found: &mut Listing) {
        let text = match fs::canonicalize(path) {
            Ok(target) if target.is_dir() && path.starts_with(&target) => {
                "a symbolic link to a folder that holds it; not followed".to_owned()
            }
            Ok(target) if self.roots.iter().any(|root| target.starts_with(&root.path)) => return,
            Ok(_) => format!(
                "a symbolic link{} that leaves the checked tree; not followed: name its target as a further root to check it",
                shown_target(path)
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                format!("a symbolic link{} that leads nowhere; not followed", shown_target(path))
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                format!("a symbolic link{} whose target may not be seen; not followed", shown_target(path))
            }
            Err(_) => "a symbolic link in a circle; not followed".to_owned(),
        };
        found.notices.push(skipped(shown_in(folder, name), text));
    }
}

/// What to expect in a folder that is a root: its own name, and the one above, say what kind of files, but nothing about their role.
pub(crate) fn place_of(root: &Path) -> Place {
    let names: Vec<&OsStr> = root.iter().collect();
    let last = &names[names.len().saturating_sub(2)..];
    last.iter().fold(Place::default(), |place, part| place.enter(&name::shown(part)))
}

/// The size of a file, and the limit for files that are analysed, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) bytes: u64,
    pub(crate) limit: u64,
}

/// What the file at the shown path `path` is, or why it is not looked at. `begins_like_python` is asked of what may be a program.
pub(crate) fn kind_of(
    path: &Arc<str>,
    place: Place,
    may_run: bool,
    size: Size,
    begins_like_python: impl FnOnce() -> bool,
) -> Result<FileKind, Notice> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let kind = kind::kind_of(name, place);
    let may_be_program = kind == FileKind::Other
        && matches!(kind::extension(name), "" | "cgi" | "fcgi")
        && (may_run || place.holds_programs());
    if size.bytes <= size.limit {
        return Ok(if may_be_program && begins_like_python() { FileKind::Python } else { kind });
    }
    match kind {
        FileKind::Other | FileKind::PythonStub => Ok(kind),
        // Bulk data in a format that settings use too.
        FileKind::Config if matches!(kind::extension(name), "json" | "yaml" | "yml") => Ok(FileKind::Other),
        _ => Err(text::too_large(path, kind, size.bytes)),
    }
}

/// Whether the walk never enters a folder of this name, whatever it holds.
pub(crate) fn is_never_entered(name: &str) -> bool {
    TOOL_FOLDERS.contains(&name) || INSTALLED_FOLDERS.contains(&name)
}

/// Whether the walk never enters this folder (or a link in its place), whatever the options say.
fn is_left_out(folder: &Folder, name: &OsStr, file_type: FileType, path: &Path, found: &mut Listing) -> bool {
    if !file_type.is_dir() && !file_type.is_symlink() {
        // The `.git` file of a linked work tree or a submodule.
        return name == ".git";
    }
    let Some(plain) = name.to_str() else { return false };
    if TOOL_FOLDERS.contains(&plain) {
        return true;
    }
    let installed = INSTALLED_FOLDERS.contains(&plain)
        || (plain.contains("env")
            && fs::symlink_metadata(path.join("pyvenv.cfg")).is_ok_and(|m| m.is_file()));
    if installed && file_type.is_dir() {
        found.installed.push(shown_in(folder, name));
    }
    installed
}

fn add(listing: &Mutex<Listing>, found: Listing) {
    let mut all = listing.lock().unwrap_or_else(PoisonError::into_inner);
    all.files.extend(found.files);
    all.notices.extend(found.notices);
    all.ignored.extend(found.ignored);
    all.excluded.extend(found.excluded);
    all.installed.extend(found.installed);
}

fn shown_in(folder: &Folder, name: &OsStr) -> Arc<str> {
    format!("{}{}", folder.shown, name::shown(name)).into()
}

fn shown_folder(folder: &Folder) -> Arc<str> {
    match folder.shown.trim_end_matches('/') {
        "" => ".".into(),
        shown => shown.into(),
    }
}

fn shown_target(link: &Path) -> String {
    match fs::read_link(link) {
        Ok(target) => format!(" to `{}`", name::shown(target.as_os_str())),
        Err(_) => String::new(),
    }
}

fn unreadable(path: Arc<str>, error: &io::Error) -> Notice {
    Notice {
        path,
        line: None,
        kind: NoticeKind::Unreadable,
        text: format!("could not be read: {}", text::reason(error)),
    }
}

fn skipped(path: Arc<str>, text: String) -> Notice {
    Notice { path, line: None, kind: NoticeKind::Skipped, text }
}

/// Whether the file's first line names a Python interpreter.
/// Whether a program begins by saying that Python runs it.
pub(crate) fn is_python_line(head: &[u8]) -> bool {
    let line = head[..head.len().min(64)].split(|&b| b == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && memchr::memmem::find(line, b"python").is_some()
}

fn begins_with_python_line(path: &Path) -> bool {
    let mut head = [0; 64];
    let Ok(mut file) = fs::File::open(path) else {
        return false;
    };
    let Ok(length) = file.read(&mut head) else {
        return false;
    };
    is_python_line(&head[..length])
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn special(file_type: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if file_type.is_fifo() {
        "a named pipe"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "a special file"
}
