//! `clearance db`: the advisory database on this machine.

mod query;
mod status;

use std::{path::Path, time::Duration};

use clearance_supply::{
    Ecosystem,
    advisory::{self, Builder, Database, Imported, Mode, Source, Tally},
};
use clearance_verdict::controls;

use crate::{
    advisories::{
        fetch::{Between, Network},
        place,
        update::{self, Updated},
    },
    catalogue::Catalogue,
    cli_db::{DbCommand, ImportArgs, UpdateArgs},
    config::{CommandLine, Known, Loaded, Use, resolve},
    console,
    exit::{Exit, Failure},
    run::clock::Clock,
};

/// Runs the subcommand.
pub(crate) fn run(command: &DbCommand) -> Result<Exit, Failure> {
    match command {
        DbCommand::Update(args) => update(args),
        DbCommand::Import(args) => import(args),
        DbCommand::Status(args) => status::run(args),
        DbCommand::Query(args) => query::run(args),
    }
}

/// The database at a place, which must be there.
fn opened(index: &Path) -> Result<Database, Failure> {
    if !index.exists() {
        return Err(Failure::File(format!(
            "there is no advisory database at {}; `clearance db update` fetches one, `clearance db import` makes one of files",
            index.display()
        )));
    }
    Database::open(index).map_err(|error| Failure::File(error.to_string()))
}

fn update(args: &UpdateArgs) -> Result<Exit, Failure> {
    let index = place::index(args.index.index.as_deref())?;
    let catalogue = Catalogue::complete();
    let which = match &args.config {
        Some(file) => Use::Only(file.clone()),
        None if args.isolated => Use::Nothing,
        None => Use::Discovered,
    };
    let ids: Vec<&str> = controls().iter().map(|control| control.id.as_str()).collect();
    let loaded = Loaded::top(Path::new("."), &which)?;
    let known = Known { catalogue: &catalogue, controls: &ids };
    let settings = resolve(known, &loaded, &CommandLine::default())?.run.advisories;
    let mirror = match (&args.mirror, &settings.mirror) {
        (Some(mirror), _) => {
            update::check_mirror(mirror)
                .map_err(|problem| Failure::Usage(format!("option --mirror: {problem}")))?;
            mirror.clone()
        }
        (None, Some(mirror)) => {
            // Whoever wrote the configuration decides where the advisories come from; that shall not go unseen.
            console::write_stderr(
                "note",
                &format!("the mirror {} is that of {}", mirror.value, mirror.origin),
            );
            mirror.value.clone()
        }
        (None, None) => update::OSV.to_owned(),
    };
    let asked: Vec<Ecosystem> = args.ecosystem.iter().map(|word| word.ecosystem()).collect();
    let ecosystems = match (asked.is_empty(), settings.ecosystems.is_empty()) {
        (false, _) => asked,
        (true, false) => settings.ecosystems,
        (true, true) => fetched_before(&index),
    };
    let network = Network {
        timeout: Duration::from_secs(args.timeout),
        ca_file: args.ca_file.clone(),
        proxy: Between::of(args.proxy.as_deref())
            .map_err(|problem| Failure::Usage(format!("option --proxy: {problem}")))?,
        progress: !args.quiet,
    };
    let now = Clock::start()?.begin.as_second();
    let mut failure = None;
    for (at, &ecosystem) in ecosystems.iter().enumerate() {
        if ecosystems[..at].contains(&ecosystem) {
            continue;
        }
        // One ecosystem that cannot be had takes no other with it.
        match update::update(&index, &mirror, ecosystem, &network, now) {
            Ok(updated) => told(&index, ecosystem, &updated, args.quiet)?,
            Err(failed) => match failure {
                None => failure = Some(failed),
                Some(_) => console::write_stderr("error", &failed.to_string()),
            },
        }
    }
    failure.map_or(Ok(Exit::Met), Err)
}

