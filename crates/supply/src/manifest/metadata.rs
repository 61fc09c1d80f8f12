//! Metadata of packages that stand in the tree or an environment (`METADATA`, `PKG-INFO`), lists of vendored packages, and files that only name the version of Python.

use super::{
    Chosen, File, Manifest, ManifestKind, Package, pep508,
    reader::{Reader, package},
};
use crate::{Ecosystem, PackageName};

/// Reads the metadata of a vendored package, or a list of them.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Vendored);
    if file.path.ends_with(".txt") {
        list(&mut reader);
        return reader.manifest;
    }
    if let Some(mut found) = core_metadata(&mut reader) {
        // Beside the sources, building leaves what describes the project itself.
        let folders: Vec<&str> = file.path.split('/').collect();
        let vendored = folders.iter().any(|folder| {
            let folder = folder.to_ascii_lowercase();
            folder == "site-packages"
                || folder.contains("vendor")
                || folder == "third_party"
                || folder == "_internal"
        });
        found.own = file.path.ends_with("PKG-INFO") && !vendored;
        reader.package(found);
    }
    reader.manifest
}

/// `vendor.txt`: one `name==version` a line, indented where one belongs to another.
fn list(reader: &mut Reader<'_>) {
    let mut at = 0;
    for line in reader.file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.split('#').next().unwrap_or(line).trim_end();
        let body = content.trim_start();
        let Some(parts) = pep508::split(body) else { continue };
        let begin = start + content.len() - body.len();
        let location = reader.location((begin as u32, (begin + body.len()) as u32));
        let version = body[parts.specifiers.0..parts.specifiers.1].trim_start_matches('=').trim();
        if version.is_empty() || version.contains(['<', '>', ',', '!', '~']) {
            continue;
        }
        let mut found = package(Ecosystem::PyPi, &body[parts.name.0..parts.name.1], version, location);
        if let Some((from, to)) = parts.url {
            found.origin = pep508::origin(&body[from..to]);
        }
        reader.package(found);
    }
}

/// Name, version and requirements of core metadata (the header of `METADATA` or `PKG-INFO`).
pub(crate) fn core_metadata(reader: &mut Reader<'_>) -> Option<Package> {
    let text = reader.file.text;
    let (mut name, mut version) = (None, None);
    let mut needs = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_end();
        if content.is_empty() {
            break;
        }
        let Some((key, value)) = content.split_once(':') else { continue };
        let value = value.trim();
        match key {
            "Name" if name.is_none() => {
                let begin = start + content.len() - value.len();
                name = Some((value, (begin as u32, (begin + value.len()) as u32)));
            }
            "Version" if version.is_none() => version = Some(value),
            "Requires-Dist" => needs.push((value, start as u32)),
            _ => {}
        }
    }
    let (name, bytes) = name?;
    let location = reader.location(bytes);
    let mut found = package(Ecosystem::PyPi, name, version.unwrap_or_default(), location);
    for (text, start) in needs {
        let Some(parts) = pep508::split(text) else { continue };
        let mut edge = Chosen::to(PackageName::new(Ecosystem::PyPi, &text[parts.name.0..parts.name.1]));
        edge.extras = parts.extras;
        if let Some((from, to)) = parts.marker {
            let marker = &text[from..to];
            edge.with_extra = extra_in(marker);
            edge.marker = reader.marker(marker, start).map(|marker| marker.simplify_extras_with(|_| true));
            edge.marker = edge.marker.filter(|marker| !marker.is_true());
        }
        found.dependencies.push(edge);
    }
    Some(found)
}

/// The name in `extra == 'name'`.
fn extra_in(marker: &str) -> Option<String> {
    let rest = marker.split("extra").nth(1)?.trim_start().strip_prefix("==")?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = rest[1..].split(quote).next()?;
    Some(PackageName::new(Ecosystem::PyPi, name).as_str().to_owned())
}

/// Reads `.python-version` or `runtime.txt`.
pub(crate) fn python_version(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::PythonVersion);
    let mut at = 0;
    for line in reader.file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.split('#').next().unwrap_or(line).trim();
        let version = content.strip_prefix("python-").or(content.strip_prefix("cpython-")).unwrap_or(content);
        if version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.') {
            reader.python(version, true, (start as u32, (start + line.trim_end().len()) as u32));
            break;
        }
    }
    reader.manifest
}
