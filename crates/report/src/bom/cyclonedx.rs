//! CycloneDX in JSON, versions 1.6 and 1.7: components, what needs what, and vulnerabilities.
//!
//! A package of which only a range is known is a component without a version; the range is a property. An analysis is given only where the use of the vulnerable
//! part was found, or where there is evidence that nothing reaches it. The serial number is a digest of the document.

use std::io;

use clearance_finding::{Dependency, DependencyScope, KnownVulnerability};
use clearance_verdict::Assessment;
use serde::Serialize;

use super::{
    Use, address, identity,
    parts::{Part, parts},
    purl, source, timestamp, told, upgrade,
};
use crate::json;

/// The versions of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.6 (ECMA-424).
    V1_6,
    /// 1.7.
    V1_7,
}

impl Version {
    fn number(self) -> &'static str {
        match self {
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
        }
    }

    fn schema(self) -> &'static str {
        match self {
            Self::V1_6 => "http://cyclonedx.org/schema/bom-1.6.schema.json",
            Self::V1_7 => "http://cyclonedx.org/schema/bom-1.7.schema.json",
        }
    }
}

/// Writes the bill of material to `out`.
pub(crate) fn write(version: Version, assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    let parts = parts(assessment);
    let mut bom = bom(version, assessment, &parts);
    bom.serial_number = Some(format!("urn:uuid:{}", identity(&bom)?));
    json::serialise(&bom, out)
}

fn bom<'a>(version: Version, assessment: &'a Assessment, parts: &'a [Part<'a>]) -> Bom<'a> {
    let header = &assessment.header;
    let target = purl::generic(&header.target, header.commit.as_deref());
    let mut properties = vec![property("clearance:decision", assessment.decision.to_string())];
    properties.extend(header.commit.iter().map(|commit| property("clearance:commit", commit.clone())));
    properties.extend(header.dirty.map(|dirty| property("clearance:work-tree-modified", dirty.to_string())));
    let unknown: Vec<&str> =
        parts.iter().filter(|part| !part.needs_are_known).map(|part| part.reference.as_str()).collect();
    Bom {
        schema: version.schema(),
        format: "CycloneDX",
        spec_version: version.number(),
        serial_number: None,
        version: 1,
        metadata: Metadata {
            timestamp: timestamp(assessment),
            lifecycles: [Lifecycle { phase: "pre-build" }],
            tools: Tools {
                components: [Tool { kind: "application", name: "clearance", version: &header.tool_version }],
            },
            component: Target {
                kind: "application",
                reference: target.clone(),
                name: if header.target.is_empty() { "target" } else { &header.target },
            },
            properties,
        },
        components: parts.iter().map(component).collect(),
        dependencies: graph(target, parts),
        compositions: if unknown.is_empty() {
            Vec::new()
        } else {
            vec![Composition { aggregate: "unknown", dependencies: unknown }]
        },
        vulnerabilities: parts.iter().flat_map(vulnerabilities).collect(),
    }
}

fn component<'a>(part: &'a Part<'a>) -> Component<'a> {
    let first = part.first;
    let (group, name) = match first.ecosystem.as_str() {
        "npm" => purl::scoped(&first.name),
        _ => (None, first.name.as_str()),
    };
    let mut properties = vec![property("clearance:direct", part.direct.to_string())];
    if first.version.is_none() {
        properties.extend(first.range.iter().map(|range| property("clearance:range", range.clone())));
    }
    if first.chain.len() > 1 {
        properties.push(property("clearance:chain", first.chain.join(" > ")));
    }
    let occurrences = part.all.iter().map(|one| Occurrence {
        location: &one.source,
        line: (one.location.start.line > 0 && one.location.bytes != (0, 0))
            .then_some(one.location.start.line),
    });
    let digest = |list: &'a Part<'a>| {
        list.checksums
            .iter()
            .map(|one| Digest { alg: one.cyclonedx(), content: &one.value })
            .collect::<Vec<_>>()
    };
    let (mut hashes, mut elsewhere) = (Vec::new(), Vec::new());
    if part.has_one_archive() {
        hashes = digest(part);
    } else {
        elsewhere = digest(part);
    }
    let url = first.origin.as_deref().map(address).or_else(|| index_page(first));
    let wanted = first.origin.is_some() || !elsewhere.is_empty();
    let distribution = url.filter(|url| wanted && !url.is_empty()).map(|url| External {
        kind: "distribution",
        url,
        hashes: elsewhere,
    });
    Component {
        kind: "library",
        reference: &part.reference,
        group,
        name,
        version: first.version.as_deref(),
        scope: match part.scope {
            DependencyScope::Production => "required",
            DependencyScope::Optional => "optional",
            DependencyScope::Development => "excluded",
        },
        hashes,
        purl: part.purl.as_deref(),
        external_references: distribution.into_iter().collect(),
        evidence: Evidence { occurrences: unique(occurrences) },
        properties,
    }
}

/// The page of the index that lists the archives of a package.
fn index_page(dependency: &Dependency) -> Option<String> {
    let mut url = match dependency.ecosystem.as_str() {
        "PyPI" => String::from("https://pypi.org/simple/"),
        "npm" => String::from("https://registry.npmjs.org/"),
        _ => return None,
    };
    purl::encode(&dependency.name, &mut url);
    Some(url)
}

