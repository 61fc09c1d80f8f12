//! Which files belong together, and what they are for.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::Missing;
use crate::{
    Ecosystem,
    manifest::{Manifest, ManifestKind, Reference, ReferenceKind, Scope},
};

/// What every manifest is taken for, by its number.
pub(super) struct Plan {
    pub(super) roles: Vec<Role>,
    pub(super) missing: Vec<Missing>,
    /// Groups and extras that production asks for, by the folder of the project.
    pub(super) groups: BTreeMap<Arc<str>, Vec<String>>,
}

/// What a manifest is taken for.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) scope: Scope,
    pub(super) reason: String,
    /// The lock file that stands for it.
    pub(super) lock: Option<usize>,
    /// Whether its requirements are limits only.
    pub(super) constraints: bool,
}

/// The folder of a file.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Decides about all manifests, which are sorted by path.
pub(super) fn plan(manifests: &[&Manifest]) -> Plan {
    let by_path: BTreeMap<&str, usize> =
        manifests.iter().enumerate().map(|(index, manifest)| (&*manifest.path, index)).collect();
    let mut roles: Vec<Role> = manifests
        .iter()
        .map(|manifest| Role {
            scope: manifest.scope,
            reason: manifest.scope_reason.clone(),
            lock: None,
            constraints: false,
        })
        .collect();
    let mut plan_groups: BTreeMap<Arc<str>, Vec<String>> = BTreeMap::new();
    let mut missing = Vec::new();
    included(manifests, &by_path, &mut roles);
    // What an image or a step of deployment installs is production, whatever it is called.
    let mut queue = VecDeque::new();
    for manifest in manifests.iter().filter(|manifest| manifest.kind == ManifestKind::InstallCommand) {
        for reference in &manifest.references {
            let found = find(manifest, reference, &by_path, manifests);
            if reference.scope == Scope::Production {
                if reference.kind != ReferenceKind::Constraints {
                    for &index in &found {
                        queue.push_back((index, format!("`{}` installs it", manifest.path)));
                        let place: Arc<str> = folder(&manifests[index].path).into();
                        plan_groups.entry(place).or_default().extend(reference.groups.iter().cloned());
                    }
                }
                if found.is_empty()
                    && matches!(reference.kind, ReferenceKind::Requirements | ReferenceKind::Constraints)
                    && let Some(path) = &reference.path
                {
                    missing.push(Missing { path: Arc::clone(path), named_at: reference.location.clone() });
                }
            }
            if reference.kind == ReferenceKind::Constraints {
                found.iter().for_each(|&index| roles[index].constraints = true);
            }
        }
    }
    let mut seen = vec![false; manifests.len()];
    while let Some((index, reason)) = queue.pop_front() {
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        roles[index].scope = Scope::Production;
        roles[index].reason = reason;
        let manifest = manifests[index];
        for reference in manifest
            .references
            .iter()
            .filter(|reference| reference.scope != Scope::Development || manifest.scope == Scope::Development)
        {
            if reference.kind == ReferenceKind::Requirements {
                for found in find(manifest, reference, &by_path, manifests) {
                    queue.push_back((found, format!("`{}` takes it in", manifest.path)));
                }
            }
        }
    }
    for manifest in manifests.iter().filter(|manifest| manifest.kind != ManifestKind::InstallCommand) {
        for reference in &manifest.references {
            let is_file = matches!(reference.kind, ReferenceKind::Requirements | ReferenceKind::Constraints);
            let found = find(manifest, reference, &by_path, manifests);
            if reference.kind == ReferenceKind::Constraints {
                found.iter().for_each(|&index| roles[index].constraints = true);
            }
            if is_file
                && found.is_empty()
                && let Some(path) = &reference.path
            {
                missing.push(Missing { path: Arc::clone(path), named_at: reference.location.clone() });
            }
        }
    }
    for (index, manifest) in manifests.iter().enumerate() {
        roles[index].lock = lock_of(manifest, &by_path, manifests);
    }
    // A lock file is for what its manifest is for.
    for index in 0..manifests.len() {
        if let Some(lock) = roles[index].lock
            && roles[index].scope < roles[lock].scope
        {
            let reason = format!("it locks `{}`", manifests[index].path);
            roles[lock] = Role { scope: roles[index].scope, reason, ..roles[lock].clone() };
        }
    }
    missing.sort_by(|one, other| (&one.path, &one.named_at).cmp(&(&other.path, &other.named_at)));
    missing.dedup_by(|one, other| one.path == other.path);
    Plan { roles, missing, groups: plan_groups }
}

/// `-r` passes on what the including file is for: a file that only files for development take in, and whose own name says nothing, stays as it is; one that a file
/// for production takes in is for production.
fn included(manifests: &[&Manifest], by_path: &BTreeMap<&str, usize>, roles: &mut [Role]) {
    let mut queue: VecDeque<usize> = (0..manifests.len())
        .filter(|&index| {
            roles[index].scope == Scope::Production && manifests[index].kind != ManifestKind::InstallCommand
        })
        .collect();
    let mut seen = vec![false; manifests.len()];
    while let Some(index) = queue.pop_front() {
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let manifest = manifests[index];
        for reference in &manifest.references {
            let passes =
                reference.kind == ReferenceKind::Requirements && reference.scope == Scope::Production;
            for found in find(manifest, reference, by_path, manifests).into_iter().filter(|_| passes) {
                if roles[found].scope != Scope::Production {
                    roles[found].scope = Scope::Production;
                    roles[found].reason = format!("`{}` takes it in", manifest.path);
                }
                queue.push_back(found);
            }
        }
    }
}

