//! `yarn.lock`: version 1, a format of its own, and Berry, which is YAML.

use rustc_hash::FxHashMap;

use super::{
    Chosen, File, Hash, Manifest, ManifestKind, Origin,
    package_json::npm_origin,
    package_lock::integrity,
    reader::{Reader, clip, package},
    tree::{Node, Span, yaml},
};
use crate::{Ecosystem, PackageName};

/// Reads a `yarn.lock`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::YarnLock);
    let is_berry = reader.file.text.lines().any(|line| line.starts_with("__metadata:"));
    if is_berry {
        berry(&mut reader);
    } else {
        classic(&mut reader);
    }
    reader.manifest
}

/// One entry, whatever the version.
#[derive(Default)]
struct Entry<'t> {
    /// `name@range`, each.
    descriptors: Vec<&'t str>,
    span: Span,
    version: &'t str,
    resolution: &'t str,
    hashes: Vec<Hash>,
    /// Names with ranges.
    dependencies: Vec<(&'t str, &'t str)>,
}

fn classic(reader: &mut Reader<'_>) {
    let text = reader.file.text;
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut in_dependencies = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_end();
        let body = content.trim_start();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let indent = content.len() - body.len();
        if indent == 0 {
            let Some(keys) = body.strip_suffix(':') else {
                let shown = clip(body);
                reader.partial(start as u32, format!("`{shown}` is not understood"));
                continue;
            };
            let descriptors = keys.split(", ").map(|key| key.trim().trim_matches('"')).collect();
            entries.push(Entry {
                descriptors,
                span: Span::new(start, start + keys.len()),
                ..Entry::default()
            });
            in_dependencies = false;
            continue;
        }
        let Some(entry) = entries.last_mut() else { continue };
        let (key, value) = match body.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some((key, value)) => (key, value),
            None => body.split_once([' ', ':']).unwrap_or((body, "")),
        };
        let value = value.trim_start_matches(':').trim().trim_matches('"');
        if indent <= 2 {
            in_dependencies = matches!(key, "dependencies" | "optionalDependencies") && value.is_empty();
            match key {
                "version" => entry.version = value,
                "resolved" => entry.resolution = value,
                "integrity" => entry.hashes.extend(integrity(value)),
                _ => {}
            }
        } else if in_dependencies {
            entry.dependencies.push((key, value));
        }
    }
    // Without integrity, the address ends with a SHA-1.
    for entry in &mut entries {
        if let Some((_, sha)) = entry.resolution.rsplit_once('#').filter(|_| entry.hashes.is_empty())
            && sha.len() == 40
        {
            entry.hashes.push(Hash { algorithm: "sha1".to_owned(), value: sha.to_owned() });
        }
    }
    put(reader, &entries);
}

fn berry(reader: &mut Reader<'_>) {
    let parsed = yaml(reader.file.text);
    reader.problem(&parsed, "YAML");
    let mut entries = Vec::new();
    for entry in parsed.root.entries().iter().filter(|entry| entry.key != "__metadata") {
        let dependencies = entry.value.get("dependencies").map(Node::entries).unwrap_or_default();
        let checksum = entry.value.get("checksum").and_then(Node::scalar);
        let value = |sum: &str| sum.rsplit('/').next().unwrap_or(sum).to_owned();
        entries.push(Entry {
            descriptors: entry.key.split(", ").map(|key| key.trim().trim_matches('"')).collect(),
            span: entry.span,
            version: entry.value.get("version").and_then(Node::scalar).unwrap_or_default(),
            resolution: entry.value.text_at("resolution").unwrap_or_default(),
            hashes: checksum
                .map(|sum| Hash { algorithm: "sha512".to_owned(), value: value(sum) })
                .into_iter()
                .collect(),
            dependencies: dependencies
                .iter()
                .map(|entry| (&*entry.key, entry.value.scalar().unwrap_or("*")))
                .collect(),
        });
    }
    put(reader, &entries);
}

/// Name and range of `@scope/name@range`.
fn parts(descriptor: &str) -> Option<(&str, &str)> {
    let at = descriptor.get(1..)?.find('@')? + 1;
    Some((&descriptor[..at], &descriptor[at + 1..]))
}

fn put(reader: &mut Reader<'_>, entries: &[Entry<'_>]) {
    let mut chosen: FxHashMap<(&str, &str), usize> = FxHashMap::default();
    for (index, entry) in entries.iter().enumerate() {
        for (name, range) in entry.descriptors.iter().filter_map(|descriptor| parts(descriptor)) {
            chosen.insert((name, range), index);
            chosen.insert((name, range.trim_start_matches("npm:")), index);
        }
    }
    let real = |entry: &Entry<'_>| {
        let (name, range) = entry.descriptors.first().and_then(|descriptor| parts(descriptor))?;
        // An alias is listed under its own name, and says the real one behind `npm:`.
        let resolved = parts(entry.resolution).filter(|(name, _)| !name.contains(':')).map(|(name, _)| name);
        let alias = range.strip_prefix("npm:").and_then(parts).map(|(name, _)| name);
        Some(resolved.or(alias).unwrap_or(name).to_owned())
    };
    for entry in entries {
        let Some(name) = real(entry) else { continue };
        let location = reader.location(entry.span.bytes());
        let mut found = package(Ecosystem::Npm, &name, entry.version, location);
        found.hashes.clone_from(&entry.hashes);
        let range =
            entry.descriptors.first().and_then(|descriptor| parts(descriptor)).map_or("", |(_, range)| range);
        found.origin = npm_origin(range);
        if let Some((_, at)) = parts(entry.resolution).filter(|(_, at)| at.starts_with("workspace:")) {
            found.origin = Origin::Path(at.trim_start_matches("workspace:").to_owned());
            found.own = true;
        }
        for &(name, range) in &entry.dependencies {
            let target = chosen
                .get(&(name, range))
                .or_else(|| chosen.get(&(name, range.trim_start_matches("npm:"))))
                .and_then(|&index| entries.get(index));
            let real_name = target.and_then(real).unwrap_or_else(|| name.to_owned());
            let mut edge = Chosen::to(PackageName::new(Ecosystem::Npm, &real_name));
            edge.version = target.map(|entry| entry.version.to_owned());
            found.dependencies.push(edge);
        }
        reader.package(found);
    }
}