/// PyPI, and whatever else is in the database and came over the network.
fn fetched_before(index: &Path) -> Vec<Ecosystem> {
    let mut all = vec![Ecosystem::PyPi];
    if let Some(database) = index.exists().then(|| Database::open(index).ok()).flatten() {
        let sources = database.meta().sources.iter().filter(|source| source.from.starts_with("https://"));
        all.extend(sources.flat_map(|source| source.ecosystems.iter().copied()));
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn told(index: &Path, ecosystem: Ecosystem, updated: &Updated, quiet: bool) -> Result<(), Failure> {
    if let Updated::New(imported) = updated {
        tell_malformed(ecosystem.osv(), imported);
    }
    if quiet {
        return Ok(());
    }
    let database = opened(index)?;
    let counted = database.meta().of(ecosystem);
    let (records, newest) = counted.map_or((0, ""), |counted| (counted.records, counted.newest.as_str()));
    let how = match updated {
        Updated::Unchanged => "nothing newer",
        Updated::New(_) => "updated",
    };
    let newest = newest.get(..10).unwrap_or("unknown");
    console::write_stdout(
        format!("{}: {how}, {records} records, the newest of {newest}\n", ecosystem.osv()).as_bytes(),
    )
}

/// What was left out, and the first of it.
fn tell_malformed(from: &str, imported: &Imported) {
    if let Some((entry, problem)) = imported.malformed.first() {
        let count = imported.tally.malformed;
        let text = match count {
            1 => format!("{from}: 1 malformed record is left out: {entry}: {problem}"),
            _ => format!("{from}: {count} malformed records are left out; the first is {entry}: {problem}"),
        };
        console::write_stderr("note", &text);
    }
}

fn import(args: &ImportArgs) -> Result<Exit, Failure> {
    let index = place::index(args.index.index.as_deref())?;
    let now = Clock::start()?.begin.as_second();
    let _lock = place::lock(&index)?;
    let failed = |error: &dyn std::fmt::Display| Failure::File(error.to_string());
    let old = update::present(&index);
    let mut builder = match &old {
        Some(database) => Builder::from_database(database).map_err(|error| failed(&error))?,
        None => Builder::new(),
    };
    let mut lines = String::new();
    for (number, path) in args.paths.iter().enumerate() {
        // Several files of one call count together.
        let mode = if args.add || number > 0 { Mode::Add } else { Mode::Replace };
        let source = Source {
            from: path.display().to_string(),
            ecosystems: Vec::new(),
            etag: None,
            imported: now,
            checked: now,
            tally: Tally::default(),
        };
        let imported = builder.add(path, None, mode, source).map_err(|error| failed(&error))?;
        tell_malformed(&path.display().to_string(), &imported);
        lines.push_str(&format!("{}: {}\n", path.display(), tally(&imported.tally)));
    }
    if let Some(file) = &args.epss {
        builder.add_epss(file, now).map_err(|error| failed(&error))?;
        lines.push_str(&format!("{}: forecasts taken over\n", file.display()));
    }
    if let Some(file) = &args.kev {
        builder.add_kev(file, now).map_err(|error| failed(&error))?;
        lines.push_str(&format!("{}: known exploited vulnerabilities taken over\n", file.display()));
    }
    let bytes = builder.build(now).map_err(|error| failed(&error))?;
    advisory::write(&index, &bytes).map_err(|cause| {
        Failure::File(format!("the advisory database {} cannot be written: {cause}", index.display()))
    })?;
    if !args.quiet {
        let safe: String = lines.lines().map(|line| format!("{}\n", console::safe(line))).collect();
        console::write_stdout(safe.as_bytes())?;
    }
    Ok(Exit::Met)
}

/// What became of the files of a source, in words.
fn tally(tally: &Tally) -> String {
    let mut text = format!("{} records", tally.records);
    let rest = [
        (tally.withdrawn, "withdrawn"),
        (tally.elsewhere, "about other ecosystems"),
        (tally.malformed, "malformed"),
        (tally.other, "files that are no records"),
    ];
    let left_out: Vec<String> =
        rest.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !left_out.is_empty() {
        text.push_str(&format!("; left out: {}", left_out.join(", ")));
    }
    text
}
