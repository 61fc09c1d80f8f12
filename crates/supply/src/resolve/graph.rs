//! From what is asked for to what is installed: the shortest way, the heaviest use.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    sync::Arc,
};

use clearance_finding::{Notice, NoticeKind};
use rustc_hash::FxHashMap;

use super::{
    Dependency, MarkerState, Resolution, Target,
    project::{Plan, folder},
};
use crate::{
    Ecosystem, PackageName, Version,
    manifest::{Chosen, Manifest, ManifestKind, Origin, Package, Requirement, Scope},
};

/// Edges of one lock file that are followed.
const MAX_EDGES: usize = 2_000_000;
/// Names of one chain that are kept.
const MAX_CHAIN: usize = 64;

/// Adds the dependencies of all manifests.
pub(super) fn collect(manifests: &[&Manifest], plan: &Plan, target: &Target, out: &mut Resolution) {
    let limits = limits(manifests, plan);
    for (index, manifest) in manifests.iter().enumerate() {
        let listed =
            manifest.kind.is_lock() || matches!(manifest.kind, ManifestKind::Vendored | ManifestKind::Sbom);
        if listed {
            locked(manifests, plan, target, index, out);
        } else if plan.roles[index].lock.is_none() {
            let source = (0..manifests.len()).find(|&other| plan.roles[other].lock == Some(index));
            asked(manifest, plan, target, index, (&limits, source.map(|source| manifests[source])), out);
        }
    }
    join_ranges(&mut out.dependencies);
}

/// The project that a file belongs to: its folder, and of a folder of requirements the one above.
fn project_of(path: &str) -> Arc<str> {
    let place = folder(path);
    let last = place.rsplit('/').next().unwrap_or(place);
    let is_collection =
        matches!(last, "requirements" | "reqs" | "requires" | "constraints" | "docker" | "deploy");
    let is_pipeline = place.starts_with(".github") || place.starts_with(".circleci");
    match (is_collection, is_pipeline) {
        (_, true) => "".into(),
        (true, _) => folder(place).into(),
        _ => place.into(),
    }
}

/// Versions that constraints files decide.
fn limits(manifests: &[&Manifest], plan: &Plan) -> FxHashMap<PackageName, Option<Version>> {
    let mut found: FxHashMap<PackageName, Option<Version>> = FxHashMap::default();
    for (index, manifest) in manifests.iter().enumerate().filter(|(index, _)| plan.roles[*index].constraints)
    {
        let _ = index;
        for requirement in &manifest.requirements {
            if let Some(version) = requirement.range.exact() {
                let known = found.entry(requirement.name.clone()).or_insert_with(|| Some(version.clone()));
                // Two files that say different things decide nothing.
                if known.as_ref().is_some_and(|known| known.text != version.text) {
                    *known = None;
                }
            }
        }
    }
    found
}

/// What a manifest without a lock file asks for.
fn asked(
    manifest: &Manifest,
    plan: &Plan,
    target: &Target,
    index: usize,
    (limits, source): (&FxHashMap<PackageName, Option<Version>>, Option<&Manifest>),
    out: &mut Resolution,
) {
    // What a file was compiled from asks directly; where that takes in others, it does not tell all.
    let direct = |name: &PackageName| match source {
        None => Some(true),
        Some(source) if source.requirements.iter().any(|asked| asked.name == *name) => Some(true),
        Some(source) if source.references.is_empty() => Some(false),
        Some(_) => None,
    };
    let role = &plan.roles[index];
    if role.constraints {
        return;
    }
    let project = project_of(&manifest.path);
    for requirement in manifest.requirements.iter().filter(|requirement| !requirement.constraint) {
        let (scope, reason) = scope_of(requirement, manifest, plan, index);
        let exact = requirement.range.exact();
        let limited = || limits.get(&requirement.name).cloned().flatten();
        let version =
            exact.or_else(|| limited().filter(|version| requirement.range.allows(version) != Some(false)));
        out.dependencies.push(Dependency {
            ecosystem: requirement.ecosystem,
            name: requirement.name.clone(),
            version,
            range: Some(requirement.range.clone()),
            extras: requirement.extras.clone(),
            scope,
            scope_reason: reason,
            origin: requirement.origin.clone(),
            editable: requirement.editable,
            hashed: !requirement.hashes.is_empty(),
            manifest: Some(requirement.location.clone()),
            lock: None,
            chain: vec![requirement.name.clone()],
            direct: direct(&requirement.name),
            marker: target.holds(requirement.marker.as_ref(), &BTreeSet::new()),
            groups: requirement.group.clone().into_iter().collect(),
            project: Arc::clone(&project),
            source: manifest.kind,
        });
    }
}

