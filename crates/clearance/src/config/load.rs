//! Finds and reads the configuration files of a target.
//!
//! The uppermost files are looked for at the target and in the folders above it: up to the git repository's own, or, outside of one, up to the working
//! directory. Further ones are looked for in every folder of the target that holds files of the inventory.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    error::ConfigError,
    ignores::{self, Found, Ignored},
    options::Options,
    patterns::Base,
    peers::{self, Peer, PeerOptions},
    reader::{Document, TableReader},
};

/// No sensible configuration is larger, in bytes.
const MAX_FILE_SIZE: u64 = 4 << 20;

const OWN_FILE: &str = "clearance.toml";
const PROJECT_FILE: &str = "pyproject.toml";
const BANDIT_FILE: &str = ".bandit";
/// The first of them that exists counts, as with Ruff.
const RUFF_FILES: [&str; 2] = [".ruff.toml", "ruff.toml"];

/// The folder of GitHub's workflows.
const WORKFLOWS: &str = ".github/workflows";
/// Workflows that are looked into.
const MOST_WORKFLOWS: usize = 200;
/// Entries of their folder that are listed.
const MOST_LISTED: usize = 20_000;
/// Vulnerabilities that other tools may be told to ignore, in all files together; a bound on work for hostile trees.
const MOST_IGNORED: usize = 20_000;

/// Which configuration files to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Use {
    /// Those that are found.
    Discovered,
    /// This one and no other.
    Only(PathBuf),
    /// None.
    Nothing,
}

/// Settings that hold below a folder.
#[derive(Debug, Clone)]
pub(crate) struct Layer<T> {
    pub(crate) base: Base,
    /// The file as shown to the user.
    pub(crate) file: Arc<str>,
    pub(crate) options: T,
    /// The file's folder.
    pub(crate) folder: PathBuf,
}

/// A configuration file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRead {
    pub(crate) file: Arc<str>,
    /// Which part of it (`"[tool.bandit]"`, `"whole file"`).
    pub(crate) part: &'static str,
}

/// All configuration files that were read, uppermost first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loaded {
    pub(crate) own: Vec<Layer<Options>>,
    pub(crate) bandit: Vec<Layer<PeerOptions>>,
    pub(crate) ruff: Vec<Layer<PeerOptions>>,
    /// Which vulnerabilities other tools are told to ignore.
    pub(crate) ignores: Vec<Layer<Vec<Ignored>>>,
    pub(crate) files: Vec<FileRead>,
    /// What was passed over and why.
    pub(crate) notes: Vec<String>,
    /// The outermost folder, canonical: no link may lead out of it.
    boundary: PathBuf,
}

impl Loaded {
    /// Reads the uppermost files for the folder `root`.
    pub(crate) fn top(root: &Path, which: &Use) -> Result<Self, ConfigError> {
        let mut loaded = Self::default();
        match which {
            Use::Nothing => {}
            Use::Only(file) => loaded.read_only(file)?,
            Use::Discovered => {
                loaded.boundary = boundary(root);
                for (folder, base, shown) in folders_upwards(root, &loaded.boundary) {
                    loaded.read_folder(&folder, &base, &shown, Wanted::missing_in(&loaded))?;
                    loaded.read_ignores(&folder, &base, &shown)?;
                }
            }
        }
        Ok(loaded)
    }

