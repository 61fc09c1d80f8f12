//! Bills of materials as input: CycloneDX 1.4 to 1.7 and SPDX 2, in JSON.

use rustc_hash::FxHashMap;

use super::{
    Chosen, File, Hash, Manifest, ManifestKind, Package, Scope,
    reader::{Reader, package},
    tree::{Node, json},
};
use crate::{Ecosystem, PackageName};

/// Components inside components.
const MAX_DEPTH: usize = 16;

/// Reads a bill of materials.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Sbom);
    let parsed = json(reader.file.text);
    reader.problem(&parsed, "JSON");
    let root = &parsed.root;
    let mut of_reference = FxHashMap::default();
    if root.text_at("bomFormat") == Some("CycloneDX") {
        if let Some(own) = root.at(&["metadata", "component"]) {
            component(&mut reader, own, true, &mut of_reference, 0);
        }
        for node in root.get("components").map(Node::items).unwrap_or_default() {
            component(&mut reader, node, false, &mut of_reference, 0);
        }
        for node in root.get("dependencies").map(Node::items).unwrap_or_default() {
            let from = node.text_at("ref").unwrap_or_default();
            for to in node.get("dependsOn").into_iter().flat_map(Node::texts) {
                edge(&mut reader, &of_reference, from, to);
            }
        }
    } else if root.text_at("spdxVersion").is_some() {
        for node in root.get("packages").map(Node::items).unwrap_or_default() {
            spdx(&mut reader, node, &mut of_reference);
        }
        for node in root.get("relationships").map(Node::items).unwrap_or_default() {
            let one = node.text_at("spdxElementId").unwrap_or_default();
            let other = node.text_at("relatedSpdxElement").unwrap_or_default();
            match node.text_at("relationshipType") {
                Some("DEPENDS_ON") => edge(&mut reader, &of_reference, one, other),
                Some("DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF") => {
                    edge(&mut reader, &of_reference, other, one)
                }
                Some("DEV_DEPENDENCY_OF" | "BUILD_DEPENDENCY_OF" | "TEST_DEPENDENCY_OF") => {
                    if let Some(&index) = of_reference.get(one)
                        && let Some(package) = reader.manifest.packages.get_mut(index)
                    {
                        package.scope = Scope::Development;
                    }
                }
                _ => {}
            }
        }
    } else if parsed.problem.is_none() {
        reader.partial(0, "it is neither a CycloneDX nor an SPDX 2 document".to_owned());
    }
    reader.manifest
}

type References<'n> = FxHashMap<&'n str, usize>;

fn component<'n>(
    reader: &mut Reader<'_>,
    node: &'n Node<'_>,
    own: bool,
    references: &mut References<'n>,
    depth: usize,
) {
    let url = node.get("purl");
    let reference = node.text_at("bom-ref").or(node.text_at("purl"));
    if let Some(mut found) = url.and_then(|url| from_purl(reader, url)) {
        found.own = own;
        let development =
            node.get("properties").map(Node::items).unwrap_or_default().iter().any(|property| {
                property.text_at("name").is_some_and(|name| name.ends_with(":development"))
                    && property.text_at("value") == Some("true")
            });
        found.scope = match node.text_at("scope") {
            Some("excluded") => Scope::Development,
            _ if development => Scope::Development,
            Some("optional") => Scope::Optional,
            _ => Scope::Production,
        };
        for hash in node.get("hashes").map(Node::items).unwrap_or_default() {
            if let (Some(algorithm), Some(value)) = (hash.text_at("alg"), hash.text_at("content")) {
                let algorithm = algorithm.to_ascii_lowercase().replace("sha-", "sha");
                found.hashes.push(Hash { algorithm, value: value.to_owned() });
            }
        }
        put(reader, found, reference, references);
    }
    if depth < MAX_DEPTH {
        for inner in node.get("components").map(Node::items).unwrap_or_default() {
            component(reader, inner, false, references, depth + 1);
        }
    }
}

fn put<'n>(
    reader: &mut Reader<'_>,
    found: Package,
    reference: Option<&'n str>,
    references: &mut References<'n>,
) {
    let index = reader.manifest.packages.len();
    reader.package(found);
    if let Some(reference) = reference.filter(|_| reader.manifest.packages.len() > index) {
        references.insert(reference, index);
    }
}

fn spdx<'n>(reader: &mut Reader<'_>, node: &'n Node<'_>, references: &mut References<'n>) {
    let external = node.get("externalRefs").map(Node::items).unwrap_or_default();
    let url = external
        .iter()
        .find(|entry| entry.text_at("referenceType") == Some("purl"))
        .and_then(|entry| entry.get("referenceLocator"));
    let Some(mut found) = url.and_then(|url| from_purl(reader, url)) else { return };
    if found.version.is_none()
        && let Some(version) = node.text_at("versionInfo")
    {
        found.version = Some(crate::Version::new(found.ecosystem, version));
    }
    for hash in node.get("checksums").map(Node::items).unwrap_or_default() {
        if let (Some(algorithm), Some(value)) = (hash.text_at("algorithm"), hash.text_at("checksumValue")) {
            found.hashes.push(Hash { algorithm: algorithm.to_ascii_lowercase(), value: value.to_owned() });
        }
    }
    put(reader, found, node.text_at("SPDXID"), references);
}

fn edge(reader: &mut Reader<'_>, references: &References<'_>, from: &str, to: &str) {
    let (Some(&from), Some(&to)) = (references.get(from), references.get(to)) else { return };
    let Some(target) = reader.manifest.packages.get(to) else { return };
    let mut edge = Chosen::to(target.name.clone());
    edge.version = target.version.as_ref().map(|version| version.text.clone());
    if let Some(package) = reader.manifest.packages.get_mut(from) {
        package.dependencies.push(edge);
    }
}

/// `pkg:pypi/name@1.2?…#…`, `pkg:npm/%40scope/name@1.2`
fn from_purl(reader: &Reader<'_>, node: &Node<'_>) -> Option<Package> {
    let text = node.text()?.strip_prefix("pkg:")?;
    let text = text.split(['?', '#']).next().unwrap_or(text);
    let (kind, rest) = text.split_once('/')?;
    let ecosystem = match kind.to_ascii_lowercase().as_str() {
        "pypi" => Ecosystem::PyPi,
        "npm" => Ecosystem::Npm,
        _ => return None,
    };
    let rest = decoded(rest.trim_start_matches('/'));
    let (name, version) = match rest.get(1..).and_then(|tail| tail.rfind('@')) {
        Some(at) => (&rest[..at + 1], &rest[at + 2..]),
        None => (rest.as_str(), ""),
    };
    let name = PackageName::new(ecosystem, name);
    Some(package(ecosystem, name.as_str(), version, reader.location(node.span.bytes())))
}

/// Percent-encoding taken away.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|_| bytes[at] == b'%').and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
