//! The manifests and lock files of a target, and the advisory database.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use clearance_attest::AdvisoryDatabase;
use clearance_cache::KeyBuilder;
use clearance_finding::{Notice, NoticeKind};
use clearance_program::Program;
use clearance_source::{File, Options, Role, read};
use clearance_supply::{
    Advisories, Outcome,
    advisory::Database,
    manifest::{self, Manifest, ManifestKind, ReferenceKind},
    resolve::resolve,
};
use jiff::Timestamp;
use rayon::prelude::*;

use super::plan::Plan;
use crate::advisories::place;

/// Lock files are larger than what people write.
const MAX_BYTES: u64 = 24 << 20;
/// Files that take in files that take in files.
const MAX_ROUNDS: usize = 16;
const DAY: i64 = 24 * 60 * 60;

/// What the supply plane looks at.
#[derive(Default)]
pub(crate) struct Supplies {
    files: Vec<TextFile>,
    /// What an installed environment holds, if one was named.
    environment: Option<Manifest>,
    database: Option<Database>,
    age_days: Option<i64>,
    /// What could not be seen.
    pub(super) notices: Vec<Notice>,
}

struct TextFile {
    path: Arc<str>,
    text: String,
    line_starts: Vec<u32>,
    /// Its format.
    kind: ManifestKind,
}

impl TextFile {
    fn manifest(&self) -> Manifest {
        let file = manifest::File { path: &self.path, text: &self.text, line_starts: &self.line_starts };
        manifest::read_as(file, self.kind)
    }
}

/// Reads the manifests among `files` and opens the database. `now` is in seconds since 1970.
pub(super) fn supplies(plan: &Plan, now: i64) -> Supplies {
    let options =
        Options { max_file_bytes: plan.options.max_file_bytes.max(MAX_BYTES), ..plan.options.clone() };
    // What is installed is read as a whole.
    let environment = plan.environment.as_deref().and_then(|folder| folder.canonicalize().ok());
    let is_installed =
        |file: &File| environment.as_deref().is_some_and(|folder| file.absolute.starts_with(folder));
    let wanted = |file: &&File| {
        let counts = match file.role {
            Role::Generated => false,
            Role::Test | Role::Documentation => is_list_of_tools(&file.path),
            _ => true,
        };
        counts && manifest::is_wanted(&file.path) && !is_installed(file)
    };
    let files = &plan.inventory.files;
    let mut supplies = Supplies::default();
    let mut wanted: Vec<(&File, ManifestKind)> =
        files.iter().filter(wanted).filter_map(|file| Some((file, manifest::kind_of(&file.path)?))).collect();
    // Files that others take in are requirements whatever their names; they may take in further ones.
    for _ in 0..MAX_ROUNDS {
        let before = supplies.files.len();
        supplies.read(&wanted, &options);
        wanted = supplies
            .taken_in(before)
            .into_iter()
            .filter_map(|path| {
                let at = files.binary_search_by(|file| file.path.as_bytes().cmp(path.as_bytes())).ok()?;
                (!is_installed(&files[at])).then_some((&files[at], ManifestKind::Requirements))
            })
            .collect();
        if wanted.is_empty() {
            break;
        }
    }
    supplies.files.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some(folder) = &plan.environment {
        supplies.take_environment(folder);
    }
    supplies.open(plan.advisories.as_deref(), now);
    supplies
}

/// Whether a manifest among tests or documentation says what these need (`docs/requirements.txt`, `tests/requirements/base.txt`), and is not one of the things that are tested.
fn is_list_of_tools(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts.as_slice(), [_, _] | [_, "requirements", _]) && manifest::names_packages(path)
}

impl Supplies {
    fn read(&mut self, wanted: &[(&File, ManifestKind)], options: &Options) {
        let read: Vec<Result<(TextFile, Option<Notice>), Notice>> = wanted
            .par_iter()
            .map(|(file, kind)| {
                let text = read(file, options)?;
                let path = Arc::clone(&file.path);
                let found = TextFile { path, text: text.text, line_starts: text.line_starts, kind: *kind };
                Ok((found, text.notice))
            })
            .collect();
        for result in read {
            match result {
                Ok((file, notice)) => {
                    self.files.push(file);
                    self.notices.extend(notice);
                }
                Err(notice) => self.notices.push(notice),
            }
        }
    }

    /// Requirements and constraints that the files from `from` on take in, and that are not read yet, sorted.
    fn taken_in(&self, from: usize) -> BTreeSet<Arc<str>> {
        let known: HashSet<&str> = self.files.iter().map(|file| &*file.path).collect();
        // Only these have such references.
        let may_name = |kind| {
            matches!(
                kind,
                ManifestKind::Requirements
                    | ManifestKind::Pyproject
                    | ManifestKind::SetupCfg
                    | ManifestKind::SetupPy
                    | ManifestKind::Conda
                    | ManifestKind::InstallCommand
            )
        };
        let references = self.files[from..].iter().filter(|file| may_name(file.kind)).flat_map(|file| {
            let all = file.manifest().references.into_iter();
            all.filter(|reference| {
                matches!(reference.kind, ReferenceKind::Requirements | ReferenceKind::Constraints)
            })
        });
        references
            .filter_map(|reference| reference.path)
            .filter(|path| !known.contains(&**path) && manifest::kind_of(path).is_none())
            .collect()
    }