/// What a requirement is for, and why.
fn scope_of(requirement: &Requirement, manifest: &Manifest, plan: &Plan, index: usize) -> (Scope, String) {
    let role = &plan.roles[index];
    let installed = plan.groups.get(folder(&manifest.path));
    let own = match &requirement.group {
        Some(group) if installed.is_some_and(|groups| groups.contains(group)) => {
            return (role.scope, format!("the group `{group}` is installed for production"));
        }
        // A file for development that production takes in has all for production.
        None if manifest.scope == requirement.scope => role.scope,
        _ => requirement.scope,
    };
    let scope = own.max(role.scope);
    match &requirement.group {
        Some(group) if own > role.scope => (scope, format!("it is in the group `{group}`")),
        _ => (scope, role.reason.clone()),
    }
}

/// What is known of a package when the best way to it is found.
struct Reached {
    scope: Scope,
    reason: String,
    state: MarkerState,
    parent: Option<usize>,
    direct: bool,
    asked: Option<(usize, usize)>,
    groups: BTreeSet<String>,
    extras: BTreeSet<String>,
}

/// A way that was found: what it is for, whether it holds, how long it is, where it leads, where from.
type Way = (Scope, MarkerState, usize, usize, Option<usize>);

struct Walk<'m> {
    packages: &'m [Package],
    by_name: FxHashMap<(Ecosystem, &'m PackageName), Vec<usize>>,
    target: &'m Target,
    reached: Vec<Option<Reached>>,
    /// Extras asked for and not followed yet.
    wanted: Vec<BTreeSet<String>>,
    queue: BinaryHeap<Reverse<Way>>,
    edges: usize,
    /// Whether the file tells nothing of what needs what.
    flat: bool,
    /// Whether nothing is known to be asked for directly.
    unasked: bool,
}

impl<'m> Walk<'m> {
    /// The packages that an edge may mean.
    fn find(&self, ecosystem: Ecosystem, name: &PackageName, version: Option<&str>) -> Vec<usize> {
        let Some(all) = self.by_name.get(&(ecosystem, name)) else { return Vec::new() };
        let text =
            |index: &usize| self.packages[*index].version.as_ref().map(|version| version.text.as_str());
        let exact: Vec<usize> =
            all.iter().copied().filter(|index| version.is_some() && text(index) == version).collect();
        if exact.is_empty() { all.clone() } else { exact }
    }

    fn run(&mut self) {
        while let Some(Reverse((scope, state, depth, index, parent))) = self.queue.pop() {
            let wanted = std::mem::take(&mut self.wanted[index]);
            let first = self.reached[index].is_none();
            let reached = self.reached[index].get_or_insert_with(|| Reached {
                scope,
                reason: String::new(),
                state,
                parent,
                direct: false,
                asked: None,
                groups: BTreeSet::new(),
                extras: BTreeSet::new(),
            });
            let new: BTreeSet<String> = wanted.difference(&reached.extras).cloned().collect();
            reached.extras.extend(new.iter().cloned());
            if !first && new.is_empty() {
                continue;
            }
            let extras = reached.extras.clone();
            let packages = self.packages;
            for edge in &packages[index].dependencies {
                let follows = match &edge.with_extra {
                    None => first,
                    Some(extra) => new.contains(extra),
                };
                if follows && !edge.development {
                    self.follow(index, edge, (scope, state, depth), &extras);
                }
            }
        }
    }

    fn follow(
        &mut self,
        from: usize,
        edge: &Chosen,
        (scope, state, depth): (Scope, MarkerState, usize),
        extras: &BTreeSet<String>,
    ) {
        let held = self.target.holds(edge.marker.as_ref(), extras);
        let ecosystem = self.packages[from].ecosystem;
        for to in self.find(ecosystem, &edge.name, edge.version.as_deref()) {
            self.edges += 1;
            if self.edges > MAX_EDGES {
                return;
            }
            let own = self.target.holds(self.packages[to].marker.as_ref(), &BTreeSet::new());
            let state = state.max(held).max(own);
            let lacks = |reached: &Reached| edge.extras.iter().any(|extra| !reached.extras.contains(extra));
            if self.reached[to].as_ref().is_none_or(lacks) {
                self.wanted[to].extend(edge.extras.iter().cloned());
                self.queue.push(Reverse((scope, state, depth + 1, to, Some(from))));
            }
        }
    }
}

