//! Dependencies and what is known against them, in the words of reports.

use clearance_finding::{
    AffectedPackage, Dependency as Shown, DependencyScope, Exploitation, Forecast, KnownVulnerability,
    Reachable, Severity, Step,
};

use crate::{
    advisory::{Advisory, Matched},
    manifest::{Origin, Scope},
    plane::{Known, Supply},
    resolve::Dependency,
};

/// A dependency as reports list it.
pub(crate) fn shown(supply: &Supply<'_>, known: &Known<'_>) -> Shown {
    let dependency = known.dependency;
    let location = dependency.location();
    let own = crate::reach::judge(supply, dependency, None);
    let advisories: Vec<KnownVulnerability> = supply
        .uses(known)
        .map(|(matched, used)| {
            let advisory = &matched.advisory;
            KnownVulnerability {
                id: advisory.id.clone(),
                aliases: advisory.aliases.clone(),
                summary: advisory.summary.clone(),
                severity: advisory.severity.as_ref().map_or(Severity::Medium, |severity| severity.band),
                vector: advisory
                    .severity
                    .as_ref()
                    .and_then(|severity| severity.cvss.as_ref())
                    .map(|cvss| cvss.vector.clone()),
                fixed: matched.fixed.iter().map(ToString::to_string).collect(),
                exploitation: exploitation(advisory),
                reachable: used.reachable,
                evidence: used.steps.clone(),
            }
        })
        .collect();
    let (reachable, evidence): (Reachable, Vec<Step>) = match advisories.is_empty() {
        true => (own.reachable, own.steps),
        false => advisories
            .iter()
            .max_by_key(|known| match known.reachable {
                Reachable::Yes => 2,
                Reachable::Undecided => 1,
                Reachable::No => 0,
            })
            .map(|known| (known.reachable, known.evidence.clone()))
            .unwrap_or((own.reachable, own.steps)),
    };
    let needs = supply.needs.get(&dependency.name);
    Shown {
        ecosystem: dependency.ecosystem.osv().to_owned(),
        name: dependency.name.to_string(),
        version: dependency.version.as_ref().map(ToString::to_string),
        range: match &dependency.version {
            Some(_) => None,
            None => dependency.range.as_ref().map(ToString::to_string).filter(|range| !range.is_empty()),
        },
        source: location.path.clone(),
        location,
        scope: match dependency.scope {
            Scope::Production => DependencyScope::Production,
            Scope::Optional => DependencyScope::Optional,
            Scope::Development => DependencyScope::Development,
        },
        direct: dependency.is_direct(),
        chain: dependency.chain.iter().map(ToString::to_string).collect(),
        needs: needs.into_iter().flatten().map(ToString::to_string).collect(),
        hashes: hashes(supply, dependency),
        origin: match &dependency.origin {
            Origin::Index => None,
            Origin::Url(url) => Some(url.clone()),
            Origin::Vcs { url, revision: Some(revision) } => Some(format!("{url}@{revision}")),
            Origin::Vcs { url, revision: None } => Some(url.clone()),
            Origin::Path(path) => Some(path.clone()),
        },
        advisories,
        reachable,
        evidence,
    }
}

/// The hashes that the file which decides about a dependency gives.
fn hashes(supply: &Supply<'_>, dependency: &Dependency) -> Vec<String> {
    let Some(place) = dependency.lock.as_ref().or(dependency.manifest.as_ref()) else { return Vec::new() };
    let of_package = supply
        .packages_at(&place.path, &dependency.name)
        .filter(|package| package.version == dependency.version)
        .flat_map(|package| &package.hashes);
    let of_requirement =
        supply.requirements_at(&place.path, &dependency.name).flat_map(|requirement| &requirement.hashes);
    let mut all: Vec<String> =
        of_package.chain(of_requirement).map(|hash| format!("{}:{}", hash.algorithm, hash.value)).collect();
    all.sort();
    all.dedup();
    all
}

/// What a finding about an advisory is about.
pub(crate) fn affected(known: &Known<'_>, matched: &Matched) -> Option<Box<AffectedPackage>> {
    Some(Box::new(AffectedPackage {
        ecosystem: known.dependency.ecosystem.osv().to_owned(),
        name: known.dependency.name.to_string(),
        version: known.dependency.version.as_ref().map(ToString::to_string),
        ids: matched.advisory.ids().map(str::to_owned).collect(),
        fixed: matched.fixed.iter().map(ToString::to_string).collect(),
        exploitation: exploitation(&matched.advisory),
    }))
}

/// What the lists of exploitation say of an advisory, as reports tell it.
fn exploitation(advisory: &Advisory) -> Exploitation {
    let Some(known) = advisory.exploitation else { return Exploitation::default() };
    // EPSS gives five decimals.
    let share = |share: f64| (share * 1e5).round() as u32;
    Exploitation {
        known_exploited: known.known_exploited,
        epss: known.epss.map(|epss| Forecast {
            probability: share(epss.probability),
            percentile: share(epss.percentile),
        }),
    }
}
