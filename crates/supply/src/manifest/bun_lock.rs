//! `bun.lock`, the text form of Bun's lock file (version 1). The binary `bun.lockb` is not read.

use super::{
    Chosen, File, Manifest, ManifestKind, Origin, Package, Scope,
    package_lock::integrity,
    reader::{Reader, package, without_credentials},
    tree::{Entry, Node, json},
};
use crate::{Ecosystem, PackageName};

/// Which keys name what a package needs, and whether for its development only.
const NEEDS: [(&str, bool); 4] = [
    ("dependencies", false),
    ("optionalDependencies", false),
    ("peerDependencies", false),
    ("devDependencies", true),
];

/// Reads a `bun.lock`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::BunLock);
    let parsed = json(reader.file.text);
    reader.problem(&parsed, "JSON");
    let scope = reader.manifest.scope;
    for entry in parsed.root.get("workspaces").map(Node::entries).unwrap_or_default() {
        let name = entry.value.text_at("name").unwrap_or(if entry.key.is_empty() { "." } else { &entry.key });
        let mut found = package(Ecosystem::Npm, name, "", reader.location(entry.span.bytes()));
        found.own = true;
        found.scope = scope;
        found.origin = Origin::Path(entry.key.to_string());
        found.dependencies = needs(&entry.value, true);
        reader.package(found);
    }
    for entry in parsed.root.get("packages").map(Node::entries).unwrap_or_default() {
        if let Some(found) = one(&reader, entry, scope) {
            reader.package(found);
        }
    }
    reader.manifest
}

/// `"name": ["name@version", "registry", { "dependencies": { … } }, "sha512-…"]`
fn one(reader: &Reader<'_>, entry: &Entry<'_>, scope: Scope) -> Option<Package> {
    let parts = entry.value.items();
    let written = parts.first()?.text()?;
    let at = written.get(1..)?.find('@')? + 1;
    let (name, version) = (&written[..at], &written[at + 1..]);
    if version.starts_with("workspace:") {
        return None;
    }
    let mut found = package(Ecosystem::Npm, name, version, reader.location(entry.span.bytes()));
    found.scope = scope;
    if version.contains([':', '/']) {
        found.version = None;
        found.origin = match version.strip_prefix("file:").or_else(|| version.strip_prefix("link:")) {
            Some(path) => Origin::Path(path.to_owned()),
            None => Origin::Url(without_credentials(version)),
        };
    }
    found.dependencies =
        parts.iter().find(|part| part.is_map()).map(|part| needs(part, false)).unwrap_or_default();
    let digest = parts.iter().skip(1).filter_map(Node::text).find(|text| text.starts_with("sha"));
    found.hashes = digest.map(integrity).unwrap_or_default();
    Some(found)
}

fn needs(node: &Node<'_>, with_development: bool) -> Vec<Chosen> {
    let mut found = Vec::new();
    for (key, development) in NEEDS.into_iter().filter(|(_, development)| with_development || !development) {
        for entry in node.get(key).map(Node::entries).unwrap_or_default() {
            let mut edge = Chosen::to(PackageName::new(Ecosystem::Npm, &entry.key));
            edge.development = development;
            found.push(edge);
        }
    }
    found
}
