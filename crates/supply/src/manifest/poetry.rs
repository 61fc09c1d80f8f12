//! Dependencies as tables, in the manner of Poetry and Pipenv: `name = "^1.2"` and `name = {version = "…", git = "…", …}`.

use pep508_rs::MarkerTree;

use super::{
    IndexKind, Origin, Requirement, RequirementRange, Scope,
    constraint::constraint,
    paths::is_development,
    pep508::range_of_archive,
    reader::{Reader, both, clip, hash, requirement, without_credentials},
    tree::{Entry, Node, Span},
};
use crate::{Ecosystem, PackageName};

/// Reads `[tool.poetry]`. What stands in `[project]` already is only told where from it is fetched.
pub(crate) fn read(reader: &mut Reader<'_>, poetry: &Node<'_>) {
    if reader.manifest.project.is_none() {
        reader.manifest.project = poetry.text_at("name").map(|name| PackageName::new(Ecosystem::PyPi, name));
    }
    let in_project = reader.manifest.requirements.len();
    if let Some(dependencies) = poetry.get("dependencies") {
        for entry in dependencies.entries() {
            if entry.key == "python" {
                python(reader, &entry.value);
                continue;
            }
            let name = PackageName::new(Ecosystem::PyPi, &entry.key);
            let known = reader.manifest.requirements[..in_project]
                .iter()
                .any(|known| known.name == name && known.scope != Scope::Development);
            let found = table(reader, entry, Scope::Production, None);
            if known {
                enrich(reader, in_project, &found);
                continue;
            }
            for mut requirement in found {
                let optional = entry.value.one_or_more().iter().any(|value| value.is_true("optional"));
                if optional {
                    requirement.scope = Scope::Optional;
                    requirement.group = extra_of(poetry, &requirement.name);
                }
                reader.require(requirement);
            }
        }
    }
    let groups = poetry.get("group").map(Node::entries).unwrap_or_default();
    for group in groups {
        let scope = if is_development(&group.key) {
            Scope::Development
        } else if group.value.is_true("optional") {
            Scope::Optional
        } else {
            Scope::Production
        };
        let scope = if group.key == "main" { Scope::Production } else { scope };
        if let Some(dependencies) = group.value.get("dependencies") {
            group_of(reader, dependencies, scope, &group.key);
        }
    }
    if let Some(dependencies) = poetry.get("dev-dependencies") {
        group_of(reader, dependencies, Scope::Development, "dev");
    }
    for source in poetry.get("source").map(Node::items).unwrap_or_default() {
        let kind = match source.text_at("priority") {
            Some("explicit") => IndexKind::Explicit,
            Some("supplemental" | "secondary") => IndexKind::Extra,
            _ if source.is_true("secondary") => IndexKind::Extra,
            _ => IndexKind::Default,
        };
        if let Some(url) = source.get("url").filter(|url| url.text().is_some()) {
            reader.index(kind, url.text().unwrap_or_default(), url.span.bytes());
        }
    }
}

fn group_of(reader: &mut Reader<'_>, dependencies: &Node<'_>, scope: Scope, group: &str) {
    for entry in dependencies.entries().iter().filter(|entry| entry.key != "python") {
        for requirement in table(reader, entry, scope, Some(group)) {
            reader.require(requirement);
        }
    }
}

/// The extra that names an optional package.
fn extra_of(poetry: &Node<'_>, name: &PackageName) -> Option<String> {
    let extras = poetry.get("extras")?.entries();
    let names =
        |entry: &&Entry<'_>| entry.value.texts().any(|text| PackageName::new(Ecosystem::PyPi, text) == *name);
    extras.iter().find(names).map(|entry| entry.key.to_string())
}

/// What a table beside `[project]` adds to what stands there.
fn enrich(reader: &mut Reader<'_>, in_project: usize, found: &[Requirement]) {
    for table in found.iter().filter(|table| table.origin != Origin::Index) {
        for known in &mut reader.manifest.requirements[..in_project] {
            if known.name == table.name {
                known.origin = table.origin.clone();
            }
        }
    }
}

/// `python = "^3.9"`
pub(crate) fn python(reader: &mut Reader<'_>, value: &Node<'_>) {
    let Some(text) = value.scalar().or_else(|| value.text_at("version")) else { return };
    match constraint(text) {
        Some(RequirementRange::Python(specifiers)) => {
            reader.python(&specifiers.to_string(), false, value.span.bytes());
        }
        // Of alternatives, the lowest and the highest stand for all.
        Some(RequirementRange::PythonAnyOf(any)) => {
            if let Some(first) = any.first() {
                let lower = first.iter().find(|part| part.operator().to_string().starts_with('>'));
                let text = lower.map(ToString::to_string).unwrap_or_default();
                reader.python(&text, false, value.span.bytes());
            }
        }
        _ => reader.partial(value.span.start, format!("`{}` names no version of Python", clip(text))),
    }
}

