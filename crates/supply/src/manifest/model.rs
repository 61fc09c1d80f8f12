//! What manifests and lock files say, whatever their format.

use std::{fmt, sync::Arc};

use clearance_finding::{Location, Notice};

use crate::{Ecosystem, PackageName, Version, version::Parsed};

/// One file that names packages.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// Which format it has.
    pub kind: ManifestKind,
    /// Where its packages are used, by its name and its place; who refers to it is seen by [`crate::resolve`].
    pub scope: Scope,
    /// Why, in one clause without a full stop.
    pub scope_reason: String,
    /// The name of the project that it describes, where it says one.
    pub project: Option<PackageName>,
    /// What it asks for, in the order of the file.
    pub requirements: Vec<Requirement>,
    /// Which versions it fixes, in the order of the file. Only lock files and installed environments have any.
    pub packages: Vec<Package>,
    /// Package indexes that it names beside or instead of the default one, and options about them.
    pub indexes: Vec<Index>,
    /// Other files that it takes in or installs, in the order of the file.
    pub references: Vec<Reference>,
    /// For which Python it is, where it says so.
    pub python: Option<PythonVersions>,
    /// Packages of the operating system that it installs. Only install commands have any.
    pub system: Vec<SystemPackage>,
    /// The digest of what the lock file was made of: as a lock file states it, or as computed from `pyproject.toml` for `poetry.lock`.
    pub content_hash: Option<String>,
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
    /// `bun.lock`.
    BunLock,
    /// Install commands in a Dockerfile, workflow or script.
    InstallCommand,
    /// `.python-version` or `runtime.txt`: only the version of Python.
    PythonVersion,
    /// An installed environment (`*.dist-info`, `*.egg-info`) or a directory of wheels.
    Installed,
    /// Packages copied into the tree with their metadata.
    Vendored,
    /// A CycloneDX or SPDX document.
    Sbom,
}

impl ManifestKind {
    /// Whether it says which versions are installed, not only which may be.
    pub fn is_lock(self) -> bool {
        match self {
            Self::PoetryLock
            | Self::PdmLock
            | Self::UvLock
            | Self::Pylock
            | Self::PipfileLock
            | Self::PackageLock
            | Self::YarnLock
            | Self::PnpmLock
            | Self::BunLock
            | Self::Installed => true,
            Self::Requirements
            | Self::Pyproject
            | Self::SetupCfg
            | Self::SetupPy
            | Self::Pipfile
            | Self::Conda
            | Self::Script
            | Self::PackageJson
            | Self::InstallCommand
            | Self::PythonVersion
            | Self::Vendored
            | Self::Sbom => false,
        }
    }
}

/// A package index, or an option about indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// What is said of it.
    pub kind: IndexKind,
    /// Its address or name as written, without credentials; empty for [`IndexKind::None`].
    pub url: String,
    /// Where.
    pub location: Location,
}

/// How an index is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKind {
    /// Instead of the default one.
    Default,
    /// Beside the others: whoever has the higher version wins.
    Extra,
    /// Only for packages that ask for it by name.
    Explicit,
    /// A page or folder of archives (pip `--find-links`).
    Links,
    /// No index at all (pip `--no-index`).
    None,
    /// A host whose certificate is not checked (pip `--trusted-host`).
    TrustedHost,
}

/// A file that a manifest takes in, or that a command installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// How it is used.
    pub kind: ReferenceKind,
    /// The path as written.
    pub written: String,
    /// The path relative to the target, as seen from the folder of the file; `None` where it leaves the target or is not a path.
    pub path: Option<Arc<str>>,
    /// For what it is used.
    pub scope: Scope,
    /// Groups and extras asked for with it.
    pub groups: Vec<String>,
    /// Where.
    pub location: Location,
}

/// How a file is used by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// Its requirements are installed (pip `-r`).
    Requirements,
    /// Its versions are limits (pip `-c`).
    Constraints,
    /// The project in a folder is installed (`pip install .`, `-e ./lib`).
    Project,
    /// What the lock file of a folder says is installed (`uv sync`, `poetry install`, `npm ci`).
    Lock,
}

/// The versions of Python that a file is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonVersions {
    /// The versions as written.
    pub text: String,
    /// The same as specifiers; one that runs is `==3.11.*`.
    pub specifiers: pep440_rs::VersionSpecifiers,
    /// Whether it names what runs (an image, `.python-version`), not what is supported.
    pub runs: bool,
    /// Where.
    pub location: Location,
}