    fn take_environment(&mut self, folder: &Path) {
        let shown = folder.display().to_string();
        match manifest::read_environment(folder, &shown) {
            Ok(manifest) => self.environment = Some(manifest),
            Err(error) => {
                self.notices.push(blind(format!("the environment {shown} cannot be read: {error}")))
            }
        }
    }

    /// Opens the database that was asked for, or the user's own if there is one.
    fn open(&mut self, asked_for: Option<&Path>, now: i64) {
        let place: Option<PathBuf> = match asked_for {
            Some(path) => Some(path.to_owned()),
            None => place::index(None).ok().filter(|path| path.exists()),
        };
        let Some(place) = place else { return };
        match Database::open(&place) {
            Ok(database) => {
                self.age_days = age_days(&database, now);
                self.database = Some(database);
            }
            Err(error) => self.notices.push(blind(format!("the advisories cannot be used: {error}"))),
        }
    }

    /// Whether anything names packages.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.environment.is_none()
    }

    /// Whether there is something to compare with.
    pub(super) fn has_advisories(&self) -> bool {
        self.database.is_some()
    }

    /// Everything that decides about the outcome.
    pub(super) fn add_to(&self, key: &mut KeyBuilder) {
        for file in &self.files {
            key.add(file.path.as_bytes());
            key.add(file.text.as_bytes());
        }
        if let Some(database) = &self.database {
            key.add(&database.size().to_le_bytes());
            key.add(format!("{:?}", database.meta()).as_bytes());
        }
        key.add(&self.age_days.unwrap_or(-1).to_le_bytes());
        for notice in &self.notices {
            key.add(notice.text.as_bytes());
        }
    }

    /// Whether the outcome depends on something that the key does not hold.
    pub(super) fn is_cacheable(&self) -> bool {
        self.environment.is_none()
    }

    /// What the report says of the database.
    pub(super) fn told(&self) -> String {
        match &self.database {
            None => {
                "no advisory database: run `clearance db update`, or name one with --advisories".to_owned()
            }
            Some(database) => {
                let meta = database.meta();
                let from: Vec<&str> = meta.sources.iter().map(|source| source.from.as_str()).collect();
                let day = meta.newest().get(..10).unwrap_or("an unknown day").to_owned();
                format!("advisories up to {day} from {}", from.join(", "))
            }
        }
    }

    /// What an attestation says of the database.
    pub(super) fn account(&self) -> Option<AdvisoryDatabase> {
        let meta = self.database.as_ref()?.meta();
        let newest = meta.newest();
        let addresses: BTreeSet<&str> = meta.sources.iter().map(|source| source.from.as_str()).collect();
        let address = match addresses.first() {
            Some(only) if addresses.len() == 1 && only.starts_with("https://") => (*only).to_owned(),
            // Files, or several sources: what they were compiled into.
            _ => "pkg:generic/clearance-advisories".to_owned(),
        };
        let checked = Some(meta.fresh()).filter(|checked| *checked > 0);
        Some(AdvisoryDatabase {
            uri: address,
            version: format!("{} advisories up to {newest}", meta.advisories),
            last_update: newest.parse().ok().or_else(|| Timestamp::from_second(checked?).ok()),
        })
    }

    /// Runs the plane.
    pub(super) fn run(&self, program: &Program) -> Outcome {
        let mut manifests: Vec<Manifest> = self.files.par_iter().map(TextFile::manifest).collect();
        for (_, module) in program.modules() {
            if !module.path.ends_with("setup.py") && manifest::has_script_block(&module.text) {
                manifests.extend(manifest::read(manifest::File {
                    path: &module.path,
                    text: &module.text,
                    line_starts: &module.line_starts,
                }));
            }
        }
        manifests.extend(self.environment.clone());
        manifests.sort_by(|a, b| a.path.cmp(&b.path));
        let resolution = resolve(&manifests, None);
        let advisories = Advisories { database: self.database.as_ref(), age_days: self.age_days };
        clearance_supply::run(program, &manifests, &resolution, advisories)
    }
}

/// How old what the database says is. An archive that was fetched today may be old itself: dozens of records change every day, so the newest one tells.
fn age_days(database: &Database, now: i64) -> Option<i64> {
    let meta = database.meta();
    let newest = meta.newest().parse::<Timestamp>().ok().map(Timestamp::as_second);
    let checked = Some(meta.fresh()).filter(|checked| *checked > 0);
    let since = newest.into_iter().chain(checked).min()?;
    Some(now.saturating_sub(since).max(0) / DAY)
}

fn blind(text: String) -> Notice {
    Notice { path: Arc::from(""), line: None, kind: NoticeKind::Unreadable, text }
}