/// The manifests that a reference leads to.
fn find(
    manifest: &Manifest,
    reference: &Reference,
    by_path: &BTreeMap<&str, usize>,
    manifests: &[&Manifest],
) -> Vec<usize> {
    let Some(path) = &reference.path else { return Vec::new() };
    let commands = manifest.kind == ManifestKind::InstallCommand;
    // An image is built from a folder above its Dockerfile, a script runs in one.
    let mut places: Vec<String> = vec![path.to_string()];
    if commands {
        let mut above = folder(&manifest.path);
        while !above.is_empty() {
            above = folder(above);
            places.extend(crate::manifest::join(above, &reference.written).map(|path| path.to_string()));
        }
    }
    match reference.kind {
        ReferenceKind::Requirements | ReferenceKind::Constraints => {
            if let Some(&index) = places.iter().find_map(|place| by_path.get(place.as_str())) {
                return vec![index];
            }
            // `COPY deploy/requirements.txt .` moves files; one of that name is meant if there is only one.
            let name = reference.written.rsplit('/').next().unwrap_or(&reference.written);
            let same = |manifest: &&Manifest| manifest.path.rsplit('/').next() == Some(name);
            let mut named = manifests.iter().enumerate().filter(|(_, manifest)| commands && same(manifest));
            match (named.next(), named.next()) {
                (Some((index, _)), None) => vec![index],
                _ => Vec::new(),
            }
        }
        ReferenceKind::Project | ReferenceKind::Lock => {
            let in_folder = |place: &str| -> Vec<usize> {
                let fits = |manifest: &&Manifest| match reference.kind {
                    ReferenceKind::Project => matches!(
                        manifest.kind,
                        ManifestKind::Pyproject | ManifestKind::SetupCfg | ManifestKind::SetupPy
                    ),
                    _ => manifest.kind.is_lock() || manifest.kind == ManifestKind::Conda,
                };
                let here = manifests.iter().enumerate();
                here.filter(|(_, manifest)| {
                    (folder(&manifest.path) == place || &*manifest.path == place) && fits(manifest)
                })
                .map(|(index, _)| index)
                .collect()
            };
            places.iter().map(|place| in_folder(place)).find(|found| !found.is_empty()).unwrap_or_default()
        }
    }
}

/// The lock file that stands for a manifest: beside it, or above it where a workspace has one.
fn lock_of(manifest: &Manifest, by_path: &BTreeMap<&str, usize>, manifests: &[&Manifest]) -> Option<usize> {
    let names: &[&str] = match manifest.kind {
        ManifestKind::Pyproject | ManifestKind::SetupCfg | ManifestKind::SetupPy => {
            &["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"]
        }
        ManifestKind::Pipfile => &["Pipfile.lock"],
        ManifestKind::PackageJson => {
            &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"]
        }
        ManifestKind::Requirements => return compiled(manifest, by_path),
        _ => return None,
    };
    let mut place = folder(&manifest.path);
    loop {
        let at = |name: &&str| {
            let path = if place.is_empty() { (*name).to_owned() } else { format!("{place}/{name}") };
            by_path.get(path.as_str()).copied()
        };
        if let Some(lock) = names.iter().find_map(at) {
            let beside = place == folder(&manifest.path);
            // Above, only a lock file that knows the member stands for it.
            let project = manifest.project.as_ref();
            let knows = || {
                let own = manifests[lock].packages.iter().filter(|package| package.own);
                own.into_iter().any(|package| {
                    Some(&package.name) == project || manifest.path.starts_with(&format!("{}/", package.name))
                })
            };
            return (beside || knows()).then_some(lock);
        }
        if place.is_empty() {
            return None;
        }
        place = folder(place);
    }
}

/// `requirements.in` is compiled to `requirements.txt`, and what `requirements.txt` leaves open is frozen in `requirements.lock`.
fn compiled(manifest: &Manifest, by_path: &BTreeMap<&str, usize>) -> Option<usize> {
    let at = |path: String| by_path.get(path.as_str()).copied();
    if let Some(stem) = manifest.path.strip_suffix(".in") {
        return at(format!("{stem}.txt"));
    }
    let stem = manifest.path.strip_suffix(".txt")?;
    [".lock", ".lock.txt", "-lock.txt"].iter().find_map(|end| at(format!("{stem}{end}")))
}

/// Whether a manifest is of an ecosystem.
pub(super) fn ecosystem(kind: ManifestKind) -> Option<Ecosystem> {
    match kind {
        ManifestKind::PackageJson
        | ManifestKind::PackageLock
        | ManifestKind::YarnLock
        | ManifestKind::PnpmLock
        | ManifestKind::BunLock => Some(Ecosystem::Npm),
        ManifestKind::Sbom => None,
        _ => Some(Ecosystem::PyPi),
    }
}
