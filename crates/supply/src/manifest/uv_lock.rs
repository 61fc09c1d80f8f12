//! `uv.lock`.

use super::{
    Chosen, File, Manifest, ManifestKind, Origin, Package,
    paths::is_development,
    poetry,
    poetry_lock::extra,
    reader::{Reader, hash, package, without_credentials},
    tree::{Node, toml},
};
use crate::{Ecosystem, PackageName};

/// Reads a `uv.lock`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::UvLock);
    let parsed = toml(reader.file.text);
    reader.problem(&parsed, "TOML");
    if let Some(node) = parsed.root.get("requires-python").filter(|node| node.text().is_some()) {
        reader.python(node.text().unwrap_or_default(), false, node.span.bytes());
    }
    let items = parsed.root.get("package").or(parsed.root.get("distribution"));
    for item in items.map(Node::items).unwrap_or_default() {
        one(&mut reader, item);
    }
    reader.manifest
}

fn one(reader: &mut Reader<'_>, item: &Node<'_>) {
    let Some(name) = item.get("name") else { return };
    let location = reader.location(name.span.bytes());
    let version = item.text_at("version").unwrap_or_default();
    let mut found = package(Ecosystem::PyPi, name.text().unwrap_or_default(), version, location);
    source(item, &mut found);
    let archives = item.get("sdist").into_iter().chain(item.get("wheels").into_iter().flat_map(Node::items));
    found.hashes = archives.filter_map(|archive| hash(archive.text_at("hash")?)).collect();
    // Of a package in several versions, each is for its part of the platforms.
    let markers: Vec<&str> = item.get("resolution-markers").into_iter().flat_map(Node::texts).collect();
    if !markers.is_empty() {
        let text = markers.iter().map(|marker| format!("({marker})")).collect::<Vec<_>>().join(" or ");
        found.marker = reader.marker(&text, name.span.start);
    }
    edges(reader, &mut found, item.get("dependencies"), None, false);
    for extra in item.get("optional-dependencies").map(Node::entries).unwrap_or_default() {
        let development = is_development(&extra.key) && found.own;
        edges(reader, &mut found, Some(&extra.value), Some(&extra.key), development);
    }
    let groups = item.get("dev-dependencies").or(item.get("dependency-groups"));
    for group in groups.map(Node::entries).unwrap_or_default() {
        edges(reader, &mut found, Some(&group.value), Some(&group.key), true);
    }
    if found.own && reader.manifest.project.is_none() {
        reader.manifest.project = Some(found.name.clone());
    }
    reader.package(found);
}

fn source(item: &Node<'_>, found: &mut Package) {
    let Some(source) = item.get("source") else { return };
    if let Some(url) = source.text_at("git") {
        // `https://host/x?rev=main#0123…`
        let (address, commit) = url.split_once('#').unwrap_or((url, ""));
        let address = address.split('?').next().unwrap_or(address);
        let revision = (!commit.is_empty()).then(|| commit.to_owned());
        found.origin = Origin::Vcs { url: without_credentials(address), revision };
    } else if source.get("registry").is_none()
        && let Some(origin) = poetry::origin(source)
    {
        found.origin = origin;
    }
    found.own = source.get("editable").is_some() || source.get("virtual").is_some();
}

fn edges(
    reader: &mut Reader<'_>,
    found: &mut Package,
    list: Option<&Node<'_>>,
    with: Option<&str>,
    development: bool,
) {
    for node in list.map(Node::items).unwrap_or_default() {
        let Some(name) = node.text_at("name") else { continue };
        let mut edge = Chosen::to(PackageName::new(Ecosystem::PyPi, name));
        edge.version = node.text_at("version").map(str::to_owned);
        edge.extras = node
            .get("extra")
            .into_iter()
            .flat_map(Node::one_or_more)
            .filter_map(Node::text)
            .map(extra)
            .collect();
        if let Some(marker) = node.get("marker").filter(|node| node.text().is_some()) {
            edge.marker = reader.marker(marker.text().unwrap_or_default(), marker.span.start);
        }
        edge.with_extra = with.map(extra);
        edge.development = development;
        found.dependencies.push(edge);
    }
}
