//! Library knowledge as data: paths, types and settings of the libraries that applications use.
//!
//! In: the TOML files under `data/`, one per library, and the paths that rules ask about. Out: [`Models`], a tree of dotted external paths with
//! what is known about each. Nothing here knows a program or a rule.

mod data;
pub mod flow;
mod tree;

pub use data::{DataError, Library, builtin_libraries, parse_library};
pub use tree::{Models, PathId};
