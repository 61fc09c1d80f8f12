//! Puts a database together.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rayon::prelude::*;

use super::{
    archive::{self, Entry},
    compile,
    database::Database,
    error::{DatabaseError, ImportError},
    format::Forecasts,
    lists,
    meta::{List, Meta, Source, Tally},
    osv::{self, Found},
    record::Record,
};
use crate::Ecosystem;

/// Files are parsed together until they have as many bytes.
const BATCH: usize = 32 << 20;
/// Malformed records that are named.
const NAMED: usize = 20;

/// Whether new records take the place of those of the same ecosystems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They do.
    Replace,
    /// Both count. Of two records with the same id the one that was changed last does.
    Add,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// What became of the files.
    pub tally: Tally,
    /// The first malformed records: the entry, and what is wrong with it.
    pub malformed: Vec<(String, String)>,
    /// For which ecosystems there were records.
    pub ecosystems: Vec<Ecosystem>,
}

/// Collects records and lists, and writes them as one database.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    /// By id.
    pub(super) records: BTreeMap<String, Record>,
    pub(super) epss: Option<(List, Forecasts)>,
    pub(super) kev: Option<(List, Vec<u64>)>,
    pub(super) sources: Vec<Source>,
}

impl Builder {
    /// Begins with nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with everything that is in a database.
    pub fn from_database(database: &Database) -> Result<Self, DatabaseError> {
        let records =
            database.records()?.into_iter().map(|record| (record.body.id.clone(), record)).collect();
        let meta = database.meta();
        let epss = match &meta.epss {
            Some(list) => Some((list.clone(), database.forecasts()?)),
            None => None,
        };
        let kev = match &meta.kev {
            Some(list) => Some((list.clone(), database.exploited()?)),
            None => None,
        };
        Ok(Self { records, epss, kev, sources: meta.sources.clone() })
    }

    /// Takes over the records of an archive, a folder or a file: of all ecosystems, or of one only. `source` says where they come from; its counts and ecosystems are filled in.
    /// On an error nothing is changed.
    pub fn add(
        &mut self,
        path: &Path,
        only: Option<Ecosystem>,
        mode: Mode,
        mut source: Source,
    ) -> Result<Imported, ImportError> {
        let (records, mut imported) = read(path, only)?;
        let mut present: BTreeSet<Ecosystem> = only.into_iter().collect();
        for record in &records {
            present.extend(record.affected.iter().map(|part| part.ecosystem));
        }
        if records.is_empty() {
            let wanted = only.map_or("PyPI or npm", Ecosystem::osv).to_owned();
            let malformed = match imported.malformed.first() {
                Some((entry, problem)) => {
                    format!("; {} are malformed, the first is {entry}: {problem}", imported.tally.malformed)
                }
                None => String::new(),
            };
            return Err(ImportError::Nothing { file: path.display().to_string(), wanted, malformed });
        }
        if mode == Mode::Replace {
            self.remove(&present);
        }
        imported.ecosystems = present.into_iter().collect();
        source.ecosystems.clone_from(&imported.ecosystems);
        source.tally = imported.tally;
        self.sources.retain(|known| mode == Mode::Replace || known.from != source.from);
        self.sources.push(source);
        for record in records {
            self.put(record);
        }
        Ok(imported)
    }

    /// Takes over forecasts of EPSS, in the place of earlier ones; `now` is in seconds since 1970.
    pub fn add_epss(&mut self, path: &Path, now: i64) -> Result<(), ImportError> {
        let read = lists::epss(path)?;
        self.epss = Some((list(path, &read.date, read.entries.len(), now), read.entries));
        Ok(())
    }

    /// Takes over CISA's catalogue, in the place of an earlier one; `now` is in seconds since 1970.
    pub fn add_kev(&mut self, path: &Path, now: i64) -> Result<(), ImportError> {
        let read = lists::kev(path)?;
        self.kev = Some((list(path, &read.date, read.entries.len(), now), read.entries));
        Ok(())
    }

