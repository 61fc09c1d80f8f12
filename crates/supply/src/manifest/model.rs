//! What manifests and lock files say, whatever their format.

use std::sync::Arc;

use clearance_finding::{Location, Notice};

use crate::{Ecosystem, PackageName, Version};

/// One file that names packages.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// Which format it has.
    pub kind: ManifestKind,
    /// Where its packages are used, by its name, its place and who refers to it.
    pub scope: Scope,
    /// What it asks for, in the order of the file.
    pub requirements: Vec<Requirement>,
    /// Which versions it fixes, in the order of the file. Only lock files and installed environments have any.
    pub packages: Vec<Package>,
    /// Package indexes that it names beside or instead of the default one, with where.
    pub indexes: Vec<(String, Location)>,
    /// What of it could not be understood.
    pub notices: Vec<Notice>,
}

/// A format of manifest or lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ManifestKind {
    /// pip requirements or constraints.
    Requirements,
    /// `pyproject.toml`: PEP 621, dependency groups (PEP 735), Poetry, PDM, uv.
    Pyproject,
    /// `setup.cfg`.
    SetupCfg,
    /// `setup.py`, read, never run.
    SetupPy,
    /// `Pipfile`.
    Pipfile,
    /// A conda environment file.
    Conda,
    /// PEP 723 block in a script.
    Script,
    /// `poetry.lock`.
    PoetryLock,
    /// `pdm.lock`.
    PdmLock,
    /// `uv.lock`.
    UvLock,
    /// `pylock*.toml` (PEP 751).
    Pylock,
    /// `Pipfile.lock`.
    PipfileLock,
    /// `package.json`.
    PackageJson,
    /// `package-lock.json` or `npm-shrinkwrap.json`.
    PackageLock,
    /// `yarn.lock`.
    YarnLock,
    /// `pnpm-lock.yaml`.
    PnpmLock,
    /// Install commands in a Dockerfile, workflow or script.
    InstallCommand,
    /// An installed environment (`*.dist-info`, `*.egg-info`) or a directory of wheels.
    Installed,
    /// Packages copied into the tree with their metadata.
    Vendored,
    /// A CycloneDX or SPDX document.
    Sbom,
}

/// Whether a package is part of what runs in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// It is.
    Production,
    /// Only asked for with an extra or an optional group.
    Optional,
    /// For building, testing or developing.
    Development,
}

/// One package asked for.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// Where from.
    pub ecosystem: Ecosystem,
    /// Which package.
    pub name: PackageName,
    /// The versions that are allowed.
    pub range: RequirementRange,
    /// Extras asked for with it.
    pub extras: Vec<String>,
    /// PEP 508 marker; `None` where it always holds.
    pub marker: Option<pep508_rs::MarkerTree>,
    /// Where it is fetched.
    pub origin: Origin,
    /// Hashes given for it.
    pub hashes: Vec<Hash>,
    /// The group or extra it belongs to; `None` for the main one.
    pub group: Option<String>,
    /// Production or not.
    pub scope: Scope,
    /// Whether it only limits versions of what others ask for (pip `-c`, `constraint-dependencies`, `overrides`).
    pub constraint: bool,
    /// Where it stands.
    pub location: Location,
    /// Byte range of the version specifiers in the file's text, for edits; empty range where there are none.
    pub specifier_bytes: (u32, u32),
}

/// The versions that a requirement allows.
#[derive(Debug, Clone)]
pub enum RequirementRange {
    /// PEP 440 specifiers; empty means any version.
    Python(pep440_rs::VersionSpecifiers),
    /// An npm range.
    Npm(nodejs_semver::Range),
    /// Not understood, as written.
    Unknown(String),
}

/// Where a package is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A package index.
    Index,
    /// An archive by URL.
    Url(String),
    /// A version control system.
    Vcs {
        /// Address without the revision.
        url: String,
        /// Branch, tag or commit as written.
        revision: Option<String>,
    },
    /// A place on the same disk.
    Path(String),
}

/// A hash of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hash {
    /// `sha256`, …
    pub algorithm: String,
    /// Lower-case hexadecimal or as written.
    pub value: String,
}

/// One package in one version, as a lock file or environment says.
#[derive(Debug, Clone)]
pub struct Package {
    /// Where from.
    pub ecosystem: Ecosystem,
    /// Which package.
    pub name: PackageName,
    /// Which version.
    pub version: Version,
    /// Where it is fetched.
    pub origin: Origin,
    /// Hashes given for it.
    pub hashes: Vec<Hash>,
    /// What it needs itself, by name, with the version chosen where the file says so.
    pub dependencies: Vec<Chosen>,
    /// Under which marker it is installed.
    pub marker: Option<pep508_rs::MarkerTree>,
    /// Groups or extras that bring it in; empty where the file does not say.
    pub groups: Vec<String>,
    /// Production or not, as far as the file says.
    pub scope: Scope,
    /// Where it stands.
    pub location: Location,
}

/// An edge of the dependency graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Which package.
    pub name: PackageName,
    /// Which version, where the file says.
    pub version: Option<String>,
}
