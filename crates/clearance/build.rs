//! Gives the program an identity that changes with everything that may change what it finds: its sources, the models, the dependencies and the
//! compiler. What an earlier build left in the cache is then never taken for its own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    let workspace = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../..");
    let mut files = vec![workspace.join("Cargo.toml"), workspace.join("Cargo.lock")];
    for part in fs::read_dir(workspace.join("crates")).expect("the crates can be listed").flatten() {
        for inside in ["Cargo.toml", "build.rs", "src", "data"] {
            let path = part.path().join(inside);
            if path.exists() {
                println!("cargo::rerun-if-changed={}", path.display());
                collect(&path, &mut files);
            }
        }
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(file).display());
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in &files {
        let bytes = fs::read(file).unwrap_or_default();
        let name = file.strip_prefix(&workspace).unwrap_or(file).to_string_lossy();
        for piece in [name.as_bytes(), &bytes] {
            hasher.update(&(piece.len() as u64).to_le_bytes());
            hasher.update(piece);
        }
    }
    for variable in ["TARGET", "PROFILE", "CARGO_PKG_VERSION"] {
        hasher.update(env::var(variable).unwrap_or_default().as_bytes());
    }
    let rustc = Command::new(env::var_os("RUSTC").expect("set by cargo")).arg("-V").output();
    hasher.update(&rustc.map(|output| output.stdout).unwrap_or_default());
    println!("cargo::rustc-env=CLEARANCE_BUILD={}", hasher.finalize().to_hex());
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("the sources can be listed").flatten() {
            collect(&entry.path(), files);
        }
    } else if path.is_file() {
        files.push(path.to_owned());
    }
}
