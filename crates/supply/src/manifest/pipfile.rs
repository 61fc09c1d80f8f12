//! `Pipfile`.

use super::{
    File, IndexKind, Manifest, ManifestKind, Scope,
    paths::is_development,
    poetry,
    reader::Reader,
    tree::{Node, toml},
};

/// Reads a `Pipfile`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Pipfile);
    let parsed = toml(reader.file.text);
    reader.problem(&parsed, "TOML");
    for section in parsed.root.entries() {
        match &*section.key {
            "source" => sources(&mut reader, &section.value),
            "requires" => {
                let version =
                    section.value.get("python_full_version").or(section.value.get("python_version"));
                if let Some(node) = version.filter(|node| node.scalar().is_some()) {
                    let bytes = node.inner(reader.file.text).unwrap_or(node.span).bytes();
                    reader.python(node.scalar().unwrap_or_default(), true, bytes);
                }
            }
            "scripts" | "pipenv" | "build-system" => {}
            name => {
                let (scope, group) = match name {
                    "packages" => (Scope::Production, None),
                    "dev-packages" => (Scope::Development, Some("dev")),
                    other if is_development(other) => (Scope::Development, Some(other)),
                    other => (Scope::Optional, Some(other)),
                };
                for entry in section.value.entries() {
                    for requirement in poetry::table(&mut reader, entry, scope, group) {
                        reader.require(requirement);
                    }
                }
            }
        }
    }
    reader.manifest
}

fn sources(reader: &mut Reader<'_>, sources: &Node<'_>) {
    for (number, source) in sources.items().iter().enumerate() {
        let Some(url) = source.get("url") else { continue };
        // Only packages that name them are taken from the others.
        let kind = if number == 0 { IndexKind::Default } else { IndexKind::Explicit };
        reader.index(kind, url.text().unwrap_or_default(), url.span.bytes());
        if let Some(node) = source.get("verify_ssl").filter(|_| !source.is_true("verify_ssl")) {
            let url = url.text().unwrap_or_default();
            reader.index(IndexKind::TrustedHost, url, node.span.bytes());
        }
    }
}