    /// The bytes of the database; `now` is in seconds since 1970.
    pub fn build(&self, now: i64) -> Result<Vec<u8>, ImportError> {
        let meta = Meta {
            written: now,
            sources: self.sources.clone(),
            epss: self.epss.as_ref().map(|(list, _)| list.clone()),
            kev: self.kev.as_ref().map(|(list, _)| list.clone()),
            ..Meta::default()
        };
        compile::compile(self, meta).ok_or_else(|| ImportError::File {
            file: "the advisory database".to_owned(),
            problem: "there is more in it than its format can hold".to_owned(),
        })
    }

    /// Forgets what is known of some ecosystems.
    fn remove(&mut self, ecosystems: &BTreeSet<Ecosystem>) {
        self.records.retain(|_, record| {
            record.affected.retain(|part| !ecosystems.contains(&part.ecosystem));
            !record.affected.is_empty()
        });
        for source in &mut self.sources {
            source.ecosystems.retain(|ecosystem| !ecosystems.contains(ecosystem));
        }
        self.sources.retain(|source| !source.ecosystems.is_empty());
    }

    fn put(&mut self, new: Record) {
        let Some(known) = self.records.remove(&new.body.id) else {
            self.records.insert(new.body.id.clone(), new);
            return;
        };
        let (mut winner, loser) =
            if new.body.modified >= known.body.modified { (new, known) } else { (known, new) };
        let present: BTreeSet<Ecosystem> = winner.affected.iter().map(|part| part.ecosystem).collect();
        winner.affected.extend(loser.affected.into_iter().filter(|part| !present.contains(&part.ecosystem)));
        self.records.insert(winner.body.id.clone(), winner);
    }
}

fn list(path: &Path, date: &str, entries: usize, imported: i64) -> List {
    List { from: path.display().to_string(), date: date.to_owned(), entries: entries as u64, imported }
}

/// Reads all records of a file.
fn read(path: &Path, only: Option<Ecosystem>) -> Result<(Vec<Record>, Imported), ImportError> {
    let file = path.display().to_string();
    let mut all = Vec::new();
    let mut imported = Imported::default();
    let mut batch: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    let passed_over = archive::each(path, &mut |entry| {
        bytes += entry.bytes.len();
        batch.push(entry);
        if bytes >= BATCH {
            bytes = 0;
            parse(&file, std::mem::take(&mut batch), only, &mut all, &mut imported)?;
        }
        Ok(())
    })?;
    parse(&file, batch, only, &mut all, &mut imported)?;
    imported.tally.other += passed_over;
    Ok((all, imported))
}

fn parse(
    file: &str,
    batch: Vec<Entry>,
    only: Option<Ecosystem>,
    all: &mut Vec<Record>,
    imported: &mut Imported,
) -> Result<(), ImportError> {
    let found: Vec<Found> = batch.par_iter().map(|entry| osv::read(&entry.bytes, entry.syntax)).collect();
    let tally = &mut imported.tally;
    for (entry, found) in batch.into_iter().zip(found) {
        match found {
            Found::Record(mut record) => {
                record.affected.retain(|part| only.is_none_or(|only| part.ecosystem == only));
                if record.affected.is_empty() {
                    tally.elsewhere += 1;
                } else {
                    tally.records += 1;
                    all.push(*record);
                }
            }
            Found::Elsewhere => tally.elsewhere += 1,
            Found::Withdrawn => tally.withdrawn += 1,
            Found::Other => tally.other += 1,
            Found::Malformed(problem) => {
                tally.malformed += 1;
                if imported.malformed.len() < NAMED {
                    imported.malformed.push((entry.name, problem));
                }
            }
            Found::Hostile(problem) => {
                return Err(ImportError::Entry { file: file.to_owned(), entry: entry.name, problem });
            }
        }
    }
    Ok(())
}
