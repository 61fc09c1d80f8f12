//! `Pipfile.lock`.

use super::{
    File, Manifest, ManifestKind, Scope, poetry,
    reader::{Reader, hash, package},
    tree::{Entry, Node, json},
};
use crate::Ecosystem;

/// Reads a `Pipfile.lock`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::PipfileLock);
    let parsed = json(reader.file.text);
    reader.problem(&parsed, "JSON");
    reader.manifest.content_hash =
        parsed.root.at(&["_meta", "hash", "sha256"]).and_then(Node::text).map(str::to_owned);
    for section in parsed.root.entries() {
        let (scope, group) = match &*section.key {
            "_meta" => continue,
            "default" => (Scope::Production, "default"),
            "develop" => (Scope::Development, "develop"),
            other => (Scope::Optional, other),
        };
        for entry in section.value.entries() {
            one(&mut reader, entry, scope, group);
        }
    }
    reader.manifest
}

fn one(reader: &mut Reader<'_>, entry: &Entry<'_>, scope: Scope, group: &str) {
    let version = entry.value.text_at("version").unwrap_or_default().trim_start_matches('=');
    let location = reader.location(entry.span.bytes());
    let mut found = package(Ecosystem::PyPi, &entry.key, version, location);
    found.scope = scope;
    found.groups = vec![group.to_owned()];
    found.hashes = entry.value.get("hashes").into_iter().flat_map(Node::texts).filter_map(hash).collect();
    if let Some(node) = entry.value.get("markers").filter(|node| node.text().is_some()) {
        found.marker = reader.marker(node.text().unwrap_or_default(), node.span.start);
    }
    if let Some(origin) = poetry::origin(&entry.value) {
        found.origin = origin;
    }
    reader.package(found);
}
