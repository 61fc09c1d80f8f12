//! Whether an advisory holds for a version.

use std::{
    cmp::Ordering,
    sync::{Arc, OnceLock},
};

use super::{
    format::{PackageEntry, PartEntry, Place},
    model::{Advisory, End, Interval, Unclear},
    range::{self, Range},
};
use crate::{Ecosystem, Version, version::Parsed};

/// A package, ready to be asked.
#[derive(Debug)]
pub(super) struct Package {
    /// Those that compare, ascending.
    comparable: Vec<Version>,
    /// The others, by text; their numbers follow those of the ones that compare.
    others: Vec<String>,
    /// Every bound of a range, ascending. Versions are placed among them once, so that a question is a comparison of numbers.
    points: Vec<Version>,
    pub(super) groups: Vec<Group>,
    known: OnceLock<Vec<Version>>,
}

/// A vulnerability in a package.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) bodies: Place,
    pub(super) parts: Vec<Part>,
    /// Filled when it is first shown.
    pub(super) advisory: OnceLock<Arc<Advisory>>,
    pub(super) fixed: OnceLock<Arc<[Version]>>,
}

/// What one record says of a package.
#[derive(Debug)]
pub(super) struct Part {
    /// Runs of version numbers.
    listed: Vec<(u32, u32)>,
    ranges: Vec<Range>,
    /// The intervals of all ranges: the first place, and the first behind.
    spans: Vec<(u32, u32)>,
    commits: bool,
    /// Which of the bodies says it.
    record: u32,
    pub(super) symbols: Vec<String>,
}

/// What a part or a group says of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Says {
    Affected,
    NotAffected,
    Unclear(Unclear),
}

/// A version, and which of the listed ones it is.
#[derive(Debug)]
pub(super) struct Asked<'v> {
    version: &'v Version,
    /// Of a local version also that of the public one, which it was built from.
    numbers: [Option<u32>; 2],
    /// Its place among the bounds; none where it does not compare.
    place: Option<u32>,
}

/// Behind all places.
const END: u32 = u32::MAX;

impl Package {
    /// Makes an entry of the index comparable.
    pub(super) fn new(entry: PackageEntry) -> Self {
        let ecosystem = entry.ecosystem;
        let mut comparable = Vec::new();
        let mut others = Vec::new();
        let count = entry.comparable as usize;
        for (number, text) in entry.versions.into_iter().enumerate() {
            let version = Version::new(ecosystem, &text);
            // What the index says to compare is put down as comparing nowhere if it does not; runs stay in step.
            if number < count { comparable.push(version) } else { others.push(text) }
        }
        let groups = entry.groups.into_iter().map(|group| Group {
            bodies: group.bodies,
            parts: group.parts.into_iter().map(|part| Part::new(ecosystem, part)).collect(),
            advisory: OnceLock::new(),
            fixed: OnceLock::new(),
        });
        let mut groups: Vec<Group> = groups.collect();
        let ranges = || groups.iter().flat_map(|group| &group.parts).flat_map(|part| &part.ranges);
        let points = ascending(ranges().flat_map(Range::bounds).cloned().collect());
        for part in groups.iter_mut().flat_map(|group| &mut group.parts) {
            part.spans = part
                .ranges
                .iter()
                .flat_map(|range| &range.intervals)
                .map(|interval| span(&points, interval))
                .collect();
        }
        Self { comparable, others, points, groups, known: OnceLock::new() }
    }

    /// Looks a version up in the list.
    pub(super) fn ask<'v>(&self, version: &'v Version) -> Asked<'v> {
        let numbers = match &version.parsed {
            None => {
                let at = self.others.binary_search_by(|other| other.as_str().cmp(&version.text)).ok();
                [at.map(|at| (self.comparable.len() + at) as u32), None]
            }
            Some(Parsed::Python(python)) if python.is_local() => {
                let public = Version {
                    text: String::new(),
                    parsed: Some(Parsed::Python(python.clone().without_local())),
                };
                [self.number(version), self.number(&public)]
            }
            Some(_) => [self.number(version), None],
        };
        let place = version.parsed.as_ref().map(|_| place(&self.points, version));
        Asked { version, numbers, place }
    }

    fn number(&self, version: &Version) -> Option<u32> {
        let found = self
            .comparable
            .binary_search_by(|known| range::compare(known, version).unwrap_or(Ordering::Less));
        found.ok().and_then(|at| u32::try_from(at).ok())
    }

    /// Every version that the advisories name, listed or as a bound, ascending.
    pub(super) fn known(&self) -> &[Version] {
        self.known.get_or_init(|| ascending(self.points.iter().chain(&self.comparable).cloned().collect()))
    }
}

