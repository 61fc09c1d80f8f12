//! Model files of the project: found by the patterns of its configuration, read within bounds, and checked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clearance_models::{Library, parse_user_library};
use globset::{GlobBuilder, GlobMatcher};

use super::{error::ConfigError, load::read_bounded, origin::Sited};

/// Most bytes of one model file.
const MAX_FILE: u64 = 1 << 20;
/// Most model files of one configuration.
const MAX_FILES: usize = 256;
/// Most bytes of all model files of one configuration.
const MAX_ALL: u64 = 8 << 20;
/// Most entries of folders that the search for them looks at.
const MAX_ENTRIES: usize = 20_000;
/// How deep `**` goes.
const MAX_DEPTH: usize = 16;

/// The patterns of a configuration, and where they count from.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelPatterns {
    /// The folder of the configuration: nothing outside of it is read.
    pub(crate) folder: PathBuf,
    /// How names of files in it begin when shown.
    pub(crate) shown: String,
    pub(crate) patterns: Vec<Sited<String>>,
}

/// A model file that is in force.
#[derive(Debug, Clone)]
pub(crate) struct ModelFile {
    /// As shown to the user.
    pub(crate) file: String,
    pub(crate) library: Library,
}

/// Reads and checks the files that the patterns name, each once, by name.
pub(crate) fn read_models(wanted: &ModelPatterns) -> Result<Vec<ModelFile>, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    for pattern in &wanted.patterns {
        let bad = |problem: &str| ConfigError::BadPattern {
            origin: pattern.origin.clone(),
            pattern: pattern.value.clone(),
            problem: problem.to_owned(),
        };
        let found = find(&wanted.folder, &pattern.value).map_err(|problem| bad(&problem))?;
        if found.is_empty() {
            return Err(bad("it names no file; correct or remove it"));
        }
        names.extend(found);
    }
    names.sort();
    names.dedup();
    let size = |name: &String| fs::metadata(wanted.folder.join(name)).map_or(0, |file| file.len());
    if let Some(pattern) = wanted.patterns.first().filter(|_| names.iter().map(size).sum::<u64>() > MAX_ALL) {
        return Err(ConfigError::BadPattern {
            origin: pattern.origin.clone(),
            pattern: pattern.value.clone(),
            problem: format!("the model files are larger than {} MiB together", MAX_ALL >> 20),
        });
    }
    names.into_iter().map(|name| read(wanted, name)).collect()
}

fn read(wanted: &ModelPatterns, name: String) -> Result<ModelFile, ConfigError> {
    let path = wanted.folder.join(&name);
    let file = format!("{}{name}", wanted.shown);
    let unreadable = |cause: io::Error| ConfigError::Unreadable { file: PathBuf::from(&file), cause };
    let inside = path.canonicalize().map_err(unreadable)?;
    let folder = wanted.folder.canonicalize().map_err(unreadable)?;
    // A folder on the way may be a link, too.
    if !inside.starts_with(&folder) {
        return Err(unreadable(io::Error::other("it leads out of the folder of the configuration")));
    }
    let library = library(&file, &inside)?;
    Ok(ModelFile { file, library })
}

/// Reads and checks one model file.
pub(crate) fn library(shown: &str, path: &Path) -> Result<Library, ConfigError> {
    let unreadable = |cause: io::Error| ConfigError::Unreadable { file: PathBuf::from(shown), cause };
    let folder = path.parent().unwrap_or(path);
    let text = read_bounded(folder, path, MAX_FILE).map_err(unreadable)?;
    let text = text.ok_or_else(|| unreadable(io::ErrorKind::NotFound.into()))?;
    let rules = clearance_checks::flow_rules();
    parse_user_library(shown, &text, &rules).map_err(ConfigError::Model)
}

/// The files below `folder` that a pattern names, with `/`.
pub(super) fn find(folder: &Path, written: &str) -> Result<Vec<String>, String> {
    let pattern = written.trim().replace('\\', "/");
    let pattern = pattern.strip_prefix("./").unwrap_or(&pattern);
    let absolute = pattern.starts_with('/') || Path::new(pattern).is_absolute();
    if pattern.is_empty() || absolute || pattern.split('/').any(|part| part == "..") {
        return Err(
            "name files below the folder of the configuration, such as `security/models/*.toml`".to_owned()
        );
    }
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| error.kind().to_string())?;
    let is_plain = |part: &&str| !part.contains(['*', '?', '[', '{']);
    let parts: Vec<&str> = pattern.split('/').collect();
    let plain: Vec<&str> = parts.iter().copied().take_while(is_plain).collect();
    if plain.len() == parts.len() {
        let exists = folder.join(pattern).is_file();
        return Ok(if exists { vec![pattern.to_owned()] } else { Vec::new() });
    }
    let depth = if pattern.contains("**") { MAX_DEPTH } else { parts.len() - plain.len() };
    let mut search = Search { folder, matcher: glob.compile_matcher(), entries: 0, found: Vec::new() };
    search.below(&plain.join("/"), depth)?;
    Ok(search.found)
}

struct Search<'f> {
    folder: &'f Path,
    matcher: GlobMatcher,
    entries: usize,
    found: Vec<String>,
}

impl Search<'_> {
    fn below(&mut self, inside: &str, depth: usize) -> Result<(), String> {
        let Ok(entries) = fs::read_dir(self.folder.join(inside)) else { return Ok(()) };
        for entry in entries.flatten() {
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err("too many files lie below it; name the folder of the model files".to_owned());
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            // Folders that are links are not entered: they may go in circles.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth > 1 {
                    self.below(&path, depth - 1)?;
                }
            } else if self.matcher.is_match(&path) {
                if self.found.len() >= MAX_FILES {
                    return Err(format!("it names more than {MAX_FILES} files"));
                }
                self.found.push(path);
            }
        }
        Ok(())
    }
}

/// What the models of the project say, each file in one line, for a report's reader: they may take findings away.
pub(crate) fn model_lines(files: &[ModelFile]) -> Vec<String> {
    files
        .iter()
        .map(|model| {
            let says: Vec<String> = model
                .library
                .says()
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(what, count)| format!("{what} {count}"))
                .collect();
            let says = if says.is_empty() { "says nothing".to_owned() } else { says.join(", ") };
            format!("model {} ({}): {says}", model.file, model.library.name())
        })
        .collect()
}
