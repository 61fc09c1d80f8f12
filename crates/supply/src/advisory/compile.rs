//! Makes the bytes of an index.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    io::Write,
};

use flate2::{Compression, write::DeflateEncoder};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{
    builder::Builder,
    format::{
        self, BLOCK, BlockInfo, Bodies, Forecasts, GroupEntry, Head, PackageEntry, PartEntry, Place, ROW,
    },
    merge,
    meta::{Counted, Meta},
    range,
    record::{AffectedPart, Record},
};
use crate::{Ecosystem, Version};

/// Forecasts in one block.
const FORECASTS: usize = 4096;

/// The whole file; nothing where a number does not fit.
pub(super) fn compile(from: &Builder, mut meta: Meta) -> Option<Vec<u8>> {
    let records: Vec<&Record> = from.records.values().collect();
    let groups = merge::groups(&records);
    let mut blocks = Blocks::default();
    let mut places = Vec::with_capacity(groups.len());
    for group in &groups {
        let bodies: Bodies = group.iter().map(|&at| records[at].body.clone()).collect();
        places.push(blocks.put(&bodies)?);
    }
    blocks.close();
    let packages = packages(&records, &groups, &places);
    let first_of_packages = blocks.finished.len();
    let mut table = Vec::with_capacity(packages.len());
    for package in &packages {
        let place = blocks.put(package)?;
        table.push((format::hash(package.ecosystem, &package.name), place));
    }
    blocks.close();
    let package_blocks =
        (first_of_packages..blocks.finished.len()).map(u32::try_from).collect::<Result<_, _>>().ok()?;
    let mut epss = Vec::new();
    for chunk in from.epss.iter().flat_map(|(_, entries)| entries.chunks(FORECASTS)) {
        let place = blocks.put(&Forecasts::from(chunk))?;
        epss.push((chunk.first()?.0, place.block));
        blocks.close();
    }
    let mut kev = None;
    if let Some((_, entries)) = &from.kev {
        kev = Some(blocks.put(entries)?.block);
        blocks.close();
    }
    meta.advisories = groups.len() as u64;
    meta.ecosystems = counted(&records, &packages);
    let packed: Vec<Vec<u8>> = blocks.finished.par_iter().map(|block| pack(block)).collect::<Option<_>>()?;
    let infos = blocks.finished.iter().zip(&packed).map(|(raw, packed)| {
        Some(BlockInfo {
            length: u32::try_from(packed.len()).ok()?,
            unpacked: u32::try_from(raw.len()).ok()?,
            checksum: format::checksum(packed),
        })
    });
    let head = Head { meta, blocks: infos.collect::<Option<_>>()?, epss, kev, packages: package_blocks };
    table.sort_by_key(|(hash, place)| (*hash, place.block, place.offset));
    let mut rows = Vec::with_capacity(table.len() * ROW);
    for (hash, place) in table {
        rows.extend_from_slice(&hash.to_le_bytes());
        rows.extend_from_slice(&place.block.to_le_bytes());
        rows.extend_from_slice(&place.offset.to_le_bytes());
    }
    let mut out = format::front(&head, &rows)?;
    packed.iter().for_each(|block| out.extend_from_slice(block));
    Some(out)
}

fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(7));
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Blocks that are being filled.
#[derive(Default)]
struct Blocks {
    finished: Vec<Vec<u8>>,
    open: Vec<u8>,
}

impl Blocks {
    fn put<T: Serialize>(&mut self, value: &T) -> Option<Place> {
        let bytes = postcard::to_stdvec(value).ok()?;
        if !self.open.is_empty() && self.open.len() + bytes.len() > BLOCK {
            self.close();
        }
        let place = Place {
            block: u32::try_from(self.finished.len()).ok()?,
            offset: u32::try_from(self.open.len()).ok()?,
        };
        self.open.extend_from_slice(&bytes);
        Some(place)
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.finished.push(std::mem::take(&mut self.open));
        }
    }
}

/// A group, the number of a record in it, and what that record says.
type Said<'r> = (usize, u32, &'r AffectedPart);

