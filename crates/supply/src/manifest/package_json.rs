//! `package.json`.

use rustc_hash::FxHashSet;

use super::{
    File, Manifest, ManifestKind, Origin, Requirement, RequirementRange, Scope,
    reader::{Reader, requirement, without_credentials},
    tree::{Entry, Node, json},
};
use crate::{Ecosystem, PackageName};

/// Objects inside objects of `overrides` that are read.
const MAX_OVERRIDES: usize = 8;

/// Reads `package.json`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::PackageJson);
    let parsed = json(reader.file.text);
    reader.problem(&parsed, "JSON");
    let root = &parsed.root;
    reader.manifest.project = root.text_at("name").map(|name| PackageName::new(Ecosystem::Npm, name));
    let scope = reader.manifest.scope;
    let peers = root.get("peerDependenciesMeta").map(Node::entries).unwrap_or_default();
    let missable: FxHashSet<&str> =
        peers.iter().filter(|peer| peer.value.is_true("optional")).map(|peer| &*peer.key).collect();
    for (key, own, group) in [
        ("dependencies", Scope::Production, None),
        ("optionalDependencies", Scope::Production, Some("optional")),
        ("peerDependencies", Scope::Production, Some("peer")),
        ("devDependencies", Scope::Development, Some("dev")),
    ] {
        for entry in root.get(key).map(Node::entries).unwrap_or_default() {
            let Some(text) = entry.value.text() else { continue };
            // A peer that may be missing is not installed for its own sake.
            let may_miss = group == Some("peer") && missable.contains(&*entry.key);
            let own = if may_miss { Scope::Optional } else { own };
            let mut found = one(&reader, entry, text, scope.max(own));
            found.group = group.map(str::to_owned);
            reader.require(found);
        }
    }
    let ways: [&[&str]; 3] = [&["overrides"], &["resolutions"], &["pnpm", "overrides"]];
    for node in ways.iter().filter_map(|way| root.at(way)) {
        overrides(&mut reader, node, scope, 0);
    }
    reader.manifest
}

fn overrides(reader: &mut Reader<'_>, node: &Node<'_>, scope: Scope, depth: usize) {
    for entry in node.entries() {
        match entry.value.text() {
            Some(text) => {
                let mut found = one(reader, entry, text, scope);
                // `a>b`, `**/b`, `b@1`
                let name = entry.key.rsplit('>').next().unwrap_or(&entry.key);
                let name = name.trim_start_matches("**/");
                let end = name.get(1..).and_then(|rest| rest.find('@')).map_or(name.len(), |at| at + 1);
                found.name = PackageName::new(Ecosystem::Npm, &name[..end]);
                found.constraint = true;
                reader.require(found);
            }
            None if depth < MAX_OVERRIDES => overrides(reader, &entry.value, scope, depth + 1),
            None => {}
        }
    }
}

fn one(reader: &Reader<'_>, entry: &Entry<'_>, text: &str, scope: Scope) -> Requirement {
    let location = reader.location((entry.span.start, entry.value.span.end));
    let mut found = requirement(Ecosystem::Npm, &entry.key, location, scope);
    found.name_bytes = (entry.span.start + 1, entry.span.end.saturating_sub(1));
    found.specifier_bytes = entry.value.inner(reader.file.text).unwrap_or(entry.value.span).bytes();
    let mut version = text.trim();
    if let Some(alias) = version.strip_prefix("npm:") {
        let end = alias.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1);
        let (name, range) = end.map_or((alias, "*"), |end| (&alias[..end], &alias[end + 1..]));
        found.name = PackageName::new(Ecosystem::Npm, name);
        version = range;
    }
    found.origin = npm_origin(version);
    found.range = match found.origin {
        Origin::Index => range(version),
        _ => RequirementRange::Npm(nodejs_semver::Range::any()),
    };
    found
}

/// An npm range; a tag such as `latest` is not one.
pub(crate) fn range(text: &str) -> RequirementRange {
    let written = text.trim();
    if written.is_empty() || matches!(written, "*" | "x" | "latest") {
        return RequirementRange::Npm(nodejs_semver::Range::any());
    }
    // Longer ones are not written by anyone.
    match written.len() <= 1024 {
        true => written
            .parse()
            .map_or_else(|_| RequirementRange::Unknown(written.to_owned()), RequirementRange::Npm),
        false => RequirementRange::Unknown(written.chars().take(256).collect()),
    }
}

/// Where what stands instead of a range leads.
pub(crate) fn npm_origin(text: &str) -> Origin {
    for path in ["file:", "link:", "workspace:", "portal:"] {
        if let Some(rest) = text.strip_prefix(path) {
            return Origin::Path(rest.to_owned());
        }
    }
    let (address, revision) =
        text.split_once('#').map_or((text, None), |(address, rest)| (address, Some(rest.to_owned())));
    let hosted = ["github:", "gitlab:", "bitbucket:", "gist:"];
    let is_short = |text: &str| {
        let mut parts = text.split('/');
        let plain = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        parts.next().is_some_and(plain) && parts.next().is_some_and(plain) && parts.next().is_none()
    };
    if let Some(rest) = address.strip_prefix("git+") {
        return Origin::Vcs { url: without_credentials(rest), revision };
    }
    if address.starts_with("git:") || address.starts_with("git@") || address.ends_with(".git") {
        return Origin::Vcs { url: without_credentials(address), revision };
    }
    if hosted.iter().any(|host| address.starts_with(host)) || is_short(address) {
        return Origin::Vcs { url: address.to_owned(), revision };
    }
    if address.starts_with("http://") || address.starts_with("https://") {
        return Origin::Url(without_credentials(address));
    }
    Origin::Index
}
