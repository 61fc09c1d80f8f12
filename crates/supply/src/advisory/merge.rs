//! Records of one vulnerability: which belong together, and what they say together.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::limits::MAX_REFERENCES;
use super::{
    model::Advisory,
    osv::band_of,
    record::{Body, Record},
    severity,
};

/// Records that share an id, directly or through others, by number: each group in the order of the records' ids, groups by the id that is shown first.
pub(super) fn groups(records: &[&Record]) -> Vec<Vec<usize>> {
    let mut parents: Vec<usize> = (0..records.len()).collect();
    let mut owners: FxHashMap<&str, usize> = FxHashMap::default();
    for (at, record) in records.iter().enumerate() {
        for id in std::iter::once(&record.body.id).chain(&record.body.aliases) {
            match owners.get(id.as_str()) {
                Some(&other) => unite(&mut parents, at, other),
                None => {
                    owners.insert(id, at);
                }
            }
        }
    }
    let mut members: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for at in 0..records.len() {
        members.entry(root(&mut parents, at)).or_default().push(at);
    }
    let mut groups: Vec<Vec<usize>> = members.into_values().collect();
    for group in &mut groups {
        group.sort_by(|&one, &other| records[one].body.id.cmp(&records[other].body.id));
    }
    groups.sort_by_cached_key(|group| {
        first_id(group.iter().map(|&at| &records[at].body)).unwrap_or_default().to_owned()
    });
    groups
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

fn unite(parents: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(parents, one), root(parents, other));
    parents[one.max(other)] = one.min(other);
}

/// The id that is shown first.
fn first_id<'b>(bodies: impl Iterator<Item = &'b Body>) -> Option<&'b str> {
    let ids = bodies.flat_map(|body| std::iter::once(&body.id).chain(&body.aliases));
    ids.map(String::as_str).min_by_key(|id| (kind(id), *id))
}

fn kind(id: &str) -> u8 {
    ["MAL-", "GHSA-", "PYSEC-", "CVE-"]
        .iter()
        .position(|start| id.starts_with(start))
        .map_or(4, |at| at as u8)
}

/// What the records of one vulnerability say together. `own` are the numbers of those that speak of the package in question: another package that brings it along may have a record of its own,
/// which tells another story. Exploitation is not theirs to say.
pub(super) fn advisory(bodies: &[Body], own: impl Iterator<Item = usize>, symbols: Vec<String>) -> Advisory {
    let own: BTreeSet<usize> = own.collect();
    let of_package = || own.iter().filter_map(|at| bodies.get(*at));
    let id = first_id(of_package()).or(first_id(bodies.iter())).unwrap_or_default().to_owned();
    let ids: BTreeSet<&String> =
        bodies.iter().flat_map(|body| std::iter::once(&body.id).chain(&body.aliases)).collect();
    let aliases = ids.into_iter().filter(|alias| **alias != id).cloned().collect();
    // The record of the id that is shown says first what only one can say.
    let mut ordered: Vec<(bool, &Body)> =
        bodies.iter().enumerate().map(|(at, body)| (!own.contains(&at), body)).collect();
    ordered.sort_by_key(|(other, body)| (*other, body.id != id, kind(&body.id), &body.id));
    let ordered: Vec<&Body> = ordered.into_iter().map(|(_, body)| body).collect();
    let cwe: BTreeSet<u32> = bodies.iter().flat_map(|body| body.cwe.iter().copied()).collect();
    let mut references: Vec<String> = Vec::new();
    for reference in ordered.iter().flat_map(|body| &body.references) {
        if references.len() < MAX_REFERENCES && !references.contains(reference) {
            references.push(reference.clone());
        }
    }
    let vectors = bodies.iter().flat_map(|body| body.vectors.iter().map(String::as_str));
    let bands = bodies.iter().filter_map(|body| body.band).filter_map(band_of);
    let published = bodies.iter().map(|body| &body.published).filter(|time| !time.is_empty()).min();
    Advisory {
        summary: ordered
            .iter()
            .map(|body| &body.summary)
            .find(|text| !text.is_empty())
            .cloned()
            .unwrap_or_default(),
        severity: severity::best(vectors, bands),
        cwe: cwe.into_iter().collect(),
        references,
        published: published.cloned().unwrap_or_default(),
        modified: bodies.iter().map(|body| &body.modified).max().cloned().unwrap_or_default(),
        malicious: bodies.iter().any(|body| body.id.starts_with("MAL-")),
        symbols,
        exploitation: None,
        id,
        aliases,
    }
}