/// Every package with the groups that are about it.
fn packages(records: &[&Record], groups: &[Vec<usize>], places: &[Place]) -> Vec<PackageEntry> {
    // By package: group, number of the record in it, what the record says.
    let mut by_package: BTreeMap<(Ecosystem, &str), Vec<Said<'_>>> = BTreeMap::new();
    for (group, members) in groups.iter().enumerate() {
        for (number, &at) in (0_u32..).zip(members) {
            for part in &records[at].affected {
                by_package.entry((part.ecosystem, &part.name)).or_default().push((group, number, part));
            }
        }
    }
    let by_package: Vec<_> = by_package.into_iter().collect();
    by_package
        .into_par_iter()
        .map(|((ecosystem, name), parts)| {
            let (versions, comparable, numbers) = versions(ecosystem, &parts);
            let mut entries: Vec<GroupEntry> = Vec::new();
            for (group, record, part) in parts {
                let entry = PartEntry {
                    record,
                    listed: runs(part, &numbers),
                    ranges: part.ranges.clone(),
                    commits: part.commits,
                    symbols: part.symbols.clone(),
                };
                match entries.last_mut() {
                    Some(last) if last.bodies == places[group] => last.parts.push(entry),
                    _ => entries.push(GroupEntry { bodies: places[group], parts: vec![entry] }),
                }
            }
            PackageEntry { ecosystem, name: name.to_owned(), versions, comparable, groups: entries }
        })
        .collect()
}

/// The versions of a package, how many of them compare, and the number of each as written.
type Listed<'r> = (Vec<String>, u32, FxHashMap<&'r str, u32>);

/// All versions that are listed for a package, and the number of each as written.
fn versions<'r>(ecosystem: Ecosystem, parts: &[Said<'r>]) -> Listed<'r> {
    let texts: BTreeSet<&str> =
        parts.iter().flat_map(|(_, _, part)| part.versions.iter().map(String::as_str)).collect();
    let (mut comparable, others): (Vec<_>, Vec<_>) = texts
        .into_iter()
        .map(|text| (Version::new(ecosystem, text), text))
        .partition(|(version, _)| version.parsed.is_some());
    comparable.sort_by(|one, other| range::compare(&one.0, &other.0).unwrap_or(Ordering::Equal));
    let mut versions: Vec<String> = Vec::new();
    let mut numbers = FxHashMap::default();
    let mut before: Option<Version> = None;
    for (version, text) in comparable {
        // Two spellings of one version are one.
        if before.as_ref().is_none_or(|before| range::compare(before, &version) != Some(Ordering::Equal)) {
            versions.push(text.to_owned());
        }
        numbers.insert(text, versions.len() as u32 - 1);
        before = Some(version);
    }
    let count = versions.len() as u32;
    for (_, text) in others {
        numbers.insert(text, versions.len() as u32);
        versions.push(text.to_owned());
    }
    (versions, count, numbers)
}

/// The versions of a record as runs of numbers.
fn runs(part: &AffectedPart, numbers: &FxHashMap<&str, u32>) -> Vec<(u32, u32)> {
    let listed: BTreeSet<u32> =
        part.versions.iter().filter_map(|version| numbers.get(version.as_str()).copied()).collect();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in listed {
        match runs.last_mut() {
            Some((first, count)) if *first + *count == number => *count += 1,
            _ => runs.push((number, 1)),
        }
    }
    runs
}

fn counted(records: &[&Record], packages: &[PackageEntry]) -> Vec<Counted> {
    let of = |ecosystem: Ecosystem| {
        let about: Vec<&&Record> = records
            .iter()
            .filter(|record| record.affected.iter().any(|part| part.ecosystem == ecosystem))
            .collect();
        let newest = about.iter().map(|record| record.body.modified.as_str()).max().unwrap_or_default();
        Counted {
            ecosystem,
            records: about.len() as u64,
            packages: packages.iter().filter(|package| package.ecosystem == ecosystem).count() as u64,
            newest: newest.to_owned(),
        }
    };
    [Ecosystem::PyPi, Ecosystem::Npm].into_iter().map(of).filter(|counted| counted.records > 0).collect()
}
