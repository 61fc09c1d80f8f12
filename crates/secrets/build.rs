//! Reads every file of detectors below `data/detectors/` and packs what they say, so that the program does not parse TOML each time that it starts. A file that is
//! not in order fails the build, with its name and what is wrong.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "parts of the crate itself")]

use std::{env, fs, path::PathBuf};

#[path = "src/detector/model.rs"]
mod model;
#[path = "src/detector/starts.rs"]
mod starts;

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let folder = root.join("data/detectors");
    println!("cargo::rerun-if-changed=data/detectors");
    for part in ["model", "starts"] {
        println!("cargo::rerun-if-changed=src/detector/{part}.rs");
    }
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder can be read")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a file of detectors is UTF-8 text");
        match model::parse(&text) {
            Ok(detectors) => all.extend(detectors),
            Err(error) => {
                println!("cargo::error={}: {error}", path.display());
                std::process::exit(1);
            }
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(pair) = all.windows(2).find(|pair| pair[0].id == pair[1].id) {
        println!("cargo::error=the detector `{}` stands twice", pair[0].id);
        std::process::exit(1);
    }
    let packed = postcard::to_stdvec(&all).expect("plain data");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("detectors.bin"), packed).expect("the build folder can be written");
}
