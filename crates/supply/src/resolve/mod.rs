//! All manifests of a target as one list of dependencies.
//!
//! Decides which files belong to production and says why, takes versions from lock files where there are any, follows the graph from what is asked for, and tells
//! where a lock file is out of step. Nothing is guessed: without a lock file, a range stays a range.

mod graph;
mod project;
mod step;
mod target;

use std::sync::Arc;

use clearance_finding::{Location, Notice};

use crate::{
    Ecosystem, PackageName, Version,
    manifest::{Manifest, ManifestKind, Origin, RequirementRange, Scope},
};

pub use step::{Mismatch, MismatchKind};
pub use target::{MarkerState, System, Target};

/// What an application is made of.
#[derive(Debug, Clone, Default)]
pub struct Resolution {
    /// Its dependencies, by project, name and version.
    pub dependencies: Vec<Dependency>,
    /// Every manifest with what it was taken for, in the order of paths.
    pub inputs: Vec<Input>,
    /// Lock files that do not fit what is asked for.
    pub mismatches: Vec<Mismatch>,
    /// Files that are named by others and were not among the manifests.
    pub missing: Vec<Missing>,
    /// What could not be followed to its end.
    pub notices: Vec<Notice>,
    /// Where the application runs.
    pub target: Target,
}

/// What became of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its path.
    pub path: Arc<str>,
    /// Its format.
    pub kind: ManifestKind,
    /// What its packages are for.
    pub scope: Scope,
    /// Why, in one clause without a full stop.
    pub reason: String,
    /// The lock file whose versions stand for what it asks for.
    pub locked_by: Option<Arc<str>>,
    /// How many packages or requirements it names.
    pub count: usize,
}

/// A file that is named and was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The path relative to the target.
    pub path: Arc<str>,
    /// Who names it.
    pub named_at: Location,
}

/// A package that the application has, or may have.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// Where from.
    pub ecosystem: Ecosystem,
    /// Which package.
    pub name: PackageName,
    /// The version that is installed; `None` where only a range is known.
    pub version: Option<Version>,
    /// What is asked for, where it is asked for directly.
    pub range: Option<RequirementRange>,
    /// Extras that are asked for, sorted.
    pub extras: Vec<String>,
    /// What it is for.
    pub scope: Scope,
    /// Why, in one clause without a full stop.
    pub scope_reason: String,
    /// Where it is fetched.
    pub origin: Origin,
    /// Whether it is installed as a link to its sources.
    pub editable: bool,
    /// Whether the file that decides about it gives hashes.
    pub hashed: bool,
    /// Where it is asked for; of a transitive one, where the first of its chain is.
    pub manifest: Option<Location>,
    /// Where its version is decided, if by a lock file, an environment or a list of what is in the tree.
    pub lock: Option<Location>,
    /// What brings it in: the shortest way from something asked for to itself, both included.
    pub chain: Vec<PackageName>,
    /// Whether it is asked for directly; `None` where the file does not say.
    pub direct: Option<bool>,
    /// Whether it is installed on the target.
    pub marker: MarkerState,
    /// Groups and extras that bring it in, sorted.
    pub groups: Vec<String>,
    /// The folder of the project that it belongs to; empty for the target itself.
    pub project: Arc<str>,
    /// The format of the file that decides about it.
    pub source: ManifestKind,
}

/// Makes one list of all manifests. With `target`, markers are evaluated for it; without, for what the manifests say.
pub fn resolve(manifests: &[Manifest], target: Option<&Target>) -> Resolution {
    let mut ordered: Vec<&Manifest> = manifests.iter().collect();
    ordered.sort_by(|one, other| (&one.path, one.kind).cmp(&(&other.path, other.kind)));
    ordered.dedup_by(|one, other| one.path == other.path && one.kind == other.kind);
    let chosen = target.cloned();
    let target = chosen.unwrap_or_else(|| Target::of(&ordered));
    let plan = project::plan(&ordered);
    let mut resolution = Resolution { missing: plan.missing.clone(), ..Resolution::default() };
    for (index, manifest) in ordered.iter().enumerate() {
        let role = &plan.roles[index];
        resolution.inputs.push(Input {
            path: Arc::clone(&manifest.path),
            kind: manifest.kind,
            scope: role.scope,
            reason: role.reason.clone(),
            locked_by: role.lock.map(|lock| Arc::clone(&ordered[lock].path)),
            count: manifest.requirements.len().max(manifest.packages.len()),
        });
    }
    graph::collect(&ordered, &plan, &target, &mut resolution);
    step::compare(&ordered, &plan, &target, &mut resolution);
    merge(&mut resolution.dependencies);
    resolution.target = target;
    resolution
}

/// What is said several times is one dependency: of the heaviest scope, asked for directly if anywhere.
fn merge(dependencies: &mut Vec<Dependency>) {
    let text = |dependency: &Dependency| dependency.version.as_ref().map(|version| version.text.clone());
    let ranged = |dependency: &Dependency| match &dependency.version {
        Some(_) => String::new(),
        None => dependency.range.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    dependencies.sort_by_cached_key(|dependency| {
        (
            Arc::clone(&dependency.project),
            dependency.ecosystem,
            dependency.name.clone(),
            text(dependency),
            ranged(dependency),
            dependency.scope,
            dependency.marker,
            dependency.direct != Some(true),
            dependency.chain.len(),
            dependency.lock.clone(),
            dependency.manifest.clone(),
        )
    });
    dependencies.dedup_by(|later, first| {
        let same = later.project == first.project
            && later.ecosystem == first.ecosystem
            && later.name == first.name
            && text(later) == text(first)
            && ranged(later) == ranged(first)
            && later.origin == first.origin;
        if same {
            first.marker = first.marker.min(later.marker);
            first.hashed &= later.hashed;
            first.editable |= later.editable;
            first.extras.append(&mut later.extras);
            first.groups.append(&mut later.groups);
            for list in [&mut first.extras, &mut first.groups] {
                list.sort();
                list.dedup();
            }
            if later.direct == Some(true) && first.direct != Some(true) {
                first.direct = Some(true);
                first.manifest = later.manifest.take();
                first.range = later.range.take();
                first.chain = std::mem::take(&mut later.chain);
            }
        }
        same
    });
}
