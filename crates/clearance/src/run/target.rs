//! What is to be examined: the paths that were given, and the folder that everything is relative to.

use std::{
    io,
    path::{Path, PathBuf},
};

use clearance_source::InventoryError;

use crate::exit::Failure;

/// The target of a run on the file system.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Files and folders, as given.
    pub(crate) roots: Vec<PathBuf>,
    /// The deepest folder that holds all of them, canonical.
    pub(crate) base: PathBuf,
}

impl Target {
    /// Looks at `roots`. Errors: one of them cannot be reached.
    pub(crate) fn new(roots: &[PathBuf]) -> Result<Self, Failure> {
        let mut base: Option<PathBuf> = None;
        for root in roots {
            let folder = folder_of(root).map_err(|source| unreachable_root(root, source))?;
            base = Some(match base {
                None => folder,
                Some(base) => common(base, &folder),
            });
        }
        Ok(Self { roots: roots.to_vec(), base: base.ok_or(InventoryError::NoRoots)? })
    }

    /// The project around `file`: the working directory if it holds the file, else the file's folder.
    pub(crate) fn around_file(file: &Path) -> Result<Self, Failure> {
        let folder = folder_of(file).map_err(|source| unreachable_root(file, source))?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        let base = match here {
            Ok(here) if folder.starts_with(&here) => here,
            Ok(_) | Err(_) => folder,
        };
        Ok(Self { roots: vec![base.clone()], base })
    }

    /// The path of `file` relative to the base, with `/`.
    pub(crate) fn relative(&self, file: &Path) -> Result<String, Failure> {
        let folder = folder_of(file).map_err(|source| unreachable_root(file, source))?;
        let path = match file.file_name() {
            Some(name) => folder.join(name),
            None => folder,
        };
        let inside = path.strip_prefix(&self.base).unwrap_or(&path);
        Ok(inside.to_string_lossy().replace('\\', "/"))
    }

    /// A file name as the user typed it, relative to the base if it lies inside.
    pub(crate) fn name_inside(&self, typed: &str) -> String {
        let path = Path::new(typed);
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let path = path.strip_prefix(".").unwrap_or(path);
        path.to_string_lossy().replace('\\', "/")
    }

    /// The name that a report gives to the target: the folder's, or the only file's.
    pub(crate) fn name(&self) -> String {
        let named = match self.roots.as_slice() {
            [only] if only.is_file() => only.file_name(),
            _ => self.base.file_name(),
        };
        match named {
            Some(name) => name.to_string_lossy().into_owned(),
            None => self.base.display().to_string(),
        }
    }

    /// The base as shown.
    pub(crate) fn shown(&self) -> String {
        self.base.display().to_string()
    }
}

fn unreachable_root(root: &Path, source: io::Error) -> Failure {
    Failure::Target(InventoryError::Root { path: root.display().to_string(), source })
}

/// The folder `root` itself, or the one that holds the file `root`; canonical.
fn folder_of(root: &Path) -> io::Result<PathBuf> {
    if std::fs::metadata(root)?.is_dir() {
        return root.canonicalize();
    }
    match root.parent() {
        Some(parent) if parent != Path::new("") => parent.canonicalize(),
        _ => Path::new(".").canonicalize(),
    }
}

fn common(mut base: PathBuf, folder: &Path) -> PathBuf {
    while !folder.starts_with(&base) && base.pop() {}
    base
}
