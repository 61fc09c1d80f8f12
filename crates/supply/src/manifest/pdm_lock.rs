//! `pdm.lock`.

use super::{
    Chosen, File, Manifest, ManifestKind, Scope,
    paths::is_development,
    pep508, poetry,
    poetry_lock::extra,
    reader::{Reader, hash, package},
    tree::{Node, toml},
};
use crate::{Ecosystem, PackageName};

/// Reads a `pdm.lock`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::PdmLock);
    let parsed = toml(reader.file.text);
    reader.problem(&parsed, "TOML");
    let metadata = parsed.root.get("metadata");
    reader.manifest.content_hash = metadata.and_then(|node| node.text_at("content_hash")).map(str::to_owned);
    // Until 4.3, hashes stood together at the end, under `name version`.
    let files = metadata.and_then(|node| node.get("files"));
    for item in parsed.root.get("package").map(Node::items).unwrap_or_default() {
        one(&mut reader, item, files);
    }
    reader.manifest
}

fn one(reader: &mut Reader<'_>, item: &Node<'_>, files: Option<&Node<'_>>) {
    let Some(name) = item.get("name") else { return };
    let (written, version) = (name.text().unwrap_or_default(), item.text_at("version").unwrap_or_default());
    let location = reader.location(name.span.bytes());
    let mut found = package(Ecosystem::PyPi, written, version, location);
    let files = item.get("files").or_else(|| files?.get(&format!("{written} {version}")));
    found.hashes = files
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|file| hash(file.text_at("hash")?))
        .collect();
    found.groups = item.get("groups").into_iter().flat_map(Node::texts).map(str::to_owned).collect();
    if !found.groups.is_empty() && found.groups.iter().all(|group| is_development(group)) {
        found.scope = Scope::Development;
    } else if !found.groups.is_empty() && !found.groups.iter().any(|group| group == "default") {
        found.scope = Scope::Optional;
    }
    if let Some(node) = item.get("marker").filter(|node| node.text().is_some()) {
        found.marker = reader.marker(node.text().unwrap_or_default(), node.span.start);
    }
    if let Some(origin) = poetry::origin(item) {
        found.origin = origin;
    }
    // A package with extras is listed once more, with what they bring in, and itself.
    let own_extras: Vec<String> = item.get("extras").into_iter().flat_map(Node::texts).map(extra).collect();
    for node in item.get("dependencies").map(Node::items).unwrap_or_default() {
        let Some(text) = node.text() else { continue };
        let Some(parts) = pep508::split(text) else { continue };
        let mut edge = Chosen::to(PackageName::new(Ecosystem::PyPi, &text[parts.name.0..parts.name.1]));
        if edge.name == found.name {
            continue;
        }
        edge.extras = parts.extras;
        edge.marker = parts.marker.and_then(|(from, to)| reader.marker(&text[from..to], node.span.start));
        edge.with_extra = own_extras.first().cloned();
        found.dependencies.push(edge);
    }
    let known = reader.manifest.packages.iter_mut().rev().take(8);
    let same = known.into_iter().find(|known| known.name == found.name && known.version == found.version);
    match same {
        Some(known) if !own_extras.is_empty() => known.dependencies.append(&mut found.dependencies),
        _ => reader.package(found),
    }
}
