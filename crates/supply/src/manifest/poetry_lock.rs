//! `poetry.lock`, all versions.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{
    Chosen, File, Manifest, ManifestKind, Origin, Package, Scope,
    paths::is_development,
    pep508, poetry,
    reader::{Reader, both, hash, package, without_credentials},
    tree::{Data, Entry, Node, toml},
};
use crate::{Ecosystem, PackageName};

/// Reads a `poetry.lock`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::PoetryLock);
    let parsed = toml(reader.file.text);
    reader.problem(&parsed, "TOML");
    let metadata = parsed.root.get("metadata");
    reader.manifest.content_hash = metadata.and_then(|node| node.text_at("content-hash")).map(str::to_owned);
    if let Some(node) = metadata.and_then(|node| node.get("python-versions")) {
        poetry::python(&mut reader, node);
    }
    // Until 1.3, hashes stood together at the end.
    let files = metadata.and_then(|node| node.get("files"));
    for item in parsed.root.get("package").map(Node::items).unwrap_or_default() {
        one(&mut reader, item, files);
    }
    reader.manifest
}

fn one(reader: &mut Reader<'_>, item: &Node<'_>, files: Option<&Node<'_>>) {
    let Some(name) = item.get("name") else { return };
    let written = name.text().unwrap_or_default();
    let location = reader.location(name.span.bytes());
    let mut found = package(Ecosystem::PyPi, written, item.text_at("version").unwrap_or_default(), location);
    let files = item.get("files").or_else(|| {
        let same = |entry: &&Entry<'_>| PackageName::new(Ecosystem::PyPi, &entry.key) == found.name;
        files?.entries().iter().find(same).map(|entry| &entry.value)
    });
    found.hashes = files
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|file| hash(file.text_at("hash")?))
        .collect();
    found.groups = item.get("groups").into_iter().flat_map(Node::texts).map(str::to_owned).collect();
    if let Some(category) = item.text_at("category") {
        found.groups.push(category.to_owned());
    }
    found.scope = scope(&found, item.is_true("optional"));
    if let Some(node) = item.get("markers") {
        found.marker = match &node.data {
            Data::Text(text) => reader.marker(text, node.span.start),
            // By group: any of them brings it in.
            _ => node.get("main").and_then(|main| reader.marker(main.text()?, main.span.start)),
        };
    }
    if let Some(origin) = source(item) {
        found.origin = origin;
    }
    for entry in item.get("dependencies").map(Node::entries).unwrap_or_default() {
        for value in entry.value.one_or_more() {
            let mut edge = Chosen::to(PackageName::new(Ecosystem::PyPi, &entry.key));
            edge.extras = value.get("extras").into_iter().flat_map(Node::texts).map(extra).collect();
            if let Some(node) = value.get("markers").filter(|node| node.text().is_some()) {
                edge.marker = reader.marker(node.text().unwrap_or_default(), node.span.start);
            }
            // Optional ones come with an extra; which, stands in the marker or below.
            if value.is_true("optional") {
                let with = with_extra(item, &edge.name);
                edge.with_extra = Some(with.unwrap_or_else(|| "?".to_owned()));
                edge.marker = edge.marker.map(|marker| marker.simplify_extras_with(|_| true));
                edge.marker = both(edge.marker, None).filter(|marker| !marker.is_true());
            }
            found.dependencies.push(edge);
        }
    }
    reader.package(found);
}

pub(crate) fn extra(text: &str) -> String {
    PackageName::new(Ecosystem::PyPi, text).as_str().to_owned()
}

fn with_extra(item: &Node<'_>, name: &PackageName) -> Option<String> {
    let names = |text: &str| {
        pep508::split(text).is_some_and(|parts| {
            PackageName::new(Ecosystem::PyPi, &text[parts.name.0..parts.name.1]) == *name
        })
    };
    let extras = item.get("extras")?.entries();
    extras.iter().find(|entry| entry.value.texts().any(names)).map(|entry| extra(&entry.key))
}

/// What groups say of a package; without groups, only following the graph tells.
fn scope(package: &Package, optional: bool) -> Scope {
    let main = package.groups.iter().any(|group| !is_development(group));
    if !package.groups.is_empty() && !main {
        Scope::Development
    } else if optional {
        Scope::Optional
    } else {
        Scope::Production
    }
}

fn source(item: &Node<'_>) -> Option<Origin> {
    let source = item.get("source")?;
    let url = without_credentials(source.text_at("url")?);
    let revision = source.text_at("resolved_reference").or(source.text_at("reference"));
    match source.text_at("type")? {
        "git" => Some(Origin::Vcs { url, revision: revision.map(str::to_owned) }),
        "url" => Some(Origin::Url(url)),
        "directory" | "file" => Some(Origin::Path(url)),
        // `legacy` is another index.
        _ => None,
    }
}

/// The digest that Poetry writes as `content-hash`: SHA-256 of what of `pyproject.toml` decides about the lock file, as Python's JSON with sorted keys.
pub(crate) fn content_hash(root: &Node<'_>) -> Option<String> {
    let poetry = root.at(&["tool", "poetry"])?;
    let pick = |node: Option<&Node<'_>>, keys: &[&str], legacy: &[&str]| {
        let mut picked: Vec<(String, String)> = Vec::new();
        for key in keys {
            match node.and_then(|node| node.get(key)) {
                Some(value) => picked.push(((*key).to_owned(), python_json(value, 0))),
                None if legacy.contains(key) => picked.push(((*key).to_owned(), "null".to_owned())),
                None => {}
            }
        }
        picked
    };
    let project =
        pick(root.get("project"), &["requires-python", "dependencies", "optional-dependencies"], &[]);
    // Whether dependency groups belong to it depends on the version of Poetry.
    if root.get("dependency-groups").is_some_and(|groups| !groups.entries().is_empty()) {
        return None;
    }
    let modern = !project.is_empty();
    let legacy: &[&str] =
        if modern { &[] } else { &["dependencies", "source", "extras", "dev-dependencies"] };
    let keys = ["dependencies", "source", "extras", "dev-dependencies", "group"];
    let own = pick(Some(poetry), &keys, legacy);
    let text = if modern {
        let tool = object(vec![("poetry".to_owned(), object(own))]);
        object(vec![("project".to_owned(), object(project)), ("tool".to_owned(), tool)])
    } else {
        object(own)
    };
    let digest = Sha256::digest(text.as_bytes());
    Some(digest.iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    }))
}

fn object(mut parts: Vec<(String, String)>) -> String {
    parts.sort();
    let shown: Vec<String> = parts.iter().map(|(key, value)| format!("{}: {value}", quoted(key))).collect();
    format!("{{{}}}", shown.join(", "))
}

/// A value as Python's `json.dumps(…, sort_keys=True)` writes it.
fn python_json(node: &Node<'_>, depth: usize) -> String {
    if depth > 64 {
        return String::new();
    }
    match &node.data {
        Data::Null => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Number(number) => number.to_string(),
        Data::Text(text) => quoted(text),
        Data::List(items) => {
            let items: Vec<String> = items.iter().map(|item| python_json(item, depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Map(entries) => object(
            entries
                .iter()
                .map(|entry| (entry.key.to_string(), python_json(&entry.value, depth + 1)))
                .collect(),
        ),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii() && !c.is_ascii_control() => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}