/// The packages of a lock file, reached from what the manifests that it stands for ask for.
fn locked(manifests: &[&Manifest], plan: &Plan, target: &Target, lock: usize, out: &mut Resolution) {
    let manifest = manifests[lock];
    let packages = &manifest.packages[..];
    let mut by_name: FxHashMap<(Ecosystem, &PackageName), Vec<usize>> = FxHashMap::default();
    for (index, package) in packages.iter().enumerate() {
        by_name.entry((package.ecosystem, &package.name)).or_default().push(index);
    }
    let mut walk = Walk {
        packages,
        by_name,
        target,
        reached: packages.iter().map(|_| None).collect(),
        wanted: vec![BTreeSet::new(); packages.len()],
        queue: BinaryHeap::new(),
        edges: 0,
        flat: packages.iter().all(|package| package.dependencies.is_empty()),
        unasked: true,
    };
    let mut direct: BTreeMap<usize, (Scope, String, (usize, usize))> = BTreeMap::new();
    let mut groups: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    // An environment is what all of production asks for.
    let installed = manifest.kind == ManifestKind::Installed;
    let asking = (0..manifests.len()).filter(|&index| {
        plan.roles[index].lock == Some(lock)
            || (installed && !manifests[index].kind.is_lock() && !manifests[index].requirements.is_empty())
    });
    let asking: Vec<usize> = asking.collect();
    for &asker in &asking {
        let requirements = manifests[asker].requirements.iter().enumerate();
        for (number, requirement) in requirements.filter(|(_, requirement)| !requirement.constraint) {
            if requirement.group.as_deref() == Some("build-system") {
                continue;
            }
            let (scope, reason) = scope_of(requirement, manifests[asker], plan, asker);
            let held = target.holds(requirement.marker.as_ref(), &BTreeSet::new());
            let fitting = walk.find(requirement.ecosystem, &requirement.name, None);
            // Of several versions, the ones that it allows.
            let allowed = |index: &usize| {
                packages[*index]
                    .version
                    .as_ref()
                    .is_none_or(|version| requirement.range.allows(version) != Some(false))
            };
            let some_allowed = fitting.iter().any(allowed);
            for index in fitting.into_iter().filter(|index| !some_allowed || allowed(index)) {
                let own = target.holds(packages[index].marker.as_ref(), &BTreeSet::new());
                walk.wanted[index].extend(requirement.extras.iter().cloned());
                walk.queue.push(Reverse((scope, held.max(own), 1, index, None)));
                groups.entry(index).or_default().extend(requirement.group.clone());
                let known = direct.entry(index).or_insert_with(|| (scope, reason.clone(), (asker, number)));
                if scope < known.0 {
                    *known = (scope, reason.clone(), (asker, number));
                }
            }
        }
    }
    let role = &plan.roles[lock];
    let mut from_own: BTreeSet<usize> = BTreeSet::new();
    let asks = |package: &Package| {
        asking.iter().any(|&index| {
            manifests[index].project.as_ref() == Some(&package.name) || manifests[index].project.is_none()
        })
    };
    for (_, package) in packages
        .iter()
        .enumerate()
        .filter(|(_, package)| package.own && (asking.is_empty() || !asks(package)))
    {
        for edge in &package.dependencies {
            let scope = if edge.development {
                Scope::Development
            } else if edge.with_extra.is_some() {
                Scope::Optional
            } else {
                Scope::Production
            };
            let scope = scope.max(role.scope).max(package.scope);
            let held = target.holds(edge.marker.as_ref(), &BTreeSet::new());
            for index in walk.find(package.ecosystem, &edge.name, edge.version.as_deref()) {
                let own = target.holds(packages[index].marker.as_ref(), &BTreeSet::new());
                walk.wanted[index].extend(edge.extras.iter().cloned());
                walk.queue.push(Reverse((scope, held.max(own), 1, index, None)));
                groups.entry(index).or_default().extend(edge.with_extra.clone());
                from_own.insert(index);
            }
        }
    }
    walk.run();
    if walk.edges > MAX_EDGES {
        out.notices.push(Notice {
            path: Arc::clone(&manifest.path),
            line: None,
            kind: NoticeKind::Truncated,
            text: "its graph has more than two million edges; what is behind them counts as not reached"
                .to_owned(),
        });
    }
    for (&index, (_, reason, asked)) in &direct {
        if let Some(reached) = &mut walk.reached[index] {
            reached.direct = true;
            reached.reason.clone_from(reason);
            reached.asked = Some(*asked);
        }
    }
    for index in from_own {
        if let Some(reached) = &mut walk.reached[index] {
            reached.direct = true;
        }
    }
    for (index, found) in groups {
        if let Some(reached) = &mut walk.reached[index] {
            reached.groups.extend(found);
        }
    }
    walk.unasked = !walk.reached.iter().flatten().any(|reached| reached.direct);
    let project = project_of(&manifest.path);
    for (index, package) in packages.iter().enumerate().filter(|(_, package)| !package.own) {
        out.dependencies.push(dependency(manifests, &walk, target, index, package, manifest, role, &project));
    }
}

