//! What is kept between runs.
//!
//! Two things: what the analysis of a whole target gave, and the lowered form of each of its files. Both are known by everything that decides about
//! them, down to the content of every file, so that taking them over changes no byte of a report. They are written after the report.

mod whole;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use clearance_cache::{Key, KeyBuilder, Pack, Sealed, Store};
use clearance_checks::Settings as RuleSettings;
use clearance_deploy::DeployFile;
use clearance_finding::Notice;
use clearance_program::{Program, TemplateFile};
use clearance_python::{decode, encode, ir::ModuleIr};
use clearance_source::FileKind;
use rayon::prelude::*;

use super::{analyse::Analysis, plan::Plan, sources::Source, supply::Supplies, target::Target};
use crate::{console, folders};

/// Of this program; changes with all that may change what it finds.
const IDENTITY: &str = env!("CLEARANCE_BUILD");
/// Modules that are made bytes of at once.
const BATCH: usize = 256;

/// What is asked for on the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// The folder, if not the usual one.
    pub(crate) folder: Option<PathBuf>,
    /// Whether to say why there is no cache.
    pub(crate) verbose: bool,
}

/// What earlier runs left.
#[derive(Debug)]
pub(crate) struct Cache {
    store: Store,
    group: Key,
    /// Opened when the first module is asked for.
    pack: OnceLock<Pack>,
    verbose: bool,
}

impl Cache {
    /// Opens the cache. Without one, a run only takes longer.
    pub(crate) fn open(wish: &Wish, target: &Target) -> Option<Self> {
        let Some(folder) = folders::cache(wish.folder.as_deref()) else {
            note(wish.verbose, "nothing is cached: neither XDG_CACHE_HOME nor HOME says where");
            return None;
        };
        match Store::open(&folder, clearance_cache::DEFAULT_LIMIT) {
            Ok(store) => {
                Some(Self { store, group: group(target), pack: OnceLock::new(), verbose: wish.verbose })
            }
            Err(refused) => {
                note(wish.verbose, &format!("nothing is cached in {}: {refused}", folder.display()));
                None
            }
        }
    }

    /// What the analysis of `sources` gave, if that is known. The notices of the list of files are not in it.
    pub(crate) fn analysis(&self, run: &Key, sources: &[Source<'_>]) -> Option<Analysis> {
        let found = self.find_analysis(run, sources);
        if found.is_some() {
            self.tell("everything was known");
        }
        found
    }

    fn find_analysis(&self, run: &Key, sources: &[Source<'_>]) -> Option<Analysis> {
        whole::decode(&self.store.get(run)?, sources.iter().map(|source| source.file))
    }

    /// The lowered form of the text that is known by `key`, if it is there.
    pub(crate) fn module(&self, key: &Key, buffer: &mut Vec<u8>) -> Option<ModuleIr> {
        let pack = self.pack.get_or_init(|| Pack::open(&self.store, self.group));
        if pack.read(key, buffer) { decode(buffer) } else { None }
    }

    /// Says, to whoever wants to know, how many modules came from here.
    pub(crate) fn tell_modules(&self, origins: &[Origin]) {
        let kept = origins.iter().filter(|origin| origin.kept).count();
        self.tell(&format!("{kept} of {} modules were known", origins.len()));
    }

    fn tell(&self, text: &str) {
        if self.verbose {
            console::write_stderr("cache", text);
        }
    }
}

/// What the lowered form of the content of a file is known by.
pub(crate) fn module_key(kind: FileKind, bytes: &[u8]) -> Key {
    // The content by itself: one long piece is hashed several times as fast as one among others.
    let content = Key::of(bytes);
    let key = KeyBuilder::new("module").part(IDENTITY.as_bytes()).part(kind.as_str().as_bytes());
    key.part(content.as_bytes()).finish()
}

/// What is looked at beside the Python files.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) templates: &'a [TemplateFile],
    pub(crate) deployment: &'a [DeployFile],
    pub(crate) supplies: &'a Supplies,
    /// What of them could not be read.
    pub(crate) unseen: &'a [&'a [Notice]],
}