/// A package of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemPackage {
    /// What installs it: `apt`, `apk`, `yum`, `dnf`.
    pub manager: &'static str,
    /// Its name.
    pub name: String,
    /// The version asked for.
    pub version: Option<String>,
    /// Where.
    pub location: Location,
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
    /// Which package. Where only an address is given, the last part of it.
    pub name: PackageName,
    /// Byte range of the name in the file's text; empty where the name is taken from an address.
    pub name_bytes: (u32, u32),
    /// The versions that are allowed.
    pub range: RequirementRange,
    /// Extras asked for with it.
    pub extras: Vec<String>,
    /// PEP 508 marker; `None` where it always holds.
    pub marker: Option<pep508_rs::MarkerTree>,
    /// Where it is fetched.
    pub origin: Origin,
    /// Whether it is installed as a link to its sources (pip `-e`).
    pub editable: bool,
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
    /// Alternatives of which one must hold (Poetry `||`).
    PythonAnyOf(Vec<pep440_rs::VersionSpecifiers>),
    /// An npm range.
    Npm(nodejs_semver::Range),
    /// Not understood, as written.
    Unknown(String),
}

impl RequirementRange {
    /// Any version of a Python package.
    pub fn any() -> Self {
        Self::Python(pep440_rs::VersionSpecifiers::empty())
    }

    /// The one version that is allowed, where there is only one.
    pub fn exact(&self) -> Option<Version> {
        match self {
            Self::Python(specifiers) => {
                let pins = [pep440_rs::Operator::Equal, pep440_rs::Operator::ExactEqual];
                let pin = specifiers.iter().find(|specifier| pins.contains(specifier.operator()))?;
                let contradicts = specifiers.iter().any(|other| !other.contains(pin.version()));
                let text = pin.version().to_string();
                (!contradicts).then(|| Version::new(Ecosystem::PyPi, &text))
            }
            Self::Npm(range) => {
                let text = range.to_string();
                let version = Version::new(Ecosystem::Npm, &text);
                version.parsed.is_some().then_some(version)
            }
            Self::PythonAnyOf(_) | Self::Unknown(_) => None,
        }
    }

    /// Whether a version is allowed; `None` where that cannot be said.
    pub fn allows(&self, version: &Version) -> Option<bool> {
        match (self, version.parsed.as_ref()?) {
            (Self::Python(specifiers), Parsed::Python(version)) => Some(allows(specifiers, version)),
            (Self::PythonAnyOf(any), Parsed::Python(version)) => {
                Some(any.iter().any(|specifiers| allows(specifiers, version)))
            }
            (Self::Npm(range), Parsed::Semantic(version)) => {
                Some(version.satisfies_with_prerelease(range, true))
            }
            _ => None,
        }
    }

    /// Whether every version is allowed.
    pub fn is_any(&self) -> bool {
        match self {
            Self::Python(specifiers) => specifiers.is_empty(),
            Self::PythonAnyOf(any) => any.iter().any(|specifiers| specifiers.is_empty()),
            Self::Npm(range) => matches!(range.to_string().as_str(), "*" | ">=0.0.0"),
            Self::Unknown(_) => false,
        }
    }
}

/// A lock file holds what was chosen, so pre-releases count; a local part counts only where it is asked for (PEP 440).
fn allows(specifiers: &pep440_rs::VersionSpecifiers, version: &pep440_rs::Version) -> bool {
    specifiers.iter().all(|specifier| specifier.contains(version))
}

impl fmt::Display for RequirementRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python(specifiers) => write!(f, "{specifiers}"),
            Self::PythonAnyOf(any) => {
                for (index, specifiers) in any.iter().enumerate() {
                    let joint = if index == 0 { "" } else { " || " };
                    write!(f, "{joint}{specifiers}")?;
                }
                Ok(())
            }
            Self::Npm(range) => write!(f, "{range}"),
            Self::Unknown(text) => f.write_str(text),
        }
    }
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
    /// Which version; `None` where it is built from a folder or repository whose version the file does not say.
    pub version: Option<Version>,
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
    /// Whether it is the project itself, or a member of its workspace.
    pub own: bool,
    /// What the file says of it where the release is deprecated.
    pub deprecated: Option<String>,
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
    /// Extras of it that are asked for.
    pub extras: Vec<String>,
    /// Under which marker.
    pub marker: Option<pep508_rs::MarkerTree>,
    /// The extra or group of the needing package with which it is needed; `None` for always.
    pub with_extra: Option<String>,
    /// Whether it is needed for development of the needing package only.
    pub development: bool,
}

impl Chosen {
    /// An edge to a package in any version.
    pub fn to(name: PackageName) -> Self {
        Self { name, version: None, extras: Vec::new(), marker: None, with_extra: None, development: false }
    }
}
