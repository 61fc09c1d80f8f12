//! What the tests of manifests share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::Arc;

use clearance_supply::manifest::{File, Manifest, Origin, Package, Requirement, Scope, line_starts, read};

/// Reads a text under a path.
pub(crate) fn manifest(path: &str, text: &str) -> Manifest {
    let path: Arc<str> = path.into();
    let line_starts = line_starts(text);
    read(File { path: &path, text, line_starts: &line_starts })
        .unwrap_or_else(|| panic!("{path} is not read"))
}

/// Requirements as text: `name[extras] range (group) scope <- origin; marker #hashes`.
pub(crate) fn asked(path: &str, text: &str) -> Vec<String> {
    let manifest = manifest(path, text);
    manifest.requirements.iter().map(|requirement| shown(requirement, manifest.scope)).collect()
}

pub(crate) fn shown(requirement: &Requirement, of_file: Scope) -> String {
    let mut out = requirement.name.to_string();
    if !requirement.extras.is_empty() {
        out += &format!("[{}]", requirement.extras.join(","));
    }
    let range = requirement.range.to_string();
    if !range.is_empty() {
        out += &format!(" {range}");
    }
    if let Some(group) = &requirement.group {
        out += &format!(" ({group})");
    }
    if requirement.scope != of_file {
        out += &format!(" {}", scope(requirement.scope));
    }
    if requirement.constraint {
        out += " limit";
    }
    if requirement.editable {
        out += " editable";
    }
    out += &origin(&requirement.origin);
    if let Some(marker) = requirement.marker.as_ref().and_then(pep508_rs::MarkerTree::try_to_string) {
        out += &format!(" ; {marker}");
    }
    if !requirement.hashes.is_empty() {
        out += &format!(" #{}", requirement.hashes.len());
    }
    out
}

pub(crate) fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Production => "production",
        Scope::Optional => "optional",
        Scope::Development => "development",
    }
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Index => String::new(),
        Origin::Url(url) => format!(" <- {url}"),
        Origin::Vcs { url, revision: Some(revision) } => format!(" <- {url} at {revision}"),
        Origin::Vcs { url, revision: None } => format!(" <- {url}"),
        Origin::Path(path) => format!(" <- path {path}"),
    }
}

/// Packages as text: `name==version scope (groups) -> what it needs <- origin #hashes`.
pub(crate) fn chosen(path: &str, text: &str) -> Vec<String> {
    manifest(path, text).packages.iter().map(package).collect()
}

pub(crate) fn package(package: &Package) -> String {
    let mut out = package.name.to_string();
    if let Some(version) = &package.version {
        out += &format!("=={version}");
    }
    if package.own {
        out += " own";
    }
    if package.scope != Scope::Production {
        out += &format!(" {}", scope(package.scope));
    }
    if !package.groups.is_empty() {
        out += &format!(" ({})", package.groups.join(","));
    }
    if let Some(marker) = package.marker.as_ref().and_then(pep508_rs::MarkerTree::try_to_string) {
        out += &format!(" ; {marker}");
    }
    if !package.dependencies.is_empty() {
        let edges = package.dependencies.iter().map(|edge| {
            let mut out = edge.name.to_string();
            if !edge.extras.is_empty() {
                out += &format!("[{}]", edge.extras.join(","));
            }
            if let Some(version) = &edge.version {
                out += &format!("=={version}");
            }
            if let Some(extra) = &edge.with_extra {
                out += &format!(" with {extra}");
            }
            if edge.development {
                out += " for development";
            }
            out
        });
        out += &format!(" -> {}", edges.collect::<Vec<_>>().join(", "));
    }
    out += &origin(&package.origin);
    if !package.hashes.is_empty() {
        out += &format!(" #{}", package.hashes.len());
    }
    out
}

/// One sample for each format, for tests of all of them.
pub(crate) const SAMPLES: &[(&str, &str)] = &[
    ("requirements.txt", include_str!("../samples/requirements.txt")),
    ("pyproject.toml", include_str!("../samples/pyproject.toml")),
    ("poetry/pyproject.toml", include_str!("../samples/poetry-pyproject.toml")),
    ("setup.cfg", include_str!("../samples/setup.cfg")),
    ("setup.py", include_str!("../samples/setup.py.txt")),
    ("Pipfile", include_str!("../samples/Pipfile")),
    ("Pipfile.lock", include_str!("../samples/Pipfile.lock")),
    ("poetry.lock", include_str!("../samples/poetry.lock")),
    ("pdm.lock", include_str!("../samples/pdm.lock")),
    ("uv.lock", include_str!("../samples/uv.lock")),
    ("pylock.toml", include_str!("../samples/pylock.toml")),
    ("environment.yml", include_str!("../samples/environment.yml")),
    ("tool.py", include_str!("../samples/script.py.txt")),
    ("package.json", include_str!("../samples/package.json")),
    ("package-lock.json", include_str!("../samples/package-lock.json")),
    ("old/package-lock.json", include_str!("../samples/package-lock-1.json")),
    ("yarn.lock", include_str!("../samples/yarn.lock")),
    ("berry/yarn.lock", include_str!("../samples/berry.lock")),
    ("pnpm-lock.yaml", include_str!("../samples/pnpm-lock.yaml")),
    ("bun.lock", include_str!("../samples/bun.lock")),
    ("old/pnpm-lock.yaml", include_str!("../samples/pnpm-lock-5.yaml")),
    ("Dockerfile", include_str!("../samples/Dockerfile")),
    (".github/workflows/deploy.yml", include_str!("../samples/deploy.yml")),
    ("app/_vendor/vendor.txt", "a==1.0\n    b==2.0 # inner\nc>=3\n"),
    (
        "app/_vendor/a-1.0.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: A\nVersion: 1.0\nRequires-Dist: b>=1; extra == 'x'\nRequires-Dist: c (<2)\n\nName: no\n",
    ),
    ("bom.json", include_str!("../samples/bom.json")),
    ("app.spdx.json", include_str!("../samples/spdx.json")),
    ("runtime.txt", "python-3.11.4\n"),
    (".python-version", "# which\n3.10\n"),
];
