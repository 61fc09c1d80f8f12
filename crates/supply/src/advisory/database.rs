//! The database, to be asked.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, hash_map::Entry},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use pep440_rs::Operator;
use rustc_hash::FxHashMap;

use super::{
    builder::{Builder, Imported, Mode},
    error::{DatabaseError, ImportError},
    evaluate::{Group, Package, Says},
    format::{self, Bodies, Forecasts, PackageEntry, Place},
    index::{self, Index},
    lists, merge,
    meta::{Meta, Source, Tally},
    model::{Advisory, Epss, Exploitation, Matched, Outcome, RangeMatch, RangeOutcome, Undecided},
    range,
    record::{AffectedPart, Record},
};
use crate::{Ecosystem, PackageName, Version, manifest::RequirementRange, version::Parsed};

/// Packages that are kept ready to be asked.
const KEPT: usize = 8192;

/// An advisory database. May be asked from many threads at once.
#[derive(Debug)]
pub struct Database {
    index: Index,
    packages: Mutex<Packages>,
}

/// Packages that were asked about; nothing where none is known.
type Packages = FxHashMap<(Ecosystem, PackageName), Option<Arc<Package>>>;

impl Database {
    /// Opens a compiled database; anything else is read as raw records, all in memory.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        if index::is_index(path) {
            return Ok(Self::of(Index::open(path)?));
        }
        Self::import(path).map(|(database, _)| database)
    }

    /// Reads raw records (a record, a folder or an archive of them) into a database in memory.
    pub fn import(path: &Path) -> Result<(Self, Imported), ImportError> {
        let from = path.display().to_string();
        let mut builder = Builder::new();
        let source = Source {
            from: from.clone(),
            ecosystems: Vec::new(),
            etag: None,
            imported: 0,
            checked: 0,
            tally: Tally::default(),
        };
        let imported = builder.add(path, None, Mode::Replace, source)?;
        Ok((Self::of_bytes(&from, builder.build(0)?)?, imported))
    }

    /// Opens the bytes of a compiled database; `file` is what messages call it.
    pub fn of_bytes(file: &str, bytes: Vec<u8>) -> Result<Self, DatabaseError> {
        Ok(Self::of(Index::of_bytes(file.to_owned(), bytes)?))
    }

    fn of(index: Index) -> Self {
        Self { index, packages: Mutex::default() }
    }

    /// Where it comes from.
    pub fn meta(&self) -> &Meta {
        &self.index.head.meta
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.index.size
    }

    /// The same database with another account of itself; only what it says of its sources may differ.
    pub fn with_meta(&self, meta: Meta) -> Result<Vec<u8>, DatabaseError> {
        let mut head = self.index.head.clone();
        head.meta = meta;
        self.index.rewritten(&head)
    }

    /// What holds for a version of a package.
    pub fn lookup(
        &self,
        ecosystem: Ecosystem,
        name: &PackageName,
        version: &Version,
    ) -> Result<Outcome, DatabaseError> {
        match self.package(ecosystem, name)? {
            Some(package) => self.outcome(&package, version),
            None => Ok(Outcome::default()),
        }
    }

    /// What holds for the known versions in a range. A range that is not understood holds none.
    pub fn range(
        &self,
        ecosystem: Ecosystem,
        name: &PackageName,
        range: &RequirementRange,
    ) -> Result<RangeOutcome, DatabaseError> {
        let mut found =
            RangeOutcome { known: 0, affected: 0, newest: None, matched: Vec::new(), undecided: Vec::new() };
        let Some(package) = self.package(ecosystem, name)? else { return Ok(found) };
        let inside = versions_in(package.known(), range);
        found.known = inside.len();
        let mut hit = vec![false; inside.len()];
        for group in &package.groups {
            let mut affected = 0;
            let mut newest = false;
            let mut unclear = None;
            for (at, version) in inside.iter().enumerate() {
                match group.says(&package.ask(version)) {
                    Says::Affected => {
                        affected += 1;
                        hit[at] = true;
                        newest = at + 1 == inside.len();
                    }
                    Says::NotAffected => {}
                    Says::Unclear(why) => unclear = Some(why),
                }
            }
            // What names no version at all may be about all of them.
            if inside.is_empty()
                && let Says::Unclear(why) = group.says(&package.ask(&Version::new(ecosystem, "")))
            {
                unclear = Some(why);
            }
            if affected > 0 {
                let advisory = self.advisory(group)?;
                found.matched.push(RangeMatch { advisory, fixed: group.fixed(&package), affected, newest });
            } else if let Some(why) = unclear {
                found.undecided.push(Undecided { advisory: self.advisory(group)?, why });
            }
        }
        found.affected = hit.iter().filter(|hit| **hit).count();
        if let Some(&newest) = inside.last() {
            found.newest = Some((newest.clone(), self.outcome(&package, newest)?));
        }
        Ok(found)
    }

    /// Every version of a package that an advisory names, as affected or as a bound, ascending. A package has others.
    pub fn known_versions(
        &self,
        ecosystem: Ecosystem,
        name: &PackageName,
    ) -> Result<Vec<Version>, DatabaseError> {
        Ok(self.package(ecosystem, name)?.map_or(Vec::new(), |package| package.known().to_vec()))
    }

    fn outcome(&self, package: &Package, version: &Version) -> Result<Outcome, DatabaseError> {
        let asked = package.ask(version);
        let mut outcome = Outcome::default();
        for group in &package.groups {
            match group.says(&asked) {
                Says::NotAffected => {}
                Says::Affected => {
                    let fixed = group.fixed(package);
                    let above = |fix: &Version| range::compare(fix, version).is_some_and(Ordering::is_gt);
                    let next = fixed.iter().position(above);
                    outcome.matched.push(Matched { advisory: self.advisory(group)?, fixed, next });
                }
                Says::Unclear(why) => {
                    outcome.undecided.push(Undecided { advisory: self.advisory(group)?, why });
                }
            }
        }
        Ok(outcome)
    }

    fn package(
        &self,
        ecosystem: Ecosystem,
        name: &PackageName,
    ) -> Result<Option<Arc<Package>>, DatabaseError> {
        let key = (ecosystem, name.clone());
        let kept = || self.packages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(&key) {
            return Ok(known.clone());
        }
        let mut found = None;
        for place in self.index.places(ecosystem, name.as_str()) {
            let entry: PackageEntry = self.index.get(place)?;
            if entry.ecosystem == ecosystem && entry.name == name.as_str() {
                found = Some(Arc::new(Package::new(entry)));
                break;
            }
        }
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, found.clone());
        Ok(found)
    }

    fn advisory(&self, group: &Group) -> Result<Arc<Advisory>, DatabaseError> {
        if let Some(known) = group.advisory.get() {
            return Ok(Arc::clone(known));
        }
        let bodies: Bodies = self.index.get(group.bodies)?;
        let mut advisory = merge::advisory(&bodies, group.records(), group.symbols());
        advisory.exploitation = self.exploitation(&advisory)?;
        Ok(Arc::clone(group.advisory.get_or_init(|| Arc::new(advisory))))
    }

    fn exploitation(&self, advisory: &Advisory) -> Result<Option<Exploitation>, DatabaseError> {
        let head = &self.index.head;
        if head.kev.is_none() && head.epss.is_empty() {
            return Ok(None);
        }
        let keys: Vec<u64> = advisory.ids().filter_map(lists::cve_key).collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let mut found = Exploitation::default();
        if head.kev.is_some() {
            let known = self.exploited()?;
            found.known_exploited = Some(keys.iter().any(|key| known.binary_search(key).is_ok()));
        }
        for key in keys {
            let Some(at) = head.epss.partition_point(|(first, _)| *first <= key).checked_sub(1) else {
                continue;
            };
            let forecasts: Forecasts = self.index.get(Place { block: head.epss[at].1, offset: 0 })?;
            let Ok(at) = forecasts.binary_search_by_key(&key, |entry| entry.0) else { continue };
            let share = |millionths: u32| f64::from(millionths) / 1e6;
            let epss = Epss { probability: share(forecasts[at].1), percentile: share(forecasts[at].2) };
            if found.epss.is_none_or(|known| known.probability < epss.probability) {
                found.epss = Some(epss);
            }
        }
        Ok(Some(found))
    }

    /// All forecasts.
    pub(super) fn forecasts(&self) -> Result<Forecasts, DatabaseError> {
        let mut all = Forecasts::new();
        for (_, block) in &self.index.head.epss {
            all.extend(self.index.get::<Forecasts>(Place { block: *block, offset: 0 })?);
        }
        Ok(all)
    }

    /// The known exploited vulnerabilities.
    pub(super) fn exploited(&self) -> Result<Vec<u64>, DatabaseError> {
        match self.index.head.kev {
            Some(block) => self.index.get(Place { block, offset: 0 }),
            None => Ok(Vec::new()),
        }
    }

    /// All records, as they were taken over.
    pub(super) fn records(&self) -> Result<Vec<Record>, DatabaseError> {
        let mut bodies: FxHashMap<Place, Bodies> = FxHashMap::default();
        let mut records: BTreeMap<String, Record> = BTreeMap::new();
        for &block in &self.index.head.packages {
            for package in self.index.all::<PackageEntry>(block)? {
                self.take_apart(package, &mut bodies, &mut records)?;
            }
        }
        Ok(records.into_values().collect())
    }

    /// Adds what a package's entry says to the records that say it.
    fn take_apart(
        &self,
        package: PackageEntry,
        bodies: &mut FxHashMap<Place, Bodies>,
        records: &mut BTreeMap<String, Record>,
    ) -> Result<(), DatabaseError> {
        for group in package.groups {
            let bodies = match bodies.entry(group.bodies) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(self.index.get(group.bodies)?),
            };
            for part in group.parts {
                let Some(body) = bodies.get(part.record as usize) else {
                    return Err(self.index.damaged("a record is missing"));
                };
                let record = records
                    .entry(body.id.clone())
                    .or_insert_with(|| Record { body: body.clone(), affected: Vec::new() });
                let mut versions = Vec::new();
                for (first, count) in part.listed {
                    let run = (first as usize)..(first as usize).saturating_add(count as usize);
                    let Some(run) = package.versions.get(run) else {
                        return Err(self.index.damaged("a version is missing"));
                    };
                    versions.extend(run.iter().cloned());
                }
                record.affected.push(AffectedPart {
                    ecosystem: package.ecosystem,
                    name: package.name.clone(),
                    ranges: part.ranges,
                    commits: part.commits,
                    versions,
                    symbols: part.symbols,
                });
            }
        }
        Ok(())
    }
}

