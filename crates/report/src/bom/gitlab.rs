//! The dependency scanning report of GitLab, `gl-dependency-scanning-report.json`, by version 15 of its security report schemas.
//!
//! What is accepted is left out, as in the SAST report: GitLab keeps acceptances itself.

use std::{collections::BTreeMap, io};

use clearance_finding::{Dependency, KnownVulnerability, Reachable};
use clearance_verdict::Assessment;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{source, told, upgrade};
use crate::{
    clean,
    gitlab::{Identifier, MOST_NAME, MOST_SOLUTION, Scan, VERSION, severity, uuid},
    json,
};

const SCHEMA: &str = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.0.7/dist/dependency-scanning-report-format.json";

/// Writes the report to `out`.
pub(crate) fn write(assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    let accepted = Accepted::of(assessment);
    let vulnerabilities = assessment
        .dependencies
        .iter()
        .flat_map(|dependency| dependency.advisories.iter().map(move |advisory| (dependency, advisory)))
        .filter(|(dependency, advisory)| !accepted.has(dependency, advisory))
        .map(|(dependency, advisory)| vulnerability(dependency, advisory))
        .collect();
    let report = Report {
        schema: SCHEMA,
        version: VERSION,
        scan: Scan::new("dependency_scanning", assessment),
        vulnerabilities,
        dependency_files: files(assessment),
    };
    json::serialise(&report, out)
}

/// The vulnerabilities of which every finding is accepted, by file, package, version and id.
struct Accepted<'a>(BTreeMap<(&'a str, &'a str, Option<&'a str>, &'a str), bool>);

impl<'a> Accepted<'a> {
    fn of(assessment: &'a Assessment) -> Self {
        let mut all = BTreeMap::new();
        for finding in &assessment.findings {
            let Some(package) = &finding.package else { continue };
            for id in &package.ids {
                let key = (&*finding.location.path, &*package.name, package.version.as_deref(), id.as_str());
                *all.entry(key).or_insert(true) &= finding.acceptance.is_some();
            }
        }
        Self(all)
    }

    fn has(&self, dependency: &Dependency, advisory: &KnownVulnerability) -> bool {
        let key = (&*dependency.source, &*dependency.name, dependency.version.as_deref(), &*advisory.id);
        self.0.get(&key).copied().unwrap_or(false)
    }
}

fn vulnerability<'a>(dependency: &'a Dependency, advisory: &'a KnownVulnerability) -> Vulnerability<'a> {
    let mut about = vec![clean::markdown(&advisory.summary)];
    about.push(match advisory.reachable {
        Reachable::Yes => "Its vulnerable part is used.".to_owned(),
        Reachable::No => "No use of its vulnerable part was found.".to_owned(),
        Reachable::Undecided => "Whether its vulnerable part is used is not known.".to_owned(),
    });
    if !advisory.evidence.is_empty() {
        about.push(clean::markdown(&told(&advisory.evidence)));
    }
    if dependency.chain.len() > 1 {
        about.push(format!("It comes through {}.", clean::markdown(&dependency.chain.join(" > "))));
    }
    let solution = upgrade::recommendation(dependency, advisory);
    Vulnerability {
        id: id(dependency, advisory),
        name: format!("{} in {}", advisory.id, dependency.name).chars().take(MOST_NAME).collect(),
        description: about.join("\n\n"),
        severity: severity(advisory.severity),
        solution: solution.chars().take(MOST_SOLUTION).collect(),
        identifiers: std::iter::once(&advisory.id)
            .chain(&advisory.aliases)
            .map(|id| identifier(id))
            .collect(),
        location: Place { file: &dependency.source, dependency: entry(dependency) },
    }
}

/// The same for the same vulnerability of the same package in the same file.
fn id(dependency: &Dependency, advisory: &KnownVulnerability) -> String {
    let mut hasher = Sha256::new();
    let version = dependency.version.as_deref().or(dependency.range.as_deref()).unwrap_or_default();
    for part in [&*dependency.ecosystem, &*dependency.name, version, &*dependency.source, &*advisory.id] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut number = [0; 16];
    number.copy_from_slice(&hasher.finalize()[..16]);
    uuid(u128::from_be_bytes(number))
}

fn identifier(id: &str) -> Identifier {
    let prefix = id.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let kind =
        if matches!(prefix.as_str(), "cve" | "ghsa" | "pysec" | "mal") { prefix } else { "osv".to_owned() };
    Identifier { kind, name: id.to_owned(), value: id.to_owned(), url: Some(source(id).1) }
}

/// The packages of each file, by file.
fn files(assessment: &Assessment) -> Vec<File<'_>> {
    let mut by_file: BTreeMap<(&str, &'static str), Vec<Entry<'_>>> = BTreeMap::new();
    for dependency in &assessment.dependencies {
        let manager = manager(dependency);
        by_file.entry((&dependency.source, manager)).or_default().push(entry(dependency));
    }
    by_file
        .into_iter()
        .map(|((path, package_manager), dependencies)| File { path, package_manager, dependencies })
        .collect()
}

/// The tool that a file is for, as GitLab calls it.
fn manager(dependency: &Dependency) -> &'static str {
    let name = dependency.source.rsplit('/').next().unwrap_or_default();
    match (dependency.ecosystem.as_str(), name) {
        ("npm", "yarn.lock") => "yarn",
        ("npm", "pnpm-lock.yaml") => "pnpm",
        ("npm", _) => "npm",
        (_, "Pipfile" | "Pipfile.lock") => "pipenv",
        (_, "poetry.lock") => "poetry",
        (_, "uv.lock") => "uv",
        (_, "environment.yml" | "environment.yaml") => "conda",
        (_, "setup.py" | "setup.cfg") => "setuptools",
        _ => "pip",
    }
}

/// The schema wants a version: where none is exact, the range stands there as it is written.
fn entry(dependency: &Dependency) -> Entry<'_> {
    Entry {
        package: Named { name: &dependency.name },
        version: dependency.version.as_deref().or(dependency.range.as_deref()).unwrap_or_default(),
        direct: dependency.direct,
    }
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    version: &'static str,
    scan: Scan<'a>,
    vulnerabilities: Vec<Vulnerability<'a>>,
    dependency_files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: Vec<Identifier>,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    dependency: Entry<'a>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    package_manager: &'static str,
    dependencies: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    package: Named<'a>,
    version: &'a str,
    direct: bool,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}