impl Group {
    /// What its parts say together: affected, where one says so; unclear, where none says more.
    pub(super) fn says(&self, asked: &Asked<'_>) -> Says {
        let mut unclear = None;
        let mut decided = false;
        for part in &self.parts {
            match part.says(asked) {
                Says::Affected => return Says::Affected,
                Says::NotAffected => decided = true,
                Says::Unclear(why) => unclear = unclear.or(Some(why)),
            }
        }
        match unclear {
            Some(why) if !decided => Says::Unclear(why),
            _ => Says::NotAffected,
        }
    }

    /// Versions that fix it, ascending, less those that are affected all the same.
    pub(super) fn fixed(&self, package: &Package) -> Arc<[Version]> {
        let fixed = self.fixed.get_or_init(|| {
            let ranges = self.parts.iter().flat_map(|part| &part.ranges);
            let mut fixed = ascending(ranges.flat_map(|range| range.fixed.iter().cloned()).collect());
            fixed.retain(|version| self.says(&package.ask(version)) != Says::Affected);
            fixed.into()
        });
        Arc::clone(fixed)
    }

    /// The numbers of the bodies that speak of the package.
    pub(super) fn records(&self) -> impl Iterator<Item = usize> + '_ {
        self.parts.iter().map(|part| part.record as usize)
    }

    /// Vulnerable parts, of all records.
    pub(super) fn symbols(&self) -> Vec<String> {
        let mut symbols: Vec<String> =
            self.parts.iter().flat_map(|part| part.symbols.iter().cloned()).collect();
        symbols.sort();
        symbols.dedup();
        symbols
    }
}

impl Part {
    fn new(ecosystem: Ecosystem, entry: PartEntry) -> Self {
        let ranges = entry.ranges.iter().filter(|events| !events.is_empty());
        Self {
            ranges: ranges.map(|events| Range::new(ecosystem, events)).collect(),
            spans: Vec::new(),
            listed: entry.listed,
            commits: entry.commits,
            record: entry.record,
            symbols: entry.symbols,
        }
    }

    fn lists(&self, number: u32) -> bool {
        let behind = self.listed.partition_point(|(first, _)| *first <= number);
        let run = behind.checked_sub(1).and_then(|at| self.listed.get(at));
        run.is_some_and(|(first, count)| number - first < *count)
    }

    /// Whether an interval holds the place; what has none lies only in what has no bounds.
    fn covers(&self, place: Option<u32>) -> bool {
        match place {
            Some(place) => self.spans.iter().any(|(first, behind)| (*first..*behind).contains(&place)),
            None => self.spans.contains(&(0, END)),
        }
    }

    fn says(&self, asked: &Asked<'_>) -> Says {
        if asked.numbers.into_iter().flatten().any(|number| self.lists(number)) || self.covers(asked.place) {
            return Says::Affected;
        }
        let exact = || self.ranges.iter().flat_map(|range| &range.exact);
        if exact().any(|(text, affected)| *affected && *text == asked.version.text) {
            return Says::Affected;
        }
        // A list is complete as far as it goes; nothing beyond it is guessed.
        if !self.listed.is_empty() || exact().any(|(text, _)| *text == asked.version.text) {
            return Says::NotAffected;
        }
        if self.ranges.is_empty() {
            return Says::Unclear(if self.commits { Unclear::OnlyCommits } else { Unclear::NoVersions });
        }
        match range::unclear_bound(&self.ranges) {
            Some(why) => Says::Unclear(why),
            None if asked.version.parsed.is_none() => Says::Unclear(Unclear::Version),
            None => Says::NotAffected,
        }
    }
}

/// Versions that compare, sorted, each once; of several spellings the first.
fn ascending(mut versions: Vec<Version>) -> Vec<Version> {
    versions.retain(|version| version.parsed.is_some());
    versions.sort_by(|one, other| {
        range::compare(one, other).unwrap_or(Ordering::Equal).then_with(|| one.text.cmp(&other.text))
    });
    versions.dedup_by(|one, other| range::compare(one, other) == Some(Ordering::Equal));
    versions
}

/// The place of a version: odd at a point, even between points.
fn place(points: &[Version], version: &Version) -> u32 {
    let found = points.binary_search_by(|point| range::compare(point, version).unwrap_or(Ordering::Less));
    let place = match found {
        Ok(at) => 2 * at + 1,
        Err(at) => 2 * at,
    };
    u32::try_from(place).unwrap_or(END - 1)
}

/// The places of an interval whose bounds are points.
fn span(points: &[Version], interval: &Interval) -> (u32, u32) {
    let first = interval.introduced.as_ref().map_or(0, |version| place(points, version));
    let behind = match &interval.end {
        End::Open => END,
        End::Before(version) => place(points, version),
        End::With(version) => place(points, version) + 1,
    };
    (first, behind)
}
