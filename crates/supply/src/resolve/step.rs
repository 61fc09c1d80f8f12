//! Whether lock files fit what is asked for.

use std::{collections::BTreeSet, sync::Arc};

use clearance_finding::Location;
use rustc_hash::FxHashMap;

use super::{
    MarkerState, Resolution, Target,
    project::{Plan, ecosystem},
};
use crate::{
    PackageName, Version,
    manifest::{Manifest, ManifestKind, Origin, Package, Requirement},
};

/// A lock file that does not fit its manifest.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// What does not fit.
    pub kind: MismatchKind,
    /// The lock file.
    pub lock: Arc<str>,
    /// Where it is asked for; of a digest, the manifest as a whole.
    pub asked_at: Location,
    /// Where the lock file says something else.
    pub locked_at: Option<Location>,
}

/// What of a lock file does not fit.
#[derive(Debug, Clone)]
pub enum MismatchKind {
    /// A requirement is not in the lock file.
    Missing {
        /// Which.
        name: PackageName,
    },
    /// The version in the lock file is not allowed.
    OutOfRange {
        /// Of which package.
        name: PackageName,
        /// What is allowed.
        allowed: String,
        /// What the lock file has.
        locked: Version,
    },
    /// The manifest was changed after the lock file was made, as its digest says.
    Digest,
}

/// Compares every manifest with its lock file.
pub(super) fn compare(manifests: &[&Manifest], plan: &Plan, target: &Target, out: &mut Resolution) {
    for (index, manifest) in manifests.iter().enumerate() {
        let Some(lock) = plan.roles[index].lock.map(|lock| manifests[lock]) else { continue };
        let mut by_name: FxHashMap<&PackageName, Vec<&Package>> = FxHashMap::default();
        for package in &lock.packages {
            by_name.entry(&package.name).or_default().push(package);
        }
        // What overrides say stands above what is asked for.
        let overridden: BTreeSet<&PackageName> =
            manifest.requirements.iter().filter(|found| found.constraint).map(|found| &found.name).collect();
        let asked = manifest.requirements.iter().filter(|requirement| {
            is_locked(manifest, requirement)
                && !overridden.contains(&requirement.name)
                && ecosystem(lock.kind) == Some(requirement.ecosystem)
                && target.holds(requirement.marker.as_ref(), &BTreeSet::new()) != MarkerState::DoesNotHold
        });
        for requirement in asked {
            let mismatch = match lock.kind {
                ManifestKind::Requirements => frozen(requirement, lock),
                _ => one(requirement, lock, &by_name),
            };
            out.mismatches.extend(mismatch);
        }
        let digests = manifest.content_hash.as_ref().zip(lock.content_hash.as_ref());
        if lock.kind == ManifestKind::PoetryLock
            && digests.is_some_and(|(computed, stated)| computed != stated && stated.len() == computed.len())
        {
            out.mismatches.push(Mismatch {
                kind: MismatchKind::Digest,
                lock: Arc::clone(&lock.path),
                asked_at: Location::file(Arc::clone(&manifest.path)),
                locked_at: None,
            });
        }
    }
}

/// Compares a requirement with a list of exact versions.
fn frozen(requirement: &Requirement, lock: &Manifest) -> Option<Mismatch> {
    if requirement.origin != Origin::Index {
        return None;
    }
    let found: Vec<&Requirement> = lock
        .requirements
        .iter()
        .filter(|other| other.name == requirement.name && !other.constraint)
        .collect();
    let mismatch = |kind, locked_at| Mismatch {
        kind,
        lock: Arc::clone(&lock.path),
        asked_at: requirement.location.clone(),
        locked_at,
    };
    let Some(first) = found.first() else {
        // What another file that it takes in says is not here.
        let whole =
            lock.references.is_empty() && lock.notices.iter().all(|notice| !notice.kind.is_blind_spot());
        return whole.then(|| mismatch(MismatchKind::Missing { name: requirement.name.clone() }, None));
    };
    let fits = |other: &&Requirement| {
        other.range.exact().is_none_or(|version| requirement.range.allows(&version) != Some(false))
    };
    if found.iter().any(fits) {
        return None;
    }
    let locked = first.range.exact()?;
    let (name, allowed) = (requirement.name.clone(), requirement.range.to_string());
    Some(mismatch(MismatchKind::OutOfRange { name, allowed, locked }, Some(first.location.clone())))
}

/// Whether the tools that write lock files write this requirement there.
fn is_locked(manifest: &Manifest, requirement: &Requirement) -> bool {
    let group = requirement.group.as_deref().unwrap_or_default();
    let apart = matches!(group, "build-system" | "setup_requires" | "tests_require" | "peer" | "optional")
        || group.starts_with("hatch:");
    let own = manifest.project.as_ref() == Some(&requirement.name);
    !apart && !own && !requirement.constraint && !matches!(requirement.origin, Origin::Path(_))
}

fn one(
    requirement: &Requirement,
    lock: &Manifest,
    by_name: &FxHashMap<&PackageName, Vec<&Package>>,
) -> Option<Mismatch> {
    let found = by_name.get(&requirement.name).map(Vec::as_slice).unwrap_or_default();
    let mismatch = |kind, locked_at| Mismatch {
        kind,
        lock: Arc::clone(&lock.path),
        asked_at: requirement.location.clone(),
        locked_at,
    };
    let Some(first) = found.first() else {
        // A file with errors may only seem to lack it.
        let whole = lock.notices.iter().all(|notice| !notice.kind.is_blind_spot());
        return whole.then(|| mismatch(MismatchKind::Missing { name: requirement.name.clone() }, None));
    };
    let fits = |package: &&Package| {
        package.origin != Origin::Index
            || package.own
            || package.version.as_ref().is_none_or(|version| requirement.range.allows(version) != Some(false))
    };
    if requirement.origin != Origin::Index || found.iter().any(fits) {
        return None;
    }
    let locked = first.version.clone()?;
    let (name, allowed) = (requirement.name.clone(), requirement.range.to_string());
    Some(mismatch(MismatchKind::OutOfRange { name, allowed, locked }, Some(first.location.clone())))
}
