//! Before anything is analysed: the configuration and the list of files.

use std::{collections::BTreeSet, path::PathBuf};

use clearance_source::{Inventory, Options, inventory};
use clearance_verdict::controls;

use super::{
    clock::Clock,
    secrets::{Known as KnownSecrets, Past},
    target::Target,
};
use crate::{
    catalogue::Catalogue,
    cli::RuleArgs,
    config::{CommandLine, Known, Loaded, ModelFile, Settings, Use, read_models, resolve},
    exit::Failure,
    words::FailOn,
};

/// What a run works on.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    /// The files, roles from the configuration included.
    pub(crate) inventory: Inventory,
    pub(crate) options: Options,
    /// The models of the project.
    pub(crate) models: Vec<ModelFile>,
    /// What is known of credentials.
    pub(crate) secrets: KnownSecrets,
    /// The advisories to use instead of the user's own database: a compiled one, or raw records.
    pub(crate) advisories: Option<PathBuf>,
    /// A folder of installed packages that belongs to the target.
    pub(crate) environment: Option<PathBuf>,
    /// What of git is searched for credentials.
    pub(crate) past: Past,
    /// When the run began, in seconds since 1970.
    pub(crate) now: i64,
    /// Calls that are not modelled are looked for.
    pub(crate) explain_unknown: bool,
}

impl Plan {
    /// Whether what comes of the plan depends on nothing but files of the target and settings that the key of a kept run is made of.
    pub(crate) fn is_cacheable(&self) -> bool {
        self.models.is_empty() && self.secrets.is_built_in() && !self.explain_unknown
    }
}

/// Reads the configuration of `target` and lists its files.
pub(crate) fn plan(
    catalogue: &Catalogue,
    target: &Target,
    args: &RuleArgs,
    fail_on: Option<FailOn>,
) -> Result<Plan, Failure> {
    let line = args.command_line(fail_on);
    let loaded = Loaded::top(&target.base, &args.files())?;
    let settings = resolve_for(catalogue, &loaded, &line)?;
    let inventory = inventory(&target.roots, &source_options(&settings))?;
    finish(catalogue, target, args, &line, (loaded, settings), inventory)
}

/// The plan for one file from standard input; the configuration is the one for its name in the working directory.
pub(crate) fn plan_stdin(
    catalogue: &Catalogue,
    target: &Target,
    args: &RuleArgs,
    fail_on: Option<FailOn>,
    inventory: Inventory,
) -> Result<Plan, Failure> {
    let line = args.command_line(fail_on);
    let loaded = Loaded::top(&target.base, &args.files())?;
    let settings = resolve_for(catalogue, &loaded, &line)?;
    finish(catalogue, target, args, &line, (loaded, settings), inventory)
}

/// Adds the configuration of inner folders and applies it to the list of files.
fn finish(
    catalogue: &Catalogue,
    target: &Target,
    args: &RuleArgs,
    line: &CommandLine,
    (mut loaded, mut settings): (Loaded, Settings),
    mut inventory: Inventory,
) -> Result<Plan, Failure> {
    if args.files() == Use::Discovered {
        let before = loaded.files.len() + loaded.notes.len();
        let folders = folders(&inventory);
        loaded.add_inside(&target.base, folders.iter().map(String::as_str))?;
        if loaded.files.len() + loaded.notes.len() > before {
            settings = resolve_for(catalogue, &loaded, line)?;
        }
    }
    apply(&settings, &mut inventory);
    let options = source_options(&settings);
    let models = read_models(&settings.run.models)?;
    let discover = args.files() == Use::Discovered;
    let mut secrets = KnownSecrets::read(&settings.run.secrets, &target.base, discover)?;
    secrets.only = args.secrets_only;
    Ok(Plan {
        settings,
        inventory,
        options,
        models,
        secrets,
        advisories: args.advisories.clone(),
        environment: args.environment.clone(),
        past: args.past(),
        now: Clock::start()?.begin.as_second(),
        explain_unknown: false,
    })
}

/// The configuration of `target` without that of inner folders.
pub(crate) fn settings_at_top(
    catalogue: &Catalogue,
    target: &Target,
    args: &RuleArgs,
    fail_on: Option<FailOn>,
) -> Result<Settings, Failure> {
    let loaded = Loaded::top(&target.base, &args.files())?;
    resolve_for(catalogue, &loaded, &args.command_line(fail_on))
}

/// The configuration of `target` with that of all its folders.
pub(crate) fn settings_for(
    catalogue: &Catalogue,
    target: &Target,
    args: &RuleArgs,
    fail_on: Option<FailOn>,
) -> Result<Settings, Failure> {
    Ok(plan(catalogue, target, args, fail_on)?.settings)
}

fn resolve_for(catalogue: &Catalogue, loaded: &Loaded, line: &CommandLine) -> Result<Settings, Failure> {
    let ids: Vec<&str> = controls().iter().map(|control| control.id.as_str()).collect();
    let known = Known { catalogue, controls: &ids };
    Ok(resolve(known, loaded, line)?)
}

/// What the walk itself needs: patterns of the target's own folder, so that excluded folders are not entered. All others are applied to the list.
fn source_options(settings: &Settings) -> Options {
    let defaults = Options::default();
    Options {
        exclude: settings.walk_excludes(),
        max_file_bytes: settings
            .run
            .max_file_size
            .as_ref()
            .map_or(defaults.max_file_bytes, |size| size.value),
        ..defaults
    }
}

/// Every folder between the target and a file, parents first, without the target itself. A name from the command line that leads elsewhere has none.
fn folders(inventory: &Inventory) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for file in &inventory.files {
        let mut path: &str = &file.path;
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            continue;
        }
        while let Some((folder, _)) = path.rsplit_once('/') {
            if !folders.insert(folder.to_owned()) {
                break;
            }
            path = folder;
        }
    }
    folders
}

/// Takes from `inventory` what the configuration excludes, and gives files their roles.
pub(crate) fn apply(settings: &Settings, inventory: &mut Inventory) {
    let listed = inventory.files.len();
    inventory.files.retain(|file| settings.excluded(&file.path).is_none());
    inventory.notices.retain(|notice| settings.excluded(&notice.path).is_none());
    inventory.excluded += u32::try_from(listed - inventory.files.len()).unwrap_or(u32::MAX);
    for file in &mut inventory.files {
        if let Some(rule) = settings.role(&file.path) {
            file.role = rule.role;
            file.role_is_given = true;
        }
    }
}
