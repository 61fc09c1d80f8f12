//! The supply plane: what the application is made of, and what is known against it.
//!
//! In: the text of manifests and lock files, an advisory database, the program. Out: dependencies, findings and facts on them. Nothing of the target is run, and
//! nothing is asked of a package index: what a range resolves to is never guessed.

pub mod advisory;
pub mod manifest;
mod name;
pub mod resolve;
mod tables;
mod usage;
mod version;

pub use name::PackageName;
pub use version::{Ecosystem, Version};