    /// Reads the files in `folders`, given relative to `root` with `/`, parents before children, without the root.
    pub(crate) fn add_inside<'a>(
        &mut self,
        root: &Path,
        folders: impl Iterator<Item = &'a str>,
    ) -> Result<(), ConfigError> {
        for folder in folders.filter(|folder| !folder.is_empty()) {
            let base = Base::Inside(folder.to_owned());
            let (at, shown) = (root.join(folder), format!("{folder}/"));
            self.read_folder(&at, &base, &shown, Wanted::ALL)?;
            let (name, read) = ignores::INNER_FILE;
            self.read_ignore(&at, &base, &shown, name, read)?;
        }
        Ok(())
    }

    /// Reads in which files of `folder` other tools are told to ignore vulnerabilities.
    fn read_ignores(&mut self, folder: &Path, base: &Base, shown: &str) -> Result<(), ConfigError> {
        for &(name, read) in ignores::FILES {
            self.read_ignore(folder, base, shown, name, read)?;
        }
        let workflows = folder.join(WORKFLOWS);
        // No link may lead out of the project, not even one in the middle of the way.
        if !workflows.canonicalize().is_ok_and(|path| path.starts_with(&self.boundary)) {
            return Ok(());
        }
        let Ok(listed) = fs::read_dir(&workflows) else { return Ok(()) };
        let mut names: Vec<String> = listed
            .take(MOST_LISTED)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".yml") || name.ends_with(".yaml"))
            .collect();
        names.sort_unstable();
        for name in names.into_iter().take(MOST_WORKFLOWS) {
            let shown = format!("{shown}{WORKFLOWS}/");
            self.read_ignore_as(&workflows, folder, base, &shown, &name, ignores::read_workflow)?;
        }
        Ok(())
    }

    fn read_ignore(
        &mut self,
        folder: &Path,
        base: &Base,
        shown: &str,
        name: &str,
        read: ignores::Read,
    ) -> Result<(), ConfigError> {
        self.read_ignore_as(folder, folder, base, shown, name, read)
    }

    /// Reads `place/name`, which speaks for `folder`.
    fn read_ignore_as(
        &mut self,
        place: &Path,
        folder: &Path,
        base: &Base,
        shown: &str,
        name: &str,
        read: ignores::Read,
    ) -> Result<(), ConfigError> {
        let Some(document) = self.open(place, shown, name)? else { return Ok(()) };
        let found = read(&document.file, &document.text);
        self.push_ignores(base, folder, &document.file, found);
        Ok(())
    }

    fn push_ignores(&mut self, base: &Base, folder: &Path, file: &Arc<str>, found: Found) {
        self.notes.extend(found.notes);
        let known: usize = self.ignores.iter().map(|layer| layer.options.len()).sum();
        if known + found.entries.len() > MOST_IGNORED {
            self.notes.push(format!(
                "{file}: more than {MOST_IGNORED} ignored vulnerabilities in all; passed over"
            ));
        } else if !found.entries.is_empty() {
            self.files.push(FileRead { file: Arc::clone(file), part: "ignored vulnerabilities" });
            self.ignores.push(Layer {
                base: base.clone(),
                file: Arc::clone(file),
                options: found.entries,
                folder: folder.to_owned(),
            });
        }
    }

    fn read_only(&mut self, file: &Path) -> Result<(), ConfigError> {
        let text = fs::read_to_string(file)
            .map_err(|cause| ConfigError::Unreadable { file: file.to_owned(), cause })?;
        let document = Document { file: file.display().to_string().into(), text };
        let base = Base::Inside(String::new());
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        if file.file_name().is_some_and(|name| name == PROJECT_FILE) {
            let table = document.parse()?;
            let mut reader = TableReader::new(&document, &table);
            if let Some(tool) = reader.take("tool")
                && let Some(own) = tool.table()?.take("clearance")
            {
                self.push_own(&base, folder, &document.file, "[tool.clearance]", own.table()?)?;
            }
            return Ok(());
        }
        let table = document.parse()?;
        self.push_own(&base, folder, &document.file, "whole file", TableReader::new(&document, &table))
    }

    fn read_folder(
        &mut self,
        folder: &Path,
        base: &Base,
        shown: &str,
        wanted: Wanted,
    ) -> Result<(), ConfigError> {
        let own_before = self.own.len();
        if wanted.own
            && let Some(document) = self.open(folder, shown, OWN_FILE)?
        {
            let table = document.parse()?;
            self.push_own(base, folder, &document.file, "whole file", TableReader::new(&document, &table))?;
        }
        let has_own = self.own.len() > own_before;
        let mut bandit = Vec::new();
        let mut ruff = Vec::new();
        if let Some(document) = self.open(folder, shown, PROJECT_FILE)? {
            match document.parse() {
                Ok(table) => {
                    let reader = TableReader::new(&document, &table);
                    self.read_project(
                        reader,
                        base,
                        folder,
                        &document,
                        wanted,
                        has_own,
                        &mut bandit,
                        &mut ruff,
                    )?;
                }
                Err(error) if document.text.contains("tool.clearance") => return Err(error),
                Err(error) => self.notes.push(format!("{error}; passed over")),
            }
        }
        if wanted.bandit
            && let Some(document) = self.open(folder, shown, BANDIT_FILE)?
        {
            let options = peers::read_bandit_ini(&document.file, &document.text);
            bandit.push((document.file, "[bandit]", options));
        }
        for name in RUFF_FILES {
            if !wanted.ruff {
                break;
            }
            let Some(document) = self.open(folder, shown, name)? else {
                continue;
            };
            match document.parse() {
                Ok(table) => {
                    let options = peers::read_ruff_table(TableReader::new(&document, &table));
                    ruff = vec![(Arc::clone(&document.file), "whole file", options)];
                }
                Err(error) => self.notes.push(format!("{error}; passed over")),
            }
            break;
        }
        self.push_peer(Peer::Bandit, base, folder, bandit);
        self.push_peer(Peer::Ruff, base, folder, ruff);
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "one step of read_folder, split off for its length")]
    fn read_project<'d>(
        &mut self,
        mut reader: TableReader<'d>,
        base: &Base,
        folder: &Path,
        document: &'d Document,
        wanted: Wanted,
        has_own: bool,
        bandit: &mut Vec<(Arc<str>, &'static str, PeerOptions)>,
        ruff: &mut Vec<(Arc<str>, &'static str, PeerOptions)>,
    ) -> Result<(), ConfigError> {
        let Some(tool) = reader.take("tool") else {
            return Ok(());
        };
        let mut tool = tool.table()?;
        if let Some(own) = tool.take("clearance").filter(|_| wanted.own) {
            if has_own {
                let place = own.place();
                self.notes.push(format!(
                    "{place}: [tool.clearance] is not read because {OWN_FILE} stands beside it"
                ));
            } else {
                self.push_own(base, folder, &document.file, "[tool.clearance]", own.table()?)?;
            }
        }
        if let Some(uv) = tool.take("uv") {
            match uv.table() {
                Ok(table) => {
                    let found = ignores::read_audit_table(table);
                    self.push_ignores(base, folder, &document.file, found);
                }
                Err(error) => self.notes.push(format!("{error}; passed over")),
            }
        }
        let tables = [
            (wanted.bandit, "bandit", "[tool.bandit]", peers::read_bandit_table as fn(_) -> _, bandit),
            (wanted.ruff, "ruff", "[tool.ruff]", peers::read_ruff_table, ruff),
        ];
        for (wanted, key, part, read, into) in tables {
            let Some(value) = tool.take(key).filter(|_| wanted) else {
                continue;
            };
            match value.table() {
                Ok(table) => into.push((Arc::clone(&document.file), part, read(table))),
                Err(error) => self.notes.push(format!("{error}; passed over")),
            }
        }
        Ok(())
    }

    fn push_own(
        &mut self,
        base: &Base,
        folder: &Path,
        file: &Arc<str>,
        part: &'static str,
        table: TableReader<'_>,
    ) -> Result<(), ConfigError> {
        let options = Options::read(table)?;
        self.files.push(FileRead { file: Arc::clone(file), part });
        let folder = folder.to_owned();
        self.own.push(Layer { base: base.clone(), file: Arc::clone(file), options, folder });
        Ok(())
    }

    fn push_peer(
        &mut self,
        peer: Peer,
        base: &Base,
        folder: &Path,
        parts: Vec<(Arc<str>, &'static str, PeerOptions)>,
    ) {
        let mut merged: Option<Layer<PeerOptions>> = None;
        for (file, part, options) in parts {
            self.files.push(FileRead { file: Arc::clone(&file), part });
            match &mut merged {
                Some(layer) => layer.options.merge(options),
                None => {
                    merged = Some(Layer { base: base.clone(), file, options, folder: folder.to_owned() });
                }
            }
        }
        let Some(mut layer) = merged else { return };
        self.notes.append(&mut layer.options.notes);
        match peer {
            Peer::Bandit => self.bandit.push(layer),
            Peer::Ruff => self.ruff.push(layer),
        }
    }

    /// Opens `folder/name`. What is no regular file, leads elsewhere, is too large or not UTF-8 is passed over with a note, except for this
    /// program's own file, which must be usable if it exists.
    fn open(&mut self, folder: &Path, shown: &str, name: &str) -> Result<Option<Document>, ConfigError> {
        let path = folder.join(name);
        let file: Arc<str> = format!("{shown}{name}").into();
        match read_bounded(&self.boundary, &path, MAX_FILE_SIZE) {
            Ok(text) => Ok(text.map(|text| Document { file, text })),
            Err(cause) if name == OWN_FILE => Err(ConfigError::Unreadable { file: path, cause }),
            Err(cause) => {
                self.notes.push(format!("{file}: {cause}; passed over"));
                Ok(None)
            }
        }
    }
}

/// The text of `path`, a file below `boundary` of at most `limit` bytes; `None` if there is no such file.
pub(super) fn read_bounded(boundary: &Path, path: &Path, limit: u64) -> io::Result<Option<String>> {
    let Ok(link) = fs::symlink_metadata(path) else {
        return Ok(None);
    };
    if link.is_symlink() && !path.canonicalize()?.starts_with(boundary) {
        return Err(io::Error::other("is a link out of the project"));
    }
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Ok(None);
    }
    if !metadata.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    if metadata.len() > limit {
        return Err(io::Error::other(format!("is larger than {} MiB", limit >> 20)));
    }
    fs::read_to_string(path).map(|text| Some(text.trim_start_matches('\u{FEFF}').to_owned()))
}

