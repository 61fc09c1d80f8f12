//! Manifests and lock files: which packages an application asks for, and which versions it gets.
//!
//! In: a path and a text. Out: a [`Manifest`] with the place of every name and version. One file for each format; [`read`] finds the one for a path. Whatever
//! the text, nothing panics; what was not understood is a notice.

mod bun_lock;
mod commands;
mod conda;
mod constraint;
mod environment;
mod metadata;
mod model;
mod package_json;
mod package_lock;
mod paths;
mod pdm_lock;
mod pep508;
mod pipfile;
mod pipfile_lock;
mod pnpm_lock;
mod poetry;
mod poetry_lock;
mod pylock;
mod pyproject;
mod reader;
mod requirements;
mod sbom;
mod script;
mod setup_cfg;
mod setup_py;
mod tree;
mod uv_lock;
mod words;
mod yarn_lock;

pub use environment::read_environment;
pub use model::{
    Chosen, Hash, Index, IndexKind, Manifest, ManifestKind, Origin, Package, PythonVersions, Reference,
    ReferenceKind, Requirement, RequirementRange, Scope, SystemPackage,
};
pub(crate) use paths::join;
pub use paths::{is_wanted, kind_of, names_packages};
pub use reader::File;
pub use script::has_script_block;

/// Reads a file by its path. `None` where its path is not that of a manifest and it is not a script with an inline block (PEP 723).
pub fn read(file: File<'_>) -> Option<Manifest> {
    let kind = match kind_of(file.path) {
        Some(kind) => kind,
        None if has_script_block(file.text) => ManifestKind::Script,
        None => return None,
    };
    Some(read_as(file, kind))
}

/// Reads a file as one of a format, whatever its path: a requirements file that another takes in under an odd name.
pub fn read_as(file: File<'_>, kind: ManifestKind) -> Manifest {
    match kind {
        ManifestKind::Requirements => requirements::read(file),
        ManifestKind::Pyproject => pyproject::read(file),
        ManifestKind::SetupCfg => setup_cfg::read(file),
        ManifestKind::SetupPy => setup_py::read(file),
        ManifestKind::Pipfile => pipfile::read(file),
        ManifestKind::Conda => conda::read(file),
        ManifestKind::Script => script::read(file),
        ManifestKind::PoetryLock => poetry_lock::read(file),
        ManifestKind::PdmLock => pdm_lock::read(file),
        ManifestKind::UvLock => uv_lock::read(file),
        ManifestKind::Pylock => pylock::read(file),
        ManifestKind::PipfileLock => pipfile_lock::read(file),
        ManifestKind::PackageJson => package_json::read(file),
        ManifestKind::PackageLock => package_lock::read(file),
        ManifestKind::YarnLock => yarn_lock::read(file),
        ManifestKind::PnpmLock => pnpm_lock::read(file),
        ManifestKind::BunLock => bun_lock::read(file),
        ManifestKind::InstallCommand => commands::read(file),
        ManifestKind::PythonVersion => metadata::python_version(file),
        ManifestKind::Installed | ManifestKind::Vendored => metadata::read(file),
        ManifestKind::Sbom => sbom::read(file),
    }
}

/// Byte offsets of the first byte of every line, as [`File`] wants them.
pub fn line_starts(text: &str) -> Vec<u32> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    let starts = ends.map_while(|(at, _)| u32::try_from(at + 1).ok());
    std::iter::once(0).chain(starts).collect()
}
