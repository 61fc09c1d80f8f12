//! `pyproject.toml`: `[project]` (PEP 621), dependency groups (PEP 735), and the tables of Poetry, PDM, uv, Hatch and setuptools.

use super::{
    File, IndexKind, Manifest, ManifestKind, Origin, ReferenceKind, Scope,
    paths::is_development,
    pep508, poetry,
    reader::Reader,
    tree::{Data, Node, toml},
};
use crate::{Ecosystem, PackageName, manifest::poetry::origin};

/// Groups inside groups that are followed.
const MAX_INCLUDES: usize = 16;
/// Requirements that included groups may repeat.
const MAX_REPEATED: usize = 5_000;

/// Reads `pyproject.toml`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Pyproject);
    let parsed = toml(reader.file.text);
    reader.problem(&parsed, "TOML");
    let root = &parsed.root;
    if let Some(project) = root.get("project") {
        self::project(&mut reader, root, project);
    }
    if let Some(groups) = root.get("dependency-groups") {
        let mut left = MAX_REPEATED;
        for group in groups.entries() {
            let mut way = vec![&*group.key];
            self::group(&mut reader, groups, &group.value, &mut way, &mut left);
        }
    }
    if let Some(requires) = root.at(&["build-system", "requires"]) {
        list(&mut reader, requires, Scope::Development, Some("build-system"), false);
    }
    let tool = root.get("tool");
    if let Some(poetry) = tool.and_then(|tool| tool.get("poetry")) {
        poetry::read(&mut reader, poetry);
        reader.manifest.content_hash = super::poetry_lock::content_hash(root);
    }
    if let Some(pdm) = tool.and_then(|tool| tool.get("pdm")) {
        for group in pdm.get("dev-dependencies").map(Node::entries).unwrap_or_default() {
            list(&mut reader, &group.value, Scope::Development, Some(&group.key), false);
        }
        for source in pdm.get("source").map(Node::items).unwrap_or_default() {
            let kind =
                if source.text_at("name") == Some("pypi") { IndexKind::Default } else { IndexKind::Extra };
            index(&mut reader, kind, source.get("url"));
        }
    }
    let environments =
        tool.and_then(|tool| tool.at(&["hatch", "envs"])).map(Node::entries).unwrap_or_default();
    for environment in environments {
        for key in ["dependencies", "extra-dependencies"] {
            if let Some(node) = environment.value.get(key) {
                let group = format!("hatch:{}", environment.key);
                list(&mut reader, node, Scope::Development, Some(&group), false);
            }
        }
    }
    if let Some(uv) = tool.and_then(|tool| tool.get("uv")) {
        self::uv(&mut reader, uv);
    }
    reader.manifest
}

fn project(reader: &mut Reader<'_>, root: &Node<'_>, project: &Node<'_>) {
    reader.manifest.project = project.text_at("name").map(|name| PackageName::new(Ecosystem::PyPi, name));
    if let Some(python) = project.get("requires-python").filter(|node| node.text().is_some()) {
        let bytes = python.inner(reader.file.text).unwrap_or(python.span).bytes();
        reader.python(python.text().unwrap_or_default(), false, bytes);
    }
    if let Some(dependencies) = project.get("dependencies") {
        list(reader, dependencies, Scope::Production, None, false);
    }
    for extra in project.get("optional-dependencies").map(Node::entries).unwrap_or_default() {
        let scope = if is_development(&extra.key) { Scope::Development } else { Scope::Optional };
        list(reader, &extra.value, scope, Some(&extra.key), false);
    }
    let Some(dynamic) = project.get("dynamic") else { return };
    let is_dynamic = |name: &str| dynamic.texts().any(|text| text == name);
    if is_dynamic("dependencies") {
        computed(reader, root, dynamic.span.start);
    }
    if is_dynamic("optional-dependencies") {
        let extras = root.at(&["tool", "setuptools", "dynamic", "optional-dependencies"]);
        for extra in extras.map(Node::entries).unwrap_or_default() {
            let scope = if is_development(&extra.key) { Scope::Development } else { Scope::Optional };
            for file in extra.value.get("file").map(Node::one_or_more).unwrap_or_default() {
                refer(reader, file, scope, Some(&extra.key));
            }
        }
    }
}

/// `dynamic = ["dependencies"]`: which files they are read from.
fn computed(reader: &mut Reader<'_>, root: &Node<'_>, at: u32) {
    let ways: [&[&str]; 2] = [
        &["tool", "setuptools", "dynamic", "dependencies", "file"],
        &["tool", "hatch", "metadata", "hooks", "requirements_txt", "files"],
    ];
    let mut found = false;
    for file in ways.iter().filter_map(|way| root.at(way)).flat_map(Node::one_or_more) {
        found = true;
        refer(reader, file, Scope::Production, None);
    }
    let backend = root.at(&["build-system", "build-backend"]).and_then(Node::text).unwrap_or("setuptools");
    let elsewhere =
        backend.starts_with("setuptools") || root.at(&["tool", "poetry", "dependencies"]).is_some();
    if !found && !elsewhere {
        reader.partial(at, "its dependencies are computed when it is built, and are not known".to_owned());
    }
}

