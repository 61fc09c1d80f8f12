//! The `[secrets]` table: detectors of the project, those that are off, and what other tools that look for credentials were told.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clearance_secrets::{
    check,
    detector::{Detector, parse},
    peers::{Baseline, IgnoredPlaces, Import},
    search::compiles,
};

use super::{
    error::{ConfigError, Hint},
    load::read_bounded,
    models::find,
    origin::Sited,
    reader::{TableReader, ValueReader},
};
use crate::catalogue::closest;

/// Most bytes of a file of detectors or of a configuration of gitleaks.
const MAX_FILE: u64 = 4 << 20;
/// Most bytes of a list of what is known.
const MAX_KNOWN: u64 = 64 << 20;
/// Names under which gitleaks looks for its configuration.
const GITLEAKS_FILES: [&str; 2] = [".gitleaks.toml", "gitleaks.toml"];
const GITLEAKS_IGNORE: &str = ".gitleaksignore";
const BASELINE: &str = ".secrets.baseline";
/// Files of gitleaks that extend one another.
const MOST_EXTENDED: usize = 2;

/// The `[secrets]` table.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecretsOptions {
    /// Patterns of files with detectors.
    pub(crate) detectors: Vec<Sited<String>>,
    /// Ids of detectors that are off.
    pub(crate) disable: Vec<Sited<String>>,
    /// A configuration of gitleaks; those with its usual names are found.
    pub(crate) gitleaks: Option<Sited<String>>,
}

impl SecretsOptions {
    pub(super) fn read(mut table: TableReader<'_>) -> Result<Self, ConfigError> {
        let strings = |value: Option<ValueReader<'_>>| value.map_or(Ok(Vec::new()), |value| value.strings());
        let options = Self {
            detectors: strings(table.take("detectors"))?,
            disable: strings(table.take("disable"))?,
            gitleaks: table.take("gitleaks").map(|value| value.string()).transpose()?,
        };
        table.finish()?;
        Ok(options)
    }

    pub(super) fn is_given(&self) -> bool {
        !self.detectors.is_empty() || !self.disable.is_empty() || self.gitleaks.is_some()
    }
}

/// The table, and where its files lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecretsWanted {
    /// The folder of the configuration: nothing outside of it is read.
    pub(crate) folder: PathBuf,
    /// How names of files in it begin when shown.
    pub(crate) shown: String,
    pub(crate) options: SecretsOptions,
}

/// What the files say.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecretsFiles {
    /// Detectors of the project, by file.
    pub(crate) detectors: Vec<(String, Vec<Detector>)>,
    /// The configuration of gitleaks.
    pub(crate) gitleaks: Option<(String, Import)>,
    pub(crate) ignored: Option<(String, IgnoredPlaces)>,
    pub(crate) baseline: Option<(String, Baseline)>,
    /// What was passed over and why.
    pub(crate) notes: Vec<String>,
}

/// Reads all of it. Of the files of other tools in `root`, whatever is wrong is a note, unless the table names them.
pub(crate) fn read_secrets(
    wanted: &SecretsWanted,
    root: &Path,
    discover: bool,
) -> Result<SecretsFiles, ConfigError> {
    let mut files = SecretsFiles { detectors: own(wanted)?, ..SecretsFiles::default() };
    if let Some(named) = &wanted.options.gitleaks {
        let shown = format!("{}{}", wanted.shown, named.value);
        let bad = |problem: String| ConfigError::BadPattern {
            origin: named.origin.clone(),
            pattern: named.value.clone(),
            problem,
        };
        let text = inside(&wanted.folder, &named.value, MAX_FILE).map_err(|error| bad(error.to_string()))?;
        let text = text.ok_or_else(|| bad("it names no file; correct or remove it".to_owned()))?;
        let import = Import::read(&shown, &text)
            .map_err(|problem| ConfigError::Detectors { file: shown.clone(), problem })?;
        files.gitleaks = Some((shown, import));
    } else if discover {
        for name in GITLEAKS_FILES {
            let Some(text) = found(root, name, MAX_FILE, &mut files.notes) else { continue };
            match Import::read(name, &text) {
                Ok(import) => files.gitleaks = Some((name.to_owned(), import)),
                Err(problem) => files.notes.push(format!("{name}: {problem}; passed over")),
            }
            break;
        }
    }
    let folder = if wanted.options.gitleaks.is_some() { &wanted.folder } else { root };
    extend(&mut files, folder);
    if discover {
        if let Some(text) = found(root, GITLEAKS_IGNORE, MAX_KNOWN, &mut files.notes) {
            files.ignored = Some((GITLEAKS_IGNORE.to_owned(), IgnoredPlaces::read(&text)));
        }
        if let Some(text) = found(root, BASELINE, MAX_KNOWN, &mut files.notes) {
            match Baseline::read(&text) {
                Ok(baseline) => files.baseline = Some((BASELINE.to_owned(), baseline)),
                Err(problem) => files.notes.push(format!("{BASELINE}: {problem}; passed over")),
            }
        }
    }
    Ok(files)
}

