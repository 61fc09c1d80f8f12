//! Library knowledge as data: paths, types and settings of the libraries that applications use.
//!
//! In: the TOML files under `data/`, one per library, read and packed by the build, files of the user, and the paths that rules ask about. Out:
//! [`Models`], a tree of dotted external paths with what is known about each, and [`flow::FlowModels`], what calling them does with data. Nothing here
//! knows a program or a rule.

mod builtin;
mod compile;
mod data;
mod entries;
pub mod flow;
mod library;
mod tree;

pub use builtin::builtin;
pub use data::{DataError, parse_library, parse_user_library};
pub use library::Library;
pub use tree::{Models, PathId};

/// The JSON schema of a model file, for editors.
pub fn schema() -> &'static str {
    include_str!("../schema/model.schema.json")
}
