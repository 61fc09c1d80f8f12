//! Conda environment files. Packages of conda channels are not those of the Python package index, even where names are the same, so they are listed apart.

use super::{
    File, Manifest, ManifestKind, SystemPackage,
    reader::Reader,
    requirements::{Line, line_of},
    tree::{Node, yaml},
};

/// Reads an environment file.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Conda);
    let parsed = yaml(reader.file.text);
    reader.problem(&parsed, "YAML");
    for item in parsed.root.get("dependencies").map(Node::items).unwrap_or_default() {
        if let Some(text) = item.text() {
            package(&mut reader, item, text);
        }
        for pip in item.get("pip").map(Node::items).unwrap_or_default() {
            let Some(text) = pip.text() else { continue };
            let start = pip.inner(reader.file.text).unwrap_or(pip.span).start;
            let scope = reader.manifest.scope;
            line_of(&mut reader, &Line::at(text, start as usize), scope, None, false);
        }
    }
    reader.manifest
}

/// `channel::name=1.2=build`, `name>=1.2`
fn package(reader: &mut Reader<'_>, item: &Node<'_>, text: &str) {
    let text = text.split_once("::").map_or(text, |(_, rest)| rest);
    let end = text.find(['=', '<', '>', '!', ' ', '~', '[']).unwrap_or(text.len());
    let (name, version) = text.split_at(end);
    let version = version.trim();
    if name == "python" {
        let exact = version.trim_start_matches('=');
        let exact = exact.split('=').next().unwrap_or(exact).trim_end_matches(".*");
        let runs = version.starts_with('=') && !exact.contains(['<', '>', ',', '*']);
        let text = if runs { exact } else { version };
        if !text.is_empty() {
            reader.python(text, runs, item.span.bytes());
        }
        return;
    }
    if name.is_empty() || reader.manifest.system.len() >= 10_000 {
        return;
    }
    let location = reader.location(item.span.bytes());
    let version = (!version.is_empty()).then(|| version.trim_start_matches('=').to_owned());
    reader.manifest.system.push(SystemPackage { manager: "conda", name: name.to_owned(), version, location });
}