/// Which kinds of configuration are still looked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    own: bool,
    bandit: bool,
    ruff: bool,
}

impl Wanted {
    const ALL: Self = Self { own: true, bandit: true, ruff: true };

    fn missing_in(loaded: &Loaded) -> Self {
        Self { own: loaded.own.is_empty(), bandit: loaded.bandit.is_empty(), ruff: loaded.ruff.is_empty() }
    }
}

/// The outermost folder whose configuration may hold for `root`, canonical: the git repository around it, else the working directory if `root` is
/// inside, else `root` itself.
fn boundary(root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    if let Some(repository) = root.ancestors().find(|folder| folder.join(".git").exists()) {
        return repository.to_owned();
    }
    match std::env::current_dir().and_then(|here| here.canonicalize()) {
        Ok(here) if root.starts_with(&here) => here,
        Ok(_) | Err(_) => root,
    }
}

/// `root` and the folders above it up to `boundary`: the folder, its base, and how names of its files begin when shown.
fn folders_upwards(root: &Path, boundary: &Path) -> Vec<(PathBuf, Base, String)> {
    let mut folders = vec![(root.to_owned(), Base::Inside(String::new()), String::new())];
    let Ok(root) = root.canonicalize() else {
        return folders;
    };
    for (steps, folder) in root.ancestors().enumerate().skip(1) {
        if !folder.starts_with(boundary) {
            break;
        }
        let down = root.strip_prefix(folder).unwrap_or(Path::new(""));
        let down = down.to_string_lossy().replace('\\', "/");
        folders.push((folder.to_owned(), Base::Above(down), "../".repeat(steps)));
    }
    folders
}