/// Reads one entry: a version, a table, or a list of them for different circumstances.
pub(crate) fn table(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    scope: Scope,
    group: Option<&str>,
) -> Vec<Requirement> {
    let mut found = Vec::new();
    for value in entry.value.one_or_more() {
        let start = entry.span.start.min(value.span.start);
        let end = if value.span.start >= entry.span.start { value.span.end } else { entry.span.end };
        let location = reader.location((start, end));
        let mut requirement = requirement(Ecosystem::PyPi, &entry.key, location, scope);
        requirement.name_bytes = name_bytes(reader, entry);
        requirement.group = group.map(str::to_owned);
        let version = if value.is_map() { value.get("version") } else { Some(value) };
        if let Some(version) = version {
            versions(reader, &mut requirement, version);
        }
        if value.is_map() {
            details(reader, &mut requirement, value);
        }
        found.push(requirement);
    }
    found
}

fn name_bytes(reader: &Reader<'_>, entry: &Entry<'_>) -> (u32, u32) {
    let written = reader.file.text.get(entry.span.start as usize..entry.span.end as usize);
    let quotes = u32::from(written.is_some_and(|text| text.starts_with(['"', '\''])));
    (entry.span.start + quotes, entry.span.end.saturating_sub(quotes))
}

fn versions(reader: &mut Reader<'_>, requirement: &mut Requirement, version: &Node<'_>) {
    let Some(text) = version.scalar() else { return };
    let inner = version.inner(reader.file.text).unwrap_or(version.span);
    requirement.specifier_bytes = Span::bytes(inner);
    requirement.range = constraint(text).unwrap_or_else(|| {
        reader.partial(inner.start, format!("the versions `{}` are not understood", clip(text)));
        RequirementRange::Unknown(text.to_owned())
    });
}

fn details(reader: &mut Reader<'_>, requirement: &mut Requirement, value: &Node<'_>) {
    let extras = value.get("extras").into_iter().flat_map(Node::texts);
    requirement.extras =
        extras.map(|extra| PackageName::new(Ecosystem::PyPi, extra).as_str().to_owned()).collect();
    let mut marker = None;
    if let Some(node) = value.get("markers").filter(|node| node.text().is_some()) {
        marker = reader.marker(node.text().unwrap_or_default(), node.span.start);
    }
    if let Some(node) = value.get("python") {
        marker = both(marker, python_marker(reader, node));
    }
    if let Some(node) = value.get("platform") {
        let platform = node.text().unwrap_or_default();
        let text = match platform.strip_prefix("!=") {
            Some(other) => format!("sys_platform != '{}'", other.trim()),
            None => format!("sys_platform == '{}'", platform.trim_start_matches('=').trim()),
        };
        marker = both(marker, reader.marker(&text, node.span.start));
    }
    // Pipenv: `os_name = "== 'nt'"`.
    for name in [
        "os_name",
        "sys_platform",
        "platform_machine",
        "platform_python_implementation",
        "platform_release",
        "platform_system",
        "platform_version",
        "python_version",
        "python_full_version",
        "implementation_name",
        "implementation_version",
    ] {
        if let Some(node) = value.get(name).filter(|node| node.text().is_some()) {
            let text = format!("{name} {}", node.text().unwrap_or_default());
            marker = both(marker, reader.marker(&text, node.span.start));
        }
    }
    requirement.marker = marker;
    requirement.editable = value.is_true("editable") || value.is_true("develop");
    let hashes = value.get("hashes").into_iter().chain(value.get("hash")).flat_map(Node::one_or_more);
    requirement.hashes = hashes.filter_map(|node| hash(node.text()?)).collect();
    if let Some(origin) = origin(value) {
        requirement.origin = origin;
    }
    if let Origin::Url(address) | Origin::Path(address) = &requirement.origin
        && let Some(range) = range_of_archive(address)
    {
        requirement.range = range;
    }
}

/// `git`, `url`, `path` and their like in a table.
pub(crate) fn origin(value: &Node<'_>) -> Option<Origin> {
    for system in ["git", "hg", "svn", "bzr"] {
        if let Some(url) = value.text_at(system) {
            let keys = ["rev", "tag", "ref", "branch", "revision"];
            let revision = keys.iter().find_map(|key| value.text_at(key)).map(str::to_owned);
            return Some(Origin::Vcs { url: without_credentials(url), revision });
        }
    }
    if let Some(url) = value.text_at("url") {
        return Some(Origin::Url(without_credentials(url)));
    }
    let path = ["path", "file", "editable", "virtual", "directory"];
    let path = path.iter().find_map(|key| value.text_at(key))?;
    Some(if path.contains("://") {
        Origin::Url(without_credentials(path))
    } else {
        Origin::Path(path.to_owned())
    })
}

/// `python = "^3.8"` of a dependency as a marker.
fn python_marker(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<MarkerTree> {
    let written = node.scalar()?;
    let alternatives = match constraint(written) {
        Some(RequirementRange::Python(specifiers)) => vec![specifiers],
        Some(RequirementRange::PythonAnyOf(any)) => any,
        _ => {
            reader.partial(node.span.start, format!("`{}` names no version of Python", clip(written)));
            return None;
        }
    };
    let text = alternatives.iter().map(|specifiers| {
        let all = specifiers.iter().map(|part| {
            format!(
                "python_full_version {} '{}'",
                part.operator(),
                part.to_string().trim_start_matches(['<', '>', '=', '!', '~'])
            )
        });
        format!("({})", all.collect::<Vec<_>>().join(" and "))
    });
    let text = text.filter(|text| text != "()").collect::<Vec<_>>().join(" or ");
    reader.marker(&text, node.span.start)
}
