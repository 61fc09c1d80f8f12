//! What to do about the vulnerabilities of a dependency: the nearest version that is free of them, the edit or the command.

use clearance_finding::{Edit, Fix};

use crate::{
    Version,
    manifest::{Manifest, ManifestKind, Requirement, RequirementRange},
    plane::{Known, Supply},
    version::Parsed,
};

/// Versions that are tried.
const MAX_TRIED: usize = 60;

/// A repair of all vulnerabilities of a dependency together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repair {
    /// What to do, in words; `None` where nothing is known that helps.
    pub(crate) advice: Option<String>,
    /// The edit of the manifest, where one is enough.
    pub(crate) fix: Option<Fix>,
}

/// Finds the repair.
pub(crate) fn repair(supply: &Supply<'_>, known: &Known<'_>) -> Repair {
    let dependency = known.dependency;
    let Some(version) = &dependency.version else { return Repair::default() };
    let Some((target, clean)) = target(supply, known) else { return Repair::default() };
    let asked = asked_for(supply, known);
    let allowed = asked.iter().all(|(_, requirement)| requirement.range.allows(&target) != Some(false));
    let name = &dependency.name;
    let rest = if clean { "" } else { ", which still has advisories that no version is free of" };
    let mut said = format!("Upgrade `{name}` from {version} to {target} or later{rest}");
    if let Some(major) = jump(version, &target) {
        said.push_str(&format!(" ({major}: read its changes first)"));
    }
    let mut fix = None;
    // An edit is enough where the pin itself decides and no hash stands beside it.
    if let [(manifest, requirement)] = asked.as_slice()
        && dependency.lock.is_none()
        && requirement.hashes.is_empty()
        && !is_forbidden(supply, requirement, &target)
        && let Some(text) = pinned(manifest, requirement, version, &target)
    {
        let (start, end) = requirement.specifier_bytes;
        let title = format!("Upgrade {name} from {version} to {target}");
        fix = Some(Fix::new(title, false, vec![Edit { start, end, text }]));
    }
    if let Some(command) = command(supply, known, &target, allowed) {
        said.push_str(&format!(": {command}"));
    }
    if !dependency.is_direct() && dependency.chain.len() > 1 {
        let chain: Vec<&str> = dependency.chain.iter().map(crate::PackageName::as_str).collect();
        said.push_str(&format!("; it comes in through {}", chain.join(" → ")));
    }
    Repair { advice: Some(said), fix }
}

/// The least version above the installed one for which nothing holds; else the one for which the least holds. With it, whether nothing does.
fn target(supply: &Supply<'_>, known: &Known<'_>) -> Option<(Version, bool)> {
    let database = supply.database?;
    let dependency = known.dependency;
    let current = known.dependency.version.as_ref()?;
    let mut candidates: Vec<Version> = known
        .matched
        .iter()
        .flat_map(|matched| matched.fixed.iter().chain(matched.upgrade()))
        .filter(|version| is_above(version, current))
        .cloned()
        .collect();
    // A fix may itself be affected by a later flaw: what fixes that is tried as well.
    let mut tried: Vec<String> = Vec::new();
    let mut best: Option<(usize, Version)> = None;
    while tried.len() < MAX_TRIED {
        candidates.retain(|version| !tried.contains(&version.text));
        candidates.sort_by(compare);
        let Some(version) = candidates.first().cloned() else { break };
        tried.push(version.text.clone());
        let outcome = database.lookup(dependency.ecosystem, &dependency.name, &version).ok()?;
        if outcome.matched.is_empty() {
            return Some((version, true));
        }
        let left = outcome.matched.len();
        candidates.extend(
            outcome
                .matched
                .iter()
                .flat_map(|matched| matched.fixed.iter().chain(matched.upgrade()))
                .filter(|other| is_above(other, &version))
                .cloned(),
        );
        if best.as_ref().is_none_or(|(least, _)| left < *least) {
            best = Some((left, version));
        }
    }
    best.filter(|(left, _)| *left < known.matched.len()).map(|(_, version)| (version, false))
}

fn compare(a: &Version, b: &Version) -> std::cmp::Ordering {
    match (&a.parsed, &b.parsed) {
        (Some(Parsed::Python(a)), Some(Parsed::Python(b))) => a.cmp(b),
        (Some(Parsed::Semantic(a)), Some(Parsed::Semantic(b))) => a.cmp(b),
        _ => a.text.cmp(&b.text),
    }
}

fn is_above(version: &Version, than: &Version) -> bool {
    version.parsed.is_some() && compare(version, than).is_gt() && !is_early(version)
}

/// Pre-releases are no repair.
fn is_early(version: &Version) -> bool {
    match &version.parsed {
        Some(Parsed::Python(version)) => version.any_prerelease(),
        Some(Parsed::Semantic(version)) => !version.pre_release().is_empty(),
        None => true,
    }
}