/// The known versions in a range, ascending. As with pip, those before a release count only where the range asks for one, or where there is nothing else.
fn versions_in<'v>(known: &'v [Version], range: &RequirementRange) -> Vec<&'v Version> {
    match range {
        RequirementRange::PythonAnyOf(any) => {
            let inside: Vec<&Version> = any
                .iter()
                .flat_map(|specifiers| versions_in(known, &RequirementRange::Python(specifiers.clone())))
                .collect();
            known.iter().filter(|version| inside.iter().any(|other| std::ptr::eq(*other, *version))).collect()
        }
        RequirementRange::Unknown(_) => Vec::new(),
        RequirementRange::Npm(range) => {
            let inside = |version: &&Version| match &version.parsed {
                Some(Parsed::Semantic(version)) => range.satisfies(version),
                _ => false,
            };
            known.iter().filter(inside).collect()
        }
        RequirementRange::Python(specifiers) => {
            let inside = |version: &&Version| match &version.parsed {
                Some(Parsed::Python(version)) => specifiers.contains(version),
                _ => false,
            };
            let all: Vec<&Version> = known.iter().filter(inside).collect();
            let asks_for_early = |specifier: &pep440_rs::VersionSpecifier| {
                specifier.any_prerelease()
                    && !matches!(specifier.operator(), Operator::NotEqual | Operator::NotEqualStar)
            };
            if specifiers.iter().any(asks_for_early) {
                return all;
            }
            let is_final = |version: &&&Version| match &version.parsed {
                Some(Parsed::Python(version)) => !version.any_prerelease(),
                _ => true,
            };
            let finals: Vec<&Version> = all.iter().filter(is_final).copied().collect();
            if finals.is_empty() { all } else { finals }
        }
    }
}

/// Writes a database to a file, whole or not at all: beside its place, then under its name.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The format that is written and read.
pub const fn format() -> u16 {
    format::FORMAT
}