/// What the analysis of `sources` is known by.
pub(crate) fn run_key(
    plan: &Plan,
    settings: &RuleSettings,
    sources: &[Source<'_>],
    beside: Beside<'_>,
) -> Key {
    let mut key = KeyBuilder::new("run").part(IDENTITY.as_bytes());
    key.add(&[u8::from(settings.auditor), u8::from(settings.flow)]);
    key.add(&plan.options.max_file_bytes.to_le_bytes());
    for source in sources {
        let file = source.file;
        key.add(file.path.as_bytes());
        key.add(file.kind.as_str().as_bytes());
        key.add(file.role.as_str().as_bytes());
        key.add(&[u8::from(file.role_is_given)]);
        match (&source.bytes, &source.key) {
            (Err(notice), _) => {
                key.add(notice.kind.as_str().as_bytes());
                key.add(notice.text.as_bytes());
            }
            (Ok(_), Some(content)) => key.add(content.as_bytes()),
            (Ok(bytes), None) => key.add(bytes),
        }
    }
    for public in &plan.settings.public {
        key.add(public.path.as_bytes());
    }
    for template in beside.templates {
        key.add(template.path.as_bytes());
        key.add(template.role.as_str().as_bytes());
        key.add(template.text.as_bytes());
    }
    for file in beside.deployment {
        key.add(file.path.as_bytes());
        key.add(file.role.as_str().as_bytes());
        key.add(&[file.tracked.map_or(2, u8::from)]);
        key.add(&file.mode.unwrap_or(u32::MAX).to_le_bytes());
        key.add(file.text.as_bytes());
    }
    beside.supplies.add_to(&mut key);
    for notice in beside.unseen.iter().copied().flatten() {
        key.add(notice.path.as_bytes());
        key.add(notice.text.as_bytes());
    }
    key.finish()
}

/// The pack of a target.
fn group(target: &Target) -> Key {
    let mut key = KeyBuilder::new("pack").part(IDENTITY.as_bytes());
    for path in std::iter::once(&target.base).chain(&target.roots) {
        key.add(path.as_os_str().as_encoded_bytes());
    }
    key.finish()
}

/// Where the lowered form of a file comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The file.
    pub(crate) path: Arc<str>,
    /// What the form is known by.
    pub(crate) key: Option<Key>,
    /// Whether it was in the cache.
    pub(crate) kept: bool,
    /// Whether the parser failed on it.
    pub(crate) failed: bool,
}

/// What a run leaves for the next one.
pub(crate) struct Leavings {
    cache: Cache,
    run: Key,
    analysis: Option<Vec<u8>>,
    program: Program,
    /// Of each module of the program, in its order.
    origins: Vec<Origin>,
}

impl Leavings {
    /// Gathers them. The notices of the list of files are not among those of `analysis`.
    pub(crate) fn new(
        cache: Cache,
        run: Key,
        program: Program,
        mut origins: Vec<Origin>,
        analysis: &Analysis,
    ) -> Self {
        // As the program does with the modules.
        origins.sort_by(|a, b| a.path.cmp(&b.path));
        let failed = origins.iter().any(|origin| origin.failed);
        let analysis = if failed { None } else { whole::encode(analysis) };
        Self { cache, run, analysis, program, origins }
    }

    /// Writes them. What cannot be written is not there the next time.
    pub(crate) fn write(self) {
        let Self { cache: Cache { store, group, pack, verbose }, run, analysis, program, origins } = self;
        let pack = pack.into_inner().unwrap_or_else(|| Pack::open(&store, group));
        let whole = analysis.map_or(Ok(()), |bytes| store.put(&run, &bytes));
        let wanted: Vec<Key> =
            origins.iter().filter(|origin| origin.kept).filter_map(|origin| origin.key).collect();
        let new: Vec<(Key, &ModuleIr)> = origins
            .iter()
            .zip(&program.modules)
            .filter(|(origin, module)| !origin.kept && origin.path == module.path)
            .filter_map(|(origin, module)| Some((origin.key?, &module.ir)))
            .collect();
        let sealed = new.chunks(BATCH).map(|batch| {
            let seal = |(key, ir): &(Key, &ModuleIr)| Some(Sealed::new(*key, encode(ir)?));
            batch.par_iter().filter_map(seal).collect::<Vec<_>>()
        });
        let pack = pack.update(&store, &wanted, sealed);
        let written = whole.and(pack).and_then(|()| store.trim());
        if let Err(error) = written {
            note(verbose, &format!("the cache could not be written: {error}"));
        }
        // The process ends soon; taking the program apart before would only take time.
        std::mem::forget(program);
    }
}

fn note(verbose: bool, text: &str) {
    if verbose {
        console::write_stderr("note", text);
    }
}