/// Says where an upgrade changes the leading number.
fn jump(from: &Version, to: &Version) -> Option<&'static str> {
    let major = |version: &Version| match &version.parsed {
        Some(Parsed::Python(version)) => version.release().first().copied(),
        Some(Parsed::Semantic(version)) => Some(version.major()),
        None => None,
    };
    (major(from)? != major(to)?).then_some("a new major version")
}

/// The requirements of the same project that ask for it.
fn asked_for<'a>(supply: &Supply<'a>, known: &Known<'_>) -> Vec<(&'a Manifest, &'a Requirement)> {
    let dependency = known.dependency;
    let Some(place) = &dependency.manifest else { return Vec::new() };
    supply
        .manifests
        .iter()
        .filter(|manifest| manifest.path == place.path)
        .flat_map(|manifest| manifest.requirements.iter().map(move |requirement| (manifest, requirement)))
        .filter(|(_, requirement)| {
            requirement.name == dependency.name && requirement.ecosystem == dependency.ecosystem
        })
        .collect()
}

/// The pin with the new version, in the manner of the old one.
fn pinned(manifest: &Manifest, requirement: &Requirement, from: &Version, to: &Version) -> Option<String> {
    const EDITED: &[ManifestKind] = &[
        ManifestKind::Requirements,
        ManifestKind::Pyproject,
        ManifestKind::Pipfile,
        ManifestKind::SetupCfg,
        ManifestKind::Script,
    ];
    requirement.range.exact().filter(|pin| pin.text == from.text || compare(pin, from).is_eq())?;
    if !EDITED.contains(&manifest.kind) || !matches!(requirement.range, RequirementRange::Python(_)) {
        return None;
    }
    let written = written(requirement)?;
    let operator = written.trim_start_matches(['=', ' ']);
    let sign = &written[..written.len() - operator.len()];
    // More than one specifier, or a wildcard, is no plain pin.
    let plain = operator.trim_end();
    let is_version = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '!' | '-' | '_');
    (!plain.is_empty() && plain.chars().all(is_version)).then(|| format!("{sign}{to}"))
}

/// The specifiers as they are written, where the line that shows them is the text of the file.
fn written(requirement: &Requirement) -> Option<&str> {
    let (start, end) = requirement.specifier_bytes;
    let location = &requirement.location;
    let line = location.code.first()?;
    let column = (location.start.column as usize).checked_sub(1)?;
    let first = line.text.char_indices().map(|(at, _)| at).chain([line.text.len()]).nth(column)?;
    let place = |offset: u32| Some(first + offset.checked_sub(location.bytes.0)? as usize);
    let written = line.text.get(place(start)?..place(end)?)?;
    (start < end).then_some(written)
}

/// Whether a list of constraints forbids the version: pip would refuse both together.
fn is_forbidden(supply: &Supply<'_>, requirement: &Requirement, to: &Version) -> bool {
    let all = supply.manifests.iter().flat_map(|manifest| &manifest.requirements);
    let mut others = all.filter(|other| {
        other.constraint
            && other.name == requirement.name
            && other.ecosystem == requirement.ecosystem
            && other.location != requirement.location
    });
    others.any(|other| other.range.allows(to) == Some(false))
}

/// What writes the lock file again.
fn command(supply: &Supply<'_>, known: &Known<'_>, target: &Version, allowed: bool) -> Option<String> {
    let dependency = known.dependency;
    let name = &dependency.name;
    let first = if allowed {
        String::new()
    } else {
        format!("allow {target} in `{}`, then ", dependency.manifest.as_ref()?.path)
    };
    let hashed = || {
        supply.manifests.iter().any(|manifest| {
            dependency.manifest.as_ref().is_some_and(|place| place.path == manifest.path)
                && manifest
                    .requirements
                    .iter()
                    .any(|requirement| requirement.name == *name && !requirement.hashes.is_empty())
        })
    };
    let command = match dependency.source {
        ManifestKind::UvLock => format!("uv lock --upgrade-package {name}=={target}"),
        ManifestKind::PoetryLock if dependency.is_direct() => format!("poetry add {name}@^{target}"),
        ManifestKind::PoetryLock => format!("poetry update {name}"),
        ManifestKind::PdmLock => format!("pdm update {name}"),
        ManifestKind::PipfileLock => format!("pipenv upgrade {name}=={target}"),
        ManifestKind::Pylock => format!("pip lock again with {name}>={target}"),
        ManifestKind::PackageLock if dependency.is_direct() => format!("npm install {name}@{target}"),
        ManifestKind::PackageLock => format!("npm update {name}"),
        ManifestKind::YarnLock => format!("yarn up {name}"),
        ManifestKind::PnpmLock => format!("pnpm update {name}"),
        ManifestKind::BunLock => format!("bun update {name}"),
        ManifestKind::Requirements if hashed() => {
            format!("pip-compile --generate-hashes --upgrade-package {name}=={target}")
        }
        _ => return None,
    };
    Some(format!("{first}`{command}`"))
}
