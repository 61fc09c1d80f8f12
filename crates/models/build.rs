//! Reads every model file below `data/` and packs what they say, so that the program does not parse TOML each time that it starts. A file that is not a
//! model file fails the build, with its line.

#![allow(dead_code, unused_imports, unreachable_pub, missing_docs, reason = "parts of the crate itself")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[path = "src/data.rs"]
mod data;
#[path = "src/entries.rs"]
mod entries;
#[path = "src/flow.rs"]
mod flow;
#[path = "src/library.rs"]
mod library;

/// Stands in for the tree's, which is not needed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathId(u32);

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let folder = root.join("data");
    println!("cargo::rerun-if-changed=data");
    for part in ["data", "entries", "flow", "library"] {
        println!("cargo::rerun-if-changed=src/{part}.rs");
    }
    let mut files = Vec::new();
    files_below(&folder, "", &mut files);
    files.sort();
    let libraries: Vec<library::Library> = files
        .iter()
        .map(|name| {
            let text = fs::read_to_string(folder.join(name)).expect("a model file is UTF-8 text");
            match data::parse_library(&format!("crates/models/data/{name}"), &text) {
                Ok(library) => library,
                Err(error) => {
                    println!("cargo::error={error}");
                    std::process::exit(1);
                }
            }
        })
        .collect();
    let packed = postcard::to_stdvec(&libraries).expect("plain data");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("models.bin"), packed).expect("the build folder can be written");
}

fn files_below(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, &format!("{prefix}{name}/"), found);
        } else if name.ends_with(".toml") {
            found.push(format!("{prefix}{name}"));
        }
    }
}