fn refer(reader: &mut Reader<'_>, file: &Node<'_>, scope: Scope, group: Option<&str>) {
    let Some(path) = file.text() else { return };
    reader.refer(ReferenceKind::Requirements, path, scope, file.span.bytes());
    if let Some(reference) = reader.manifest.references.last_mut() {
        reference.groups = group.into_iter().map(str::to_owned).collect();
    }
}

/// A list of dependency specifiers.
pub(crate) fn list(
    reader: &mut Reader<'_>,
    items: &Node<'_>,
    scope: Scope,
    group: Option<&str>,
    constraint: bool,
) {
    for item in items.items() {
        one(reader, item, scope, group, constraint);
    }
}

pub(crate) fn one(
    reader: &mut Reader<'_>,
    item: &Node<'_>,
    scope: Scope,
    group: Option<&str>,
    constraint: bool,
) {
    let Some(text) = item.text() else { return };
    // PDM writes editable ones as pip does.
    let (editable, specifier) = match text.strip_prefix("-e ") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let skipped = text.len() - specifier.len();
    let inner = item.inner(reader.file.text);
    let place = move |at: usize| match inner {
        Some(span) => span.start + u32::try_from(at + skipped).unwrap_or(u32::MAX),
        // Written with escapes: the whole stands for each part.
        None if at == 0 => item.span.start,
        None => item.span.end,
    };
    let is_path = editable || specifier.starts_with("file:");
    let found = if is_path && pep508::split(specifier).is_none() {
        let name = specifier.split("#egg=").nth(1).unwrap_or_default();
        let location = reader.location(item.span.bytes());
        let mut found = super::reader::requirement(Ecosystem::PyPi, name, location, scope);
        found.origin = pep508::origin(specifier);
        Some(found)
    } else {
        pep508::read(reader, specifier, place, scope)
    };
    if let Some(mut found) = found {
        found.group = group.map(str::to_owned);
        found.constraint = constraint;
        found.editable = editable;
        if inner.is_none() {
            found.name_bytes = (item.span.start, item.span.start);
            found.specifier_bytes = (item.span.end, item.span.end);
        }
        reader.require(found);
    }
}

/// A dependency group, with the groups that it includes.
fn group<'n>(
    reader: &mut Reader<'_>,
    groups: &'n Node<'_>,
    group: &'n Node<'_>,
    way: &mut Vec<&'n str>,
    left: &mut usize,
) {
    let first = way.first().copied().unwrap_or_default();
    for item in group.items() {
        if let Data::Text(_) = item.data {
            if way.len() > 1 {
                let Some(rest) = left.checked_sub(1) else { return };
                *left = rest;
            }
            one(reader, item, Scope::Development, Some(first), false);
            continue;
        }
        let Some(name) = item.text_at("include-group") else { continue };
        let normal = PackageName::new(Ecosystem::PyPi, name);
        let same = |key: &str| PackageName::new(Ecosystem::PyPi, key) == normal;
        let included = groups.entries().iter().find(|entry| same(&entry.key));
        match included {
            None => {
                reader.partial(item.span.start, format!("there is no group `{}`", super::reader::clip(name)))
            }
            Some(entry) if way.len() < MAX_INCLUDES && !way.contains(&&*entry.key) && *left > 0 => {
                way.push(&entry.key);
                self::group(reader, groups, &entry.value, way, left);
                way.pop();
            }
            Some(_) => {}
        }
    }
}

fn index(reader: &mut Reader<'_>, kind: IndexKind, url: Option<&Node<'_>>) {
    if let Some(node) = url.filter(|node| node.text().is_some()) {
        reader.index(kind, node.text().unwrap_or_default(), node.span.bytes());
    }
}

/// `[tool.uv]`
pub(crate) fn uv(reader: &mut Reader<'_>, uv: &Node<'_>) {
    if let Some(node) = uv.get("dev-dependencies") {
        list(reader, node, Scope::Development, Some("dev"), false);
    }
    for key in ["constraint-dependencies", "override-dependencies"] {
        if let Some(node) = uv.get(key) {
            list(reader, node, Scope::Production, None, true);
        }
    }
    if let Some(node) = uv.get("build-constraint-dependencies") {
        list(reader, node, Scope::Development, Some("build-system"), true);
    }
    index(reader, IndexKind::Default, uv.get("index-url"));
    for node in uv.get("extra-index-url").map(Node::one_or_more).unwrap_or_default() {
        index(reader, IndexKind::Extra, Some(node));
    }
    for node in uv.get("find-links").map(Node::one_or_more).unwrap_or_default() {
        index(reader, IndexKind::Links, Some(node));
    }
    for node in uv.get("index").map(Node::items).unwrap_or_default() {
        let kind = if node.is_true("default") {
            IndexKind::Default
        } else if node.is_true("explicit") {
            IndexKind::Explicit
        } else {
            IndexKind::Extra
        };
        index(reader, kind, node.get("url"));
    }
    for source in uv.get("sources").map(Node::entries).unwrap_or_default() {
        let name = PackageName::new(Ecosystem::PyPi, &source.key);
        for value in source.value.one_or_more() {
            let found = match origin(value) {
                Some(origin) => origin,
                None if value.is_true("workspace") => Origin::Path(String::new()),
                None => continue,
            };
            for known in reader.manifest.requirements.iter_mut().filter(|known| known.name == name) {
                known.origin = found.clone();
                known.editable |= value.is_true("editable");
            }
        }
    }
}
