//! `pylock.toml` and `pylock.*.toml` (PEP 751).

use super::{
    Chosen, File, Hash, Manifest, ManifestKind, Origin,
    reader::{Reader, package, without_credentials},
    tree::{Node, toml},
};
use crate::{Ecosystem, PackageName};

/// Reads a PEP 751 lock file.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Pylock);
    let parsed = toml(reader.file.text);
    reader.problem(&parsed, "TOML");
    if let Some(node) = parsed.root.get("requires-python").filter(|node| node.text().is_some()) {
        reader.python(node.text().unwrap_or_default(), false, node.span.bytes());
    }
    for item in parsed.root.get("packages").map(Node::items).unwrap_or_default() {
        one(&mut reader, item);
    }
    reader.manifest
}

fn one(reader: &mut Reader<'_>, item: &Node<'_>) {
    let Some(name) = item.get("name") else { return };
    let location = reader.location(name.span.bytes());
    let version = item.text_at("version").unwrap_or_default();
    let mut found = package(Ecosystem::PyPi, name.text().unwrap_or_default(), version, location);
    if let Some(node) = item.get("marker").filter(|node| node.text().is_some()) {
        found.marker = reader.marker(node.text().unwrap_or_default(), node.span.start);
    }
    let archives = ["archive", "sdist"].iter().filter_map(|key| item.get(key));
    for archive in archives.chain(item.get("wheels").into_iter().flat_map(Node::items)) {
        for entry in archive.get("hashes").map(Node::entries).unwrap_or_default() {
            if let Some(value) = entry.value.text() {
                found.hashes.push(Hash { algorithm: entry.key.to_string(), value: value.to_owned() });
            }
        }
    }
    if let Some(vcs) = item.get("vcs") {
        let url = vcs.text_at("url").or(vcs.text_at("path")).unwrap_or_default();
        let revision = vcs.text_at("commit-id").or(vcs.text_at("requested-revision"));
        found.origin = Origin::Vcs { url: without_credentials(url), revision: revision.map(str::to_owned) };
    } else if let Some(directory) = item.get("directory") {
        let path = directory.text_at("path").unwrap_or_default();
        found.origin = Origin::Path(path.to_owned());
        found.own = matches!(path, "." | "");
    } else if let Some(archive) = item.get("archive") {
        found.origin = match (archive.text_at("url"), archive.text_at("path")) {
            (Some(url), _) => Origin::Url(without_credentials(url)),
            (None, path) => Origin::Path(path.unwrap_or_default().to_owned()),
        };
    }
    for node in item.get("dependencies").map(Node::items).unwrap_or_default() {
        let Some(name) = node.text_at("name") else { continue };
        let mut edge = Chosen::to(PackageName::new(Ecosystem::PyPi, name));
        edge.version = node.text_at("version").map(str::to_owned);
        found.dependencies.push(edge);
    }
    reader.package(found);
}
