//! SPDX 2.3 in JSON: packages, their package URLs, and what depends on what. Licences and suppliers are not looked at, and say so.

use std::io;

use clearance_finding::DependencyScope;
use clearance_verdict::Assessment;
use serde::Serialize;

use super::{
    address, identity,
    parts::{Part, parts},
    source, timestamp,
};
use crate::json;

const NOT_KNOWN: &str = "NOASSERTION";
const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const TARGET: &str = "SPDXRef-Target";

/// Writes the document to `out`.
pub(crate) fn write(assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    let parts = parts(assessment);
    let ids: Vec<String> = parts.iter().enumerate().map(|(at, part)| id(at, part)).collect();
    let mut document = document(assessment, &parts, &ids);
    document.namespace = format!("urn:uuid:{}", identity(&document)?);
    json::serialise(&document, out)
}

fn document<'a>(assessment: &'a Assessment, parts: &'a [Part<'a>], ids: &'a [String]) -> Document<'a> {
    let header = &assessment.header;
    let name = if header.target.is_empty() { "target" } else { &header.target };
    let mut packages = vec![Package {
        id: TARGET,
        name,
        version: None,
        download: NOT_KNOWN.to_owned(),
        files_analysed: false,
        licence_concluded: NOT_KNOWN,
        licence_declared: NOT_KNOWN,
        copyright: NOT_KNOWN,
        supplier: NOT_KNOWN,
        purpose: "APPLICATION",
        checksums: Vec::new(),
        external: Vec::new(),
        comment: header.commit.as_ref().map(|commit| format!("commit {commit}")),
    }];
    packages.extend(parts.iter().zip(ids).map(|(part, id)| package(part, id)));
    Document {
        version: "SPDX-2.3",
        licence: "CC0-1.0",
        id: DOCUMENT,
        name,
        namespace: String::new(),
        creation: Creation {
            created: timestamp(assessment),
            creators: [format!("Tool: clearance-{}", header.tool_version)],
        },
        packages,
        relationships: relationships(parts, ids),
    }
}

/// Ids may hold letters, digits, `.` and `-`; the number keeps them apart.
fn id(at: usize, part: &Part<'_>) -> String {
    let first = part.first;
    let version = first.version.as_deref().unwrap_or_default();
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).take(100).collect()
    };
    format!("SPDXRef-Package-{}-{}-{}", at + 1, plain(&first.name), plain(version))
}

fn package<'a>(part: &'a Part<'a>, id: &'a str) -> Package<'a> {
    let first = part.first;
    let origin = first.origin.as_deref().map(address);
    let can_fetch = |url: &&String| {
        ["https://", "http://", "git+https://", "git+ssh://", "git://", "hg+https://", "svn+https://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
    };
    let mut comments = Vec::new();
    if first.version.is_none() {
        comments
            .extend(first.range.iter().map(|range| format!("asked for as {range}; no version is resolved")));
    }
    if let Some(origin) = origin.as_ref().filter(|url| !can_fetch(url)) {
        comments.push(format!("taken from {origin}"));
    }
    let has_one = part.has_one_archive();
    if !has_one && !part.checksums.is_empty() {
        comments
            .push(format!("digests of {} archives are known, none of which is chosen", part.checksums.len()));
    }
    let purl = part.purl.iter().map(|purl| External {
        category: "PACKAGE-MANAGER",
        kind: "purl",
        locator: purl.clone(),
        comment: None,
    });
    let advisories = part.advisories().into_iter().map(|(_, advisory)| External {
        category: "SECURITY",
        kind: "advisory",
        locator: source(&advisory.id).1,
        comment: Some(format!("{}: {}", advisory.id, advisory.summary)),
    });
    Package {
        id,
        name: &first.name,
        version: first.version.as_deref(),
        download: origin.as_ref().filter(can_fetch).cloned().unwrap_or_else(|| NOT_KNOWN.to_owned()),
        files_analysed: false,
        licence_concluded: NOT_KNOWN,
        licence_declared: NOT_KNOWN,
        copyright: NOT_KNOWN,
        supplier: NOT_KNOWN,
        purpose: "LIBRARY",
        checksums: part
            .checksums
            .iter()
            .filter(|_| has_one)
            .map(|one| Checksum { algorithm: one.spdx(), value: &one.value })
            .collect(),
        external: purl.chain(advisories).collect(),
        comment: (!comments.is_empty()).then(|| comments.join("; ")),
    }
}

fn relationships<'a>(parts: &[Part<'_>], ids: &'a [String]) -> Vec<Relationship<'a>> {
    let mut out = vec![Relationship { from: DOCUMENT, kind: "DESCRIBES", to: TARGET }];
    for (part, id) in parts.iter().zip(ids) {
        match part.scope {
            DependencyScope::Production if part.direct => {
                out.push(Relationship { from: TARGET, kind: "DEPENDS_ON", to: id });
            }
            DependencyScope::Production => {}
            DependencyScope::Optional => {
                out.push(Relationship { from: id, kind: "OPTIONAL_DEPENDENCY_OF", to: TARGET });
            }
            DependencyScope::Development => {
                out.push(Relationship { from: id, kind: "DEV_DEPENDENCY_OF", to: TARGET });
            }
        }
    }
    for (part, id) in parts.iter().zip(ids) {
        out.extend(part.needs.iter().map(|&at| Relationship { from: id, kind: "DEPENDS_ON", to: &ids[at] }));
        if !part.needs_are_known {
            out.push(Relationship { from: id, kind: "DEPENDS_ON", to: NOT_KNOWN });
        } else if part.needs.is_empty() {
            out.push(Relationship { from: id, kind: "DEPENDS_ON", to: "NONE" });
        }
    }
    out
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "spdxVersion")]
    version: &'static str,
    #[serde(rename = "dataLicense")]
    licence: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    #[serde(rename = "documentNamespace")]
    namespace: String,
    #[serde(rename = "creationInfo")]
    creation: Creation,
    packages: Vec<Package<'a>>,
    relationships: Vec<Relationship<'a>>,
}

#[derive(Serialize)]
struct Creation {
    created: String,
    creators: [String; 1],
}

#[derive(Serialize)]
struct Package<'a> {
    #[serde(rename = "SPDXID")]
    id: &'a str,
    name: &'a str,
    #[serde(rename = "versionInfo", skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(rename = "downloadLocation")]
    download: String,
    #[serde(rename = "filesAnalyzed")]
    files_analysed: bool,
    #[serde(rename = "licenseConcluded")]
    licence_concluded: &'static str,
    #[serde(rename = "licenseDeclared")]
    licence_declared: &'static str,
    #[serde(rename = "copyrightText")]
    copyright: &'static str,
    supplier: &'static str,
    #[serde(rename = "primaryPackagePurpose")]
    purpose: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum<'a>>,
    #[serde(rename = "externalRefs", skip_serializing_if = "Vec::is_empty")]
    external: Vec<External>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
struct Checksum<'a> {
    algorithm: &'static str,
    #[serde(rename = "checksumValue")]
    value: &'a str,
}

#[derive(Serialize)]
struct External {
    #[serde(rename = "referenceCategory")]
    category: &'static str,
    #[serde(rename = "referenceType")]
    kind: &'static str,
    #[serde(rename = "referenceLocator")]
    locator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
struct Relationship<'a> {
    #[serde(rename = "spdxElementId")]
    from: &'a str,
    #[serde(rename = "relationshipType")]
    kind: &'static str,
    #[serde(rename = "relatedSpdxElement")]
    to: &'a str,
}