/// Reads what a configuration of gitleaks extends.
fn extend(files: &mut SecretsFiles, folder: &Path) {
    let Some((_, import)) = &mut files.gitleaks else { return };
    for _ in 0..MOST_EXTENDED {
        let Some(path) = import.extends.take() else { return };
        let shown: String = path.chars().filter(|c| !c.is_control()).take(200).collect();
        match inside(folder, &path, MAX_FILE) {
            Ok(Some(text)) => match Import::read(&shown, &text) {
                Ok(mut further) => {
                    import.extends = further.extends.take();
                    import.add(further);
                }
                Err(problem) => files.notes.push(format!("{shown}: {problem}; passed over")),
            },
            Ok(None) => {
                files.notes.push(format!("{shown}: there is no such file; gitleaks is told to read it"))
            }
            Err(error) => files.notes.push(format!("{shown}: {error}; passed over")),
        }
    }
}

/// The detectors of the project.
fn own(wanted: &SecretsWanted) -> Result<Vec<(String, Vec<Detector>)>, ConfigError> {
    let mut names: Vec<(String, &Sited<String>)> = Vec::new();
    for pattern in &wanted.options.detectors {
        let bad = |problem: String| ConfigError::BadPattern {
            origin: pattern.origin.clone(),
            pattern: pattern.value.clone(),
            problem,
        };
        let found = find(&wanted.folder, &pattern.value).map_err(bad)?;
        if found.is_empty() {
            return Err(bad("it names no file; correct or remove it".to_owned()));
        }
        names.extend(found.into_iter().map(|name| (name, pattern)));
    }
    names.sort_by(|a, b| a.0.cmp(&b.0));
    names.dedup_by(|a, b| a.0 == b.0);
    let mut all = Vec::new();
    let mut taken = std::collections::BTreeSet::new();
    for (name, _) in names {
        let file = format!("{}{name}", wanted.shown);
        let unreadable = |cause: io::Error| ConfigError::Unreadable { file: PathBuf::from(&file), cause };
        let text = inside(&wanted.folder, &name, MAX_FILE).map_err(unreadable)?;
        let text = text.ok_or_else(|| unreadable(io::ErrorKind::NotFound.into()))?;
        let wrong = |problem: String| ConfigError::Detectors { file: file.clone(), problem };
        let detectors = parse(&text).map_err(|problem| wrong(in_one_line(&problem)))?;
        for detector in &detectors {
            let wrong = |what: String| wrong(format!("detector `{}`: {what}", detector.id));
            compiles(&detector.pattern).map_err(|problem| {
                wrong(format!("the pattern cannot be searched for: {}", in_one_line(&problem)))
            })?;
            if let Some(name) = &detector.check
                && check::holds(name, b"").is_none()
            {
                return Err(wrong(format!("there is no check `{name}`{}", similar(name, check::names()))));
            }
            if !taken.insert(detector.id.clone()) {
                return Err(wrong("it stands twice".to_owned()));
            }
        }
        all.push((file, detectors));
    }
    Ok(all)
}

/// What is wrong with a name in `disable`.
pub(crate) fn unknown_detector<'a>(
    name: &Sited<String>,
    known: impl Iterator<Item = &'a str>,
) -> ConfigError {
    let hint = match closest(&name.value, known, 1).first() {
        Some(&best) => Hint::DidYouMean(best.to_owned()),
        None => Hint::Because("`clearance detectors` lists them"),
    };
    ConfigError::UnknownDetector { origin: name.origin.clone(), given: name.value.clone(), hint }
}

fn similar<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    closest(given, known, 1).first().map_or(String::new(), |best| format!("; did you mean `{best}`?"))
}

/// A message with a picture, without it.
fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, .., last] => format!("{first}: {}", last.trim_start_matches("error: ")),
    }
}

/// A file that another tool would read.
fn found(root: &Path, name: &str, limit: u64, notes: &mut Vec<String>) -> Option<String> {
    match inside(root, name, limit) {
        Ok(text) => text,
        Err(error) => {
            notes.push(format!("{name}: {error}; passed over"));
            None
        }
    }
}

/// The text of a file below `folder`, which no link leads out of.
fn inside(folder: &Path, name: &str, limit: u64) -> io::Result<Option<String>> {
    let path = folder.join(name);
    if fs::symlink_metadata(&path).is_err() {
        return Ok(None);
    }
    let boundary = folder.canonicalize()?;
    if !path.canonicalize()?.starts_with(&boundary) {
        return Err(io::Error::other("it leads out of the folder"));
    }
    read_bounded(&boundary, &path, limit)
}
