//! The parts of a bill of material: dependencies that are the same package in the same version, from wherever they are named, are one part.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::{Dependency, DependencyScope, KnownVulnerability, Reachable};
use clearance_verdict::Assessment;

use super::{digests::Checksum, purl};

/// One part.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// The first of its dependencies.
    pub(crate) first: &'a Dependency,
    /// All of them, in the order of the assessment.
    pub(crate) all: Vec<&'a Dependency>,
    /// Its package URL, without a version where none is exact.
    pub(crate) purl: Option<String>,
    /// How the document refers to it; unlike that of any other part.
    pub(crate) reference: String,
    /// The strongest of their scopes.
    pub(crate) scope: DependencyScope,
    /// Whether the application asks for it itself, anywhere.
    pub(crate) direct: bool,
    /// Digests of its archives, sorted.
    pub(crate) checksums: Vec<Checksum>,
    /// Indices of the parts that it needs, as far as it is clear which; sorted.
    pub(crate) needs: Vec<usize>,
    /// Whether `needs` is all that it needs.
    pub(crate) needs_are_known: bool,
}

impl<'a> Part<'a> {
    /// Whether only one archive is meant: digests then are those of the package.
    pub(crate) fn has_one_archive(&self) -> bool {
        let algorithms: BTreeSet<_> = self.checksums.iter().map(|checksum| checksum.algorithm).collect();
        !algorithms.is_empty() && algorithms.len() == self.checksums.len()
    }

    /// What is known against it: each vulnerability once, by id, with the strongest that is known of its use.
    pub(crate) fn advisories(&self) -> Vec<(&'a Dependency, &'a KnownVulnerability)> {
        let mut by_id: BTreeMap<&str, (&'a Dependency, &'a KnownVulnerability)> = BTreeMap::new();
        for dependency in &self.all {
            for advisory in &dependency.advisories {
                let best = by_id.entry(&advisory.id).or_insert((dependency, advisory));
                if weight(advisory) > weight(best.1) {
                    *best = (dependency, advisory);
                }
            }
        }
        by_id.into_values().collect()
    }
}

/// A use that was found outweighs what is not known, and that outweighs a use that was ruled out.
fn weight(advisory: &KnownVulnerability) -> (u8, bool) {
    let known = match advisory.reachable {
        Reachable::Yes => 2,
        Reachable::Undecided => 1,
        Reachable::No => 0,
    };
    (known, !advisory.evidence.is_empty())
}

/// What makes dependencies the same part.
type Key<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn key(dependency: &Dependency) -> Key<'_> {
    let version = dependency.version.as_deref();
    let range = dependency.range.as_deref().filter(|_| version.is_none());
    (&dependency.ecosystem, &dependency.name, version, range, dependency.origin.as_deref())
}

/// The parts, by ecosystem, name and version.
pub(crate) fn parts(assessment: &Assessment) -> Vec<Part<'_>> {
    let mut groups: BTreeMap<Key<'_>, Vec<&Dependency>> = BTreeMap::new();
    for dependency in &assessment.dependencies {
        groups.entry(key(dependency)).or_default().push(dependency);
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut out: Vec<Part<'_>> = Vec::with_capacity(groups.len());
    for all in groups.into_values() {
        let Some(&first) = all.first() else { continue };
        let purl = purl::purl(&first.ecosystem, &first.name, first.version.as_deref());
        let base = purl.clone().unwrap_or_else(|| purl::generic(&first.name, first.version.as_deref()));
        let count = taken.entry(base.clone()).or_default();
        *count += 1;
        let reference = if *count == 1 { base } else { format!("{base}#{count}") };
        let checksums: BTreeSet<Checksum> =
            all.iter().flat_map(|one| &one.hashes).filter_map(|text| Checksum::read(text)).collect();
        out.push(Part {
            first,
            purl,
            reference,
            scope: all.iter().map(|one| one.scope).min_by_key(rank).unwrap_or(first.scope),
            direct: all.iter().any(|one| one.direct),
            checksums: checksums.into_iter().collect(),
            needs: Vec::new(),
            needs_are_known: false,
            all,
        });
    }
    connect(assessment, &mut out);
    out
}

fn rank(scope: &DependencyScope) -> u8 {
    match scope {
        DependencyScope::Production => 0,
        DependencyScope::Optional => 1,
        DependencyScope::Development => 2,
    }
}

/// Finds the part behind each name that a part needs: the one that the same file names, or else the only one of that name. Where several could be meant, none is.
fn connect(assessment: &Assessment, parts: &mut [Part<'_>]) {
    // A file that says of any package what it needs says it of all.
    let with_graph: BTreeSet<&str> =
        assessment.dependencies.iter().filter(|one| !one.needs.is_empty()).map(|one| &*one.source).collect();
    let mut by_name: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, part) in parts.iter().enumerate() {
        by_name.entry((&part.first.ecosystem, &part.first.name)).or_default().push(at);
    }
    let found: Vec<(Vec<usize>, bool)> = parts
        .iter()
        .map(|part| {
            let mut needs = BTreeSet::new();
            let mut is_known = part.all.iter().any(|one| with_graph.contains(&*one.source));
            for dependency in &part.all {
                for name in &dependency.needs {
                    let named = by_name.get(&(dependency.ecosystem.as_str(), name.as_str()));
                    let named = named.map_or(&[][..], Vec::as_slice);
                    let here =
                        |at: &&usize| parts[**at].all.iter().any(|one| one.source == dependency.source);
                    let mut beside = named.iter().filter(here);
                    let one = match (beside.next(), beside.next(), named) {
                        (Some(&one), None, _) | (None, _, &[one]) => Some(one),
                        _ => None,
                    };
                    is_known &= one.is_some();
                    needs.extend(one);
                }
            }
            (needs.into_iter().collect(), is_known)
        })
        .collect();
    for (part, (needs, is_known)) in parts.iter_mut().zip(found) {
        part.needs = needs;
        part.needs_are_known = is_known;
    }
}
