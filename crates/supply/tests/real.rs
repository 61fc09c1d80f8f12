//! Reads whole trees, to look at what comes out: `CLEARANCE_TREES=a:b cargo test -p clearance-supply --test real -- --ignored --nocapture`.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::{fs, path::Path, sync::Arc, time::Instant};

use clearance_supply::{
    manifest::{File, Manifest, is_wanted, line_starts, read},
    resolve::resolve,
};

fn walk(folder: &Path, out: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && entry.file_name() != ".git" {
            walk(&entry.path(), out);
        } else if kind.is_file() {
            out.push(entry.path());
        }
    }
}

#[test]
#[ignore = "reads trees that are not a part of the project"]
fn trees() {
    let detail = std::env::var("CLEARANCE_DETAIL").unwrap_or_default();
    for root in
        std::env::var("CLEARANCE_TREES").unwrap_or_default().split(':').filter(|root| !root.is_empty())
    {
        let root = Path::new(root);
        let mut files = Vec::new();
        walk(root, &mut files);
        let mut manifests: Vec<Manifest> = Vec::new();
        let mut slowest = (0.0, String::new());
        let mut total = 0.0;
        for file in files {
            let Some(path) = file.strip_prefix(root).ok().and_then(|path| path.to_str()) else { continue };
            if !is_wanted(path) {
                continue;
            }
            let Ok(bytes) = fs::read(&file) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let shared: Arc<str> = path.into();
            let starts = line_starts(&text);
            let begin = Instant::now();
            let found = read(File { path: &shared, text: &text, line_starts: &starts });
            let taken = begin.elapsed().as_secs_f64() * 1e3;
            total += taken;
            if taken > slowest.0 {
                slowest = (taken, path.to_owned());
            }
            manifests.extend(found);
        }
        let begin = Instant::now();
        let resolved = resolve(&manifests, None);
        let taken = begin.elapsed().as_secs_f64() * 1e3;
        let requirements: usize = manifests.iter().map(|manifest| manifest.requirements.len()).sum();
        let packages: usize = manifests.iter().map(|manifest| manifest.packages.len()).sum();
        println!(
            "{}: {} files, {requirements} requirements, {packages} packages, {} dependencies; {total:.1} ms, slowest {:.1} ms {}; resolving {taken:.1} ms",
            root.display(),
            manifests.len(),
            resolved.dependencies.len(),
            slowest.0,
            slowest.1
        );
        if detail.is_empty() {
            continue;
        }
        for input in resolved.inputs.iter().filter(|input| input.count > 0) {
            println!(
                "  {} {:?} {:?}: {} ({:?}) {}",
                input.path, input.kind, input.scope, input.reason, input.locked_by, input.count
            );
        }
        for notice in manifests.iter().flat_map(|manifest| &manifest.notices) {
            println!("  notice {}:{:?} {}", notice.path, notice.line, notice.text);
        }
        for missing in &resolved.missing {
            println!(
                "  missing {} named at {}:{}",
                missing.path, missing.named_at.path, missing.named_at.start.line
            );
        }
        for mismatch in &resolved.mismatches {
            println!("  mismatch {:?} {}", mismatch.kind, mismatch.lock);
        }
        if detail == "all" {
            for manifest in &manifests {
                for found in &manifest.requirements {
                    println!(
                        "  asks {}:{} {} {}",
                        manifest.path, found.location.start.line, found.name, found.range
                    );
                }
            }
            for found in &resolved.dependencies {
                let version = found.version.as_ref().map(ToString::to_string).unwrap_or_default();
                println!(
                    "  dependency {}/{} {version} {:?} {:?} {:?} {}",
                    found.project, found.name, found.scope, found.marker, found.direct, found.scope_reason
                );
            }
        }
    }
}