#[expect(clippy::too_many_arguments, reason = "one call, of what stands in the caller's hands")]
fn dependency(
    manifests: &[&Manifest],
    walk: &Walk<'_>,
    target: &Target,
    index: usize,
    package: &Package,
    manifest: &Manifest,
    role: &super::project::Role,
    project: &Arc<str>,
) -> Dependency {
    let mut chain = vec![package.name.clone()];
    let mut first = index;
    while let Some(parent) = walk.reached[first].as_ref().and_then(|reached| reached.parent) {
        if chain.len() >= MAX_CHAIN {
            break;
        }
        chain.push(walk.packages[parent].name.clone());
        first = parent;
    }
    chain.reverse();
    let reached = walk.reached[index].as_ref();
    let asked = walk.reached[first].as_ref().and_then(|reached| reached.asked);
    let own_asked = reached.and_then(|reached| reached.asked);
    let requirement = |(file, number): (usize, usize)| manifests[file].requirements.get(number);
    let (scope, reason) = match reached {
        Some(reached) if reached.scope > role.scope => {
            let reason = match own_asked.and_then(requirement).and_then(|asked| asked.group.clone()) {
                Some(group) => format!("it is in the group `{group}`"),
                None => match walk.reached[first].as_ref().map(|first| first.scope) {
                    Some(Scope::Development) => {
                        format!("only `{}` brings it in, which is for development", walk.packages[first].name)
                    }
                    _ => format!("only `{}` brings it in, which is optional", walk.packages[first].name),
                },
            };
            (reached.scope, reason)
        }
        Some(_) => (role.scope, role.reason.clone()),
        None if package.scope > role.scope => (package.scope, "the lock file says so".to_owned()),
        None => (role.scope, role.reason.clone()),
    };
    let own_state = target.holds(package.marker.as_ref(), &BTreeSet::new());
    Dependency {
        ecosystem: package.ecosystem,
        name: package.name.clone(),
        version: package.version.clone(),
        range: own_asked.and_then(requirement).map(|requirement| requirement.range.clone()),
        extras: reached.map(|reached| reached.extras.iter().cloned().collect()).unwrap_or_default(),
        scope,
        scope_reason: reason,
        origin: package.origin.clone(),
        editable: matches!(&package.origin, Origin::Path(_))
            && own_asked.and_then(requirement).is_some_and(|asked| asked.editable),
        hashed: !package.hashes.is_empty(),
        manifest: asked.and_then(requirement).map(|requirement| requirement.location.clone()),
        lock: Some(package.location.clone()),
        chain,
        direct: match reached {
            Some(reached) => Some(reached.direct),
            None if walk.unasked => None,
            None if walk.flat => Some(false),
            None => None,
        },
        marker: reached.map_or(own_state, |reached| reached.state),
        groups: {
            let mut groups: BTreeSet<String> = package.groups.iter().cloned().collect();
            groups.extend(reached.into_iter().flat_map(|reached| reached.groups.iter().cloned()));
            groups.into_iter().collect()
        },
        project: Arc::clone(project),
        source: manifest.kind,
    }
}

/// A range in one file and the version that another file of the same project decides are one dependency, if the range allows the version.
fn join_ranges(dependencies: &mut Vec<Dependency>) {
    let mut decided: FxHashMap<(Arc<str>, Ecosystem, PackageName), Vec<usize>> = FxHashMap::default();
    for (index, dependency) in dependencies.iter().enumerate() {
        if dependency.version.is_some()
            && !matches!(dependency.source, ManifestKind::Vendored | ManifestKind::Sbom)
        {
            let key = (Arc::clone(&dependency.project), dependency.ecosystem, dependency.name.clone());
            decided.entry(key).or_default().push(index);
        }
    }
    let mut gone = vec![false; dependencies.len()];
    for index in 0..dependencies.len() {
        let dependency = &dependencies[index];
        if dependency.version.is_some() || dependency.origin != Origin::Index {
            continue;
        }
        let key = (Arc::clone(&dependency.project), dependency.ecosystem, dependency.name.clone());
        let fits = |&&at: &&usize| {
            let other = &dependencies[at];
            let allowed = dependency
                .range
                .as_ref()
                .zip(other.version.as_ref())
                .and_then(|(range, version)| range.allows(version));
            other.scope <= dependency.scope && allowed == Some(true)
        };
        let Some(&at) = decided.get(&key).and_then(|all| all.iter().find(fits)) else { continue };
        gone[index] = true;
        let (extras, groups) = (dependency.extras.clone(), dependency.groups.clone());
        let (range, manifest) = (dependency.range.clone(), dependency.manifest.clone());
        let other = &mut dependencies[at];
        other.extras.extend(extras);
        other.groups.extend(groups);
        if other.direct != Some(true) {
            (other.direct, other.range, other.manifest) = (Some(true), range, manifest);
            other.chain = vec![other.name.clone()];
        }
    }
    let mut index = 0;
    dependencies.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
}