fn unique<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut out = Vec::new();
    for item in items {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

/// An entry for the target and for each part of which it is known what it needs.
fn graph<'a>(target: String, parts: &'a [Part<'a>]) -> Vec<Node<'a>> {
    let direct = parts.iter().filter(|part| part.direct).map(|part| part.reference.as_str()).collect();
    let mut out = vec![Node { reference: target, depends_on: direct }];
    out.extend(parts.iter().filter(|part| part.needs_are_known || !part.needs.is_empty()).map(|part| Node {
        reference: part.reference.clone(),
        depends_on: part.needs.iter().map(|&at| parts[at].reference.as_str()).collect(),
    }));
    out
}

fn vulnerabilities<'a>(part: &'a Part<'a>) -> Vec<Vulnerability<'a>> {
    part.advisories()
        .into_iter()
        .map(|(dependency, advisory)| vulnerability(part, dependency, advisory))
        .collect()
}

fn vulnerability<'a>(
    part: &'a Part<'a>,
    dependency: &'a Dependency,
    advisory: &'a KnownVulnerability,
) -> Vulnerability<'a> {
    let named = |id: &str| {
        let (name, url) = source(id);
        Source { name, url }
    };
    let mut properties = vec![property("clearance:reachable", advisory.reachable.to_string())];
    let evidence = told(&advisory.evidence);
    if !evidence.is_empty() {
        properties.push(property("clearance:evidence", evidence.clone()));
    }
    let analysis = match Use::of(advisory) {
        Use::Reached => Some(Analysis {
            state: "exploitable",
            justification: None,
            response: if advisory.fixed.is_empty() { Vec::new() } else { vec!["update"] },
            detail: format!("The vulnerable part is used: {evidence}"),
        }),
        Use::Unreached => Some(Analysis {
            state: "not_affected",
            justification: Some("code_not_reachable"),
            response: Vec::new(),
            detail: format!("The vulnerable part is not reached: {evidence}"),
        }),
        Use::Unknown => None,
    };
    Vulnerability {
        reference: format!("{}/{}", advisory.id, part.reference),
        id: &advisory.id,
        source: named(&advisory.id),
        references: advisory.aliases.iter().map(|id| Reference { id, source: named(id) }).collect(),
        ratings: [Rating {
            severity: advisory.severity.as_str(),
            method: advisory.vector.as_deref().map(method),
            vector: advisory.vector.as_deref(),
        }],
        description: &advisory.summary,
        recommendation: upgrade::recommendation(dependency, advisory),
        analysis,
        affects: [Affects {
            reference: &part.reference,
            versions: dependency
                .version
                .iter()
                .map(|version| Affected { version, status: "affected" })
                .collect(),
        }],
        properties,
    }
}

/// By which method a vector rates.
fn method(vector: &str) -> &'static str {
    match vector.split('/').next() {
        Some("CVSS:4.0") => "CVSSv4",
        Some("CVSS:3.1") => "CVSSv31",
        Some("CVSS:3.0") => "CVSSv3",
        Some(first) if first.starts_with("AV:") || first == "CVSS:2.0" => "CVSSv2",
        _ => "other",
    }
}

fn property(name: &'static str, value: String) -> Property {
    Property { name, value }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "bomFormat")]
    format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Node<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compositions: Vec<Composition<'a>>,
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: String,
    lifecycles: [Lifecycle; 1],
    tools: Tools<'a>,
    component: Target<'a>,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Lifecycle {
    phase: &'static str,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Tool<'a>; 1],
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Target<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: &'a str,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    scope: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Digest<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'a str>,
    #[serde(rename = "externalReferences", skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<External<'a>>,
    evidence: Evidence<'a>,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Digest<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct External<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Digest<'a>>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    occurrences: Vec<Occurrence<'a>>,
}

#[derive(Serialize, PartialEq)]
struct Occurrence<'a> {
    location: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
struct Node<'a> {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(rename = "dependsOn")]
    depends_on: Vec<&'a str>,
}

#[derive(Serialize)]
struct Composition<'a> {
    aggregate: &'static str,
    dependencies: Vec<&'a str>,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    #[serde(rename = "bom-ref")]
    reference: String,
    id: &'a str,
    source: Source,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference<'a>>,
    ratings: [Rating<'a>; 1],
    description: &'a str,
    recommendation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Analysis>,
    affects: [Affects<'a>; 1],
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Reference<'a> {
    id: &'a str,
    source: Source,
}

#[derive(Serialize)]
struct Rating<'a> {
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'a str>,
}

#[derive(Serialize)]
struct Analysis {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    response: Vec<&'static str>,
    detail: String,
}

#[derive(Serialize)]
struct Affects<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<Affected<'a>>,
}

#[derive(Serialize)]
struct Affected<'a> {
    version: &'a str,
    status: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_say_their_method() {
        assert_eq!(method("CVSS:4.0/AV:N/AC:L"), "CVSSv4");
        assert_eq!(method("CVSS:3.1/AV:N"), "CVSSv31");
        assert_eq!(method("CVSS:3.0/AV:N"), "CVSSv3");
        assert_eq!(method("AV:N/AC:L/Au:N"), "CVSSv2");
        assert_eq!(method("nonsense"), "other");
    }
}
