//! Manifests and lock files: which packages an application asks for, and which versions it gets.

mod model;

pub use model::{
    Chosen, Hash, Manifest, ManifestKind, Origin, Package, Requirement, RequirementRange, Scope,
};
