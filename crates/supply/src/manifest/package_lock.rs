//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.

use rustc_hash::FxHashMap;

use super::{
    Chosen, File, Hash, Manifest, ManifestKind, Origin, Package, Scope,
    package_json::npm_origin,
    reader::{Reader, package, without_credentials},
    tree::{Entry, Node, json},
};
use crate::{Ecosystem, PackageName};

/// Folders inside folders of version 1 that are gone down.
const MAX_DEPTH: usize = 24;

/// Reads a lock file of npm.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::PackageLock);
    let parsed = json(reader.file.text);
    reader.problem(&parsed, "JSON");
    reader.manifest.project = parsed.root.text_at("name").map(|name| PackageName::new(Ecosystem::Npm, name));
    if let Some(packages) = parsed.root.get("packages").filter(|packages| packages.is_map()) {
        by_folder(&mut reader, packages);
    } else if let Some(dependencies) = parsed.root.get("dependencies") {
        let mut way = vec![dependencies];
        nested(&mut reader, &mut way);
    }
    reader.manifest
}

/// Versions 2 and 3: one entry for each folder of `node_modules`.
fn by_folder(reader: &mut Reader<'_>, packages: &Node<'_>) {
    let entries = packages.entries();
    let versions: FxHashMap<&str, &str> = entries
        .iter()
        .map(|entry| (&*entry.key, entry.value.text_at("version").unwrap_or_default()))
        .collect();
    let scope = reader.manifest.scope;
    for entry in entries {
        let value = &entry.value;
        if value.is_true("link") {
            continue;
        }
        let installed = entry.key.rsplit_once("node_modules/").map(|(_, name)| name);
        let name = value.text_at("name").or(installed).unwrap_or_default();
        let own = installed.is_none();
        if own && name.is_empty() && !entry.key.is_empty() {
            continue;
        }
        let mut found = one(reader, entry, if own && name.is_empty() { "(root)" } else { name });
        found.own = own;
        // `devOptional` is installed without the development packages, too: something optional needs it.
        found.scope = if value.is_true("dev") { Scope::Development } else { scope };
        for (flag, group) in [("optional", "optional"), ("devOptional", "optional"), ("peer", "peer")] {
            if value.is_true(flag) {
                found.groups.push(group.to_owned());
            }
        }
        for (key, development) in [
            ("dependencies", false),
            ("optionalDependencies", false),
            ("peerDependencies", false),
            ("devDependencies", true),
        ] {
            if development && !own {
                continue;
            }
            for dependency in value.get(key).map(Node::entries).unwrap_or_default() {
                let Some((name, version)) = look_up(&versions, packages, &entry.key, &dependency.key) else {
                    continue;
                };
                let mut edge = Chosen::to(PackageName::new(Ecosystem::Npm, name));
                edge.version = Some(version.to_owned());
                edge.development = development;
                found.dependencies.push(edge);
            }
        }
        reader.package(found);
    }
}

/// The folder that Node.js finds for a name, from the inside out.
fn look_up<'n>(
    versions: &FxHashMap<&'n str, &'n str>,
    packages: &'n Node<'_>,
    from: &str,
    name: &'n str,
) -> Option<(&'n str, &'n str)> {
    let mut folder = from;
    for _ in 0..MAX_DEPTH {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let path = format!("{prefix}node_modules/{name}");
        if let Some((&key, &version)) = versions.get_key_value(&*path) {
            // An alias is installed under another name than its own; its entry says so.
            if version.is_empty() {
                let real = packages.get(key).and_then(|node| node.text_at("name"));
                return Some((real.unwrap_or(name), version));
            }
            return Some((name, version));
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder
            .rfind("/node_modules/")
            .or_else(|| folder.rfind("node_modules/").map(|_| 0))
            .map_or("", |at| &folder[..at]);
    }
    None
}

/// Version 1: dependencies inside dependencies.
fn nested<'n>(reader: &mut Reader<'_>, way: &mut Vec<&'n Node<'n>>) {
    let Some(&here) = way.last() else { return };
    let scope = reader.manifest.scope;
    for entry in here.entries() {
        let mut found = one(reader, entry, &entry.key);
        found.scope = if entry.value.is_true("dev") { Scope::Development } else { scope };
        if entry.value.is_true("optional") {
            found.groups.push("optional".to_owned());
        }
        let inner = entry.value.get("dependencies").filter(|node| node.is_map() && way.len() < MAX_DEPTH);
        way.extend(inner);
        for dependency in entry.value.get("requires").map(Node::entries).unwrap_or_default() {
            let version = way.iter().rev().find_map(|level| level.get(&dependency.key)?.text_at("version"));
            let mut edge = Chosen::to(PackageName::new(Ecosystem::Npm, &dependency.key));
            edge.version = version.map(str::to_owned);
            found.dependencies.push(edge);
        }
        reader.package(found);
        if inner.is_some() {
            nested(reader, way);
            way.pop();
        }
    }
}

fn one(reader: &Reader<'_>, entry: &Entry<'_>, name: &str) -> Package {
    let location = reader.location(entry.span.bytes());
    let mut version = entry.value.text_at("version").unwrap_or_default();
    let mut name = name;
    if let Some(alias) = version.strip_prefix("npm:")
        && let Some(at) = alias.get(1..).and_then(|rest| rest.find('@'))
    {
        (name, version) = (&alias[..at + 1], &alias[at + 2..]);
    }
    let mut found = package(Ecosystem::Npm, name, version, location);
    let resolved = entry.value.text_at("resolved");
    let from = npm_origin(version);
    if from != Origin::Index {
        found.origin = from;
        found.version = None;
    } else if let Some(resolved) = resolved.filter(|url| !url.contains("/-/") && !url.contains("/download/"))
    {
        found.origin = match npm_origin(resolved) {
            Origin::Index => Origin::Path(without_credentials(resolved)),
            origin => origin,
        };
    }
    found.hashes = entry.value.text_at("integrity").map(integrity).unwrap_or_default();
    found.deprecated = entry.value.text_at("deprecated").map(one_line);
    found
}

/// What a registry says, cut to a line.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(40).collect();
    words.join(" ").chars().take(200).collect()
}

/// `sha512-… sha1-…` (Subresource Integrity).
pub(crate) fn integrity(text: &str) -> Vec<Hash> {
    text.split_whitespace()
        .filter_map(|part| part.split_once('-'))
        .map(|(algorithm, value)| Hash { algorithm: algorithm.to_owned(), value: value.to_owned() })
        .collect()
}
