//! `pnpm-lock.yaml`, versions 5 to 9.

use super::{
    Chosen, File, Manifest, ManifestKind, Origin, Package, Scope,
    package_lock::{integrity, one_line},
    reader::{Reader, package, without_credentials},
    tree::{Entry, Node, yaml},
};
use crate::{Ecosystem, PackageName};

/// Reads a `pnpm-lock.yaml`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::PnpmLock);
    let parsed = yaml(reader.file.text);
    reader.problem(&parsed, "YAML");
    let root = &parsed.root;
    let scope = reader.manifest.scope;
    match root.get("importers") {
        Some(importers) => {
            for importer in importers.entries() {
                own(&mut reader, &importer.key, importer.span.bytes(), &importer.value, scope);
            }
        }
        None => own(&mut reader, ".", (0, 0), root, scope),
    }
    // Since version 9, what packages need stands apart.
    let snapshots = root.get("snapshots").map(Node::entries).unwrap_or_default();
    for entry in root.get("packages").map(Node::entries).unwrap_or_default() {
        one(&mut reader, entry, scope);
    }
    let mut of_name = rustc_hash::FxHashMap::default();
    for (index, package) in reader.manifest.packages.iter().enumerate() {
        if let Some(version) = &package.version {
            of_name.insert((package.name.clone(), version.text.clone()), index);
        }
    }
    for entry in snapshots {
        let Some((name, version)) = name_and_version(&entry.key) else { continue };
        let key = (PackageName::new(Ecosystem::Npm, name), version.to_owned());
        let Some(&index) = of_name.get(&key) else { continue };
        let edges = edges(&entry.value, false);
        if let Some(package) = reader.manifest.packages.get_mut(index) {
            package.dependencies.extend(edges);
        }
    }
    reader.manifest
}

/// The project itself, or a member of its workspace.
fn own(reader: &mut Reader<'_>, name: &str, bytes: (u32, u32), node: &Node<'_>, scope: Scope) {
    let location = reader.location(bytes);
    let mut found = package(Ecosystem::Npm, name, "", location);
    found.own = true;
    found.scope = scope;
    found.origin = Origin::Path(name.to_owned());
    found.dependencies = edges(node, false);
    found.dependencies.extend(edges(node, true));
    reader.package(found);
}

fn edges(node: &Node<'_>, development: bool) -> Vec<Chosen> {
    let keys: &[&str] =
        if development { &["devDependencies"] } else { &["dependencies", "optionalDependencies"] };
    let entries = keys.iter().filter_map(|key| node.get(key)).flat_map(Node::entries);
    let mut found = Vec::new();
    for entry in entries {
        let version =
            entry.value.scalar().or_else(|| entry.value.get("version")?.scalar()).unwrap_or_default();
        let version = without_peers(version);
        // An alias: `name: other@1.2`, `/other/1.2`.
        let alias = name_and_version(version).filter(|(name, _)| !name.is_empty() && !name.contains(':'));
        let (name, version) = alias.unwrap_or((&entry.key, version));
        let mut edge = Chosen::to(PackageName::new(Ecosystem::Npm, name));
        edge.version = (!version.contains(':')).then(|| version.to_owned());
        edge.development = development;
        found.push(edge);
    }
    found
}

/// A version without the peers that it is combined with: `1.2.3(react@18)`, `1.2.3_react@18`.
fn without_peers(version: &str) -> &str {
    let version = version.split('(').next().unwrap_or(version);
    match version.find('_') {
        Some(at) if version.starts_with(|c: char| c.is_ascii_digit()) => &version[..at],
        _ => version,
    }
}

/// `name@1.2`, `/name@1.2`, `/name/1.2`, `@scope/name@1.2`, `registry.host/name/1.2`.
fn name_and_version(key: &str) -> Option<(&str, &str)> {
    let key = key.split('(').next().unwrap_or(key);
    let key = key.strip_prefix('/').unwrap_or(key);
    let after_scope = if key.starts_with('@') { key.find('/')? + 1 } else { 0 };
    if let Some(at) =
        key.get(after_scope + 1..).and_then(|rest| rest.find('@')).map(|at| after_scope + 1 + at)
        && !key[after_scope..at].contains('/')
    {
        return Some((&key[..at], without_peers(&key[at + 1..])));
    }
    let at = after_scope + key[after_scope..].find('/')?;
    let (name, version) = (&key[..at], without_peers(&key[at + 1..]));
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((name, version))
}

fn one(reader: &mut Reader<'_>, entry: &Entry<'_>, scope: Scope) {
    let location = reader.location(entry.span.bytes());
    let value = &entry.value;
    let named = name_and_version(&entry.key);
    let name = value.text_at("name").or(named.map(|(name, _)| name)).unwrap_or_default();
    let version =
        value.get("version").and_then(Node::scalar).or(named.map(|(_, version)| version)).unwrap_or_default();
    let version = if version.contains([':', '/']) { "" } else { version };
    let mut found: Package = package(Ecosystem::Npm, name, version, location);
    found.scope = if value.is_true("dev") { Scope::Development } else { scope };
    let resolution = value.get("resolution");
    found.hashes = resolution.and_then(|node| node.text_at("integrity")).map(integrity).unwrap_or_default();
    if let Some(resolution) = resolution {
        if let Some(repo) = resolution.text_at("repo") {
            let revision = resolution.get("commit").and_then(Node::scalar).map(str::to_owned);
            found.origin = Origin::Vcs { url: without_credentials(repo), revision };
        } else if let Some(directory) = resolution.text_at("directory") {
            found.origin = Origin::Path(directory.to_owned());
        } else if let Some(url) = resolution.text_at("tarball").filter(|_| found.hashes.is_empty()) {
            found.origin = Origin::Url(without_credentials(url));
        }
    }
    found.dependencies = edges(value, false);
    found.deprecated = value.text_at("deprecated").map(one_line);
    reader.package(found);
}
