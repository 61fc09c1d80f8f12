//! An installed environment, or a folder of archives, by directory. The one reader that opens files itself.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use clearance_finding::{Location, NoticeKind};

use super::{
    File, Manifest, ManifestKind, Origin, Package, line_starts,
    metadata::core_metadata,
    pep508, poetry,
    reader::{Reader, package, without_credentials},
    tree::json,
};
use crate::Ecosystem;

/// Entries of one folder that are looked at.
const MAX_ENTRIES: usize = 50_000;
/// Bytes of one file that are read: requirements stand in the header.
const MAX_BYTES: u64 = 512 << 10;

/// Reads what is installed in `directory`: `site-packages`, a virtual environment that holds one, or a folder of wheels and source archives. `shown` is how the
/// directory is called in places.
///
/// # Errors
///
/// Where the directory cannot be listed.
pub fn read_environment(directory: &Path, shown: &str) -> io::Result<Manifest> {
    let path: Arc<str> = shown.into();
    let starts = [0];
    let mut reader =
        Reader::new(File { path: &path, text: "", line_starts: &starts }, ManifestKind::Installed);
    reader.manifest.scope_reason = "it is what is installed".to_owned();
    let mut folders = site_packages(directory)?;
    if folders.is_empty() {
        folders.push((directory.to_owned(), shown.to_owned()));
    }
    for (folder, shown) in folders {
        let mut names: Vec<String> = fs::read_dir(&folder)?
            .take(MAX_ENTRIES)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        for name in names {
            one(&mut reader, &folder, &shown, &name);
        }
    }
    if let Ok(text) = read_file(&directory.join("pyvenv.cfg")) {
        let value = |line: &str| {
            let (key, value) = line.split_once('=')?;
            matches!(key.trim(), "version" | "version_info").then(|| value.trim().to_owned())
        };
        if let Some(version) = text.lines().find_map(value) {
            reader.python(&version, true, (0, 0));
        }
    }
    Ok(reader.manifest)
}

/// Folders of installed packages in a virtual environment.
fn site_packages(directory: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    fs::read_dir(directory)?;
    let mut candidates = vec![("Lib/site-packages".to_owned(), directory.join("Lib/site-packages"))];
    if let Ok(entries) = fs::read_dir(directory.join("lib")) {
        for name in entries.take(1_000).filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
            if name.starts_with("python") || name.starts_with("pypy") {
                let inner = format!("lib/{name}/site-packages");
                candidates.push((inner.clone(), directory.join(inner)));
            }
        }
    }
    candidates.sort();
    candidates.dedup_by(|one, other| one.0.eq_ignore_ascii_case(&other.0));
    for (inner, path) in candidates {
        if path.is_dir() {
            found.push((path, inner));
        }
    }
    Ok(found)
}

fn read_file(path: &Path) -> io::Result<String> {
    let file = fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn one(reader: &mut Reader<'_>, folder: &Path, shown: &str, name: &str) {
    let inner = if name.ends_with(".dist-info") {
        "METADATA"
    } else if name.ends_with(".egg-info") {
        "PKG-INFO"
    } else {
        if let Some((project, version)) = pep508::archive(name) {
            let location = Location::file(format!("{shown}/{name}").into());
            reader.package(package(Ecosystem::PyPi, project, version, location));
        }
        return;
    };
    let path = folder.join(name);
    // An `.egg-info` may be the file itself.
    let (file, place) = if path.is_dir() {
        (path.join(inner), format!("{shown}/{name}/{inner}"))
    } else {
        (path.clone(), format!("{shown}/{name}"))
    };
    let place: Arc<str> = place.into();
    let found = read_file(&file).ok().and_then(|text| installed(&place, &text));
    let found = found.or_else(|| by_name(name, &place));
    match found {
        Some(mut found) => {
            if let Ok(text) = read_file(&path.join("direct_url.json")) {
                direct(&mut found, &text);
            }
            reader.package(found);
        }
        None => reader.notice(
            NoticeKind::Partial,
            None,
            format!("`{}` names no package", super::reader::clip(&place)),
        ),
    }
}

fn installed(place: &Arc<str>, text: &str) -> Option<Package> {
    let starts = line_starts(text);
    let mut reader = Reader::new(File { path: place, text, line_starts: &starts }, ManifestKind::Installed);
    core_metadata(&mut reader).filter(|package| package.version.is_some())
}

/// `name-1.2.dist-info` without metadata.
fn by_name(name: &str, place: &Arc<str>) -> Option<Package> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let (project, version) = stem.split_once('-')?;
    let version = version.split("-py").next().unwrap_or(version);
    Some(package(Ecosystem::PyPi, project, version, Location::file(Arc::clone(place))))
}

/// `direct_url.json` (PEP 610): what did not come from an index.
fn direct(found: &mut Package, text: &str) {
    let parsed = json(text);
    let Some(url) = parsed.root.text_at("url") else { return };
    let vcs = parsed.root.get("vcs_info");
    found.origin = match vcs {
        Some(vcs) => Origin::Vcs {
            url: without_credentials(url),
            revision: vcs.text_at("commit_id").or(vcs.text_at("requested_revision")).map(str::to_owned),
        },
        None => match url.strip_prefix("file://") {
            Some(path) => Origin::Path(path.to_owned()),
            None => poetry::origin(&parsed.root).unwrap_or_else(|| Origin::Url(without_credentials(url))),
        },
    };
    found.own = parsed.root.get("dir_info").is_some_and(|info| info.is_true("editable"));
}
