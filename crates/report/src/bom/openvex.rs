//! OpenVEX 0.2.0: what is known of the effect of each vulnerability on the target.
//!
//! `not_affected` is said only with evidence that nothing reaches the vulnerable part, `affected` only where something was found to use it and the version is exact;
//! everything else is `under_investigation`. `fixed` is never said: a package that is fixed has no advisory here.

use std::{collections::BTreeMap, io};

use clearance_finding::{Dependency, KnownVulnerability};
use clearance_verdict::Assessment;
use serde::Serialize;

use super::{
    Use, identity,
    parts::{Part, parts},
    purl, source, timestamp, told, upgrade,
};
use crate::json;

const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";
/// Who signs the document is for those to say who publish it.
const AUTHOR: &str = "Unknown Author";

/// Writes the document to `out`.
pub(crate) fn write(assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    let parts = parts(assessment);
    let header = &assessment.header;
    let product = purl::generic(&header.target, header.commit.as_deref());
    let statements = parts
        .iter()
        .flat_map(|part| part.advisories().into_iter().map(move |found| (part, found)))
        .map(|(part, (dependency, advisory))| statement(&product, part, dependency, advisory))
        .collect();
    let mut document = Document {
        context: CONTEXT,
        id: String::new(),
        author: AUTHOR,
        timestamp: timestamp(assessment),
        version: 1,
        tooling: format!("clearance {}", header.tool_version),
        statements,
    };
    document.id = format!("urn:uuid:{}", identity(&document)?);
    json::serialise(&document, out)
}

fn statement<'a>(
    product: &str,
    part: &'a Part<'a>,
    dependency: &Dependency,
    advisory: &'a KnownVulnerability,
) -> Statement<'a> {
    let evidence = told(&advisory.evidence);
    let mut said = Statement {
        vulnerability: Vulnerability {
            id: source(&advisory.id).1,
            name: &advisory.id,
            description: &advisory.summary,
            aliases: unique(&advisory.aliases),
        },
        products: [Product {
            id: product.to_owned(),
            identifiers: Identifiers { purl: product.to_owned() },
            subcomponents: [subcomponent(part)],
        }],
        status: "under_investigation",
        status_notes: None,
        justification: None,
        impact_statement: None,
        action_statement: None,
    };
    match (Use::of(advisory), &dependency.version) {
        (Use::Unreached, _) => {
            said.status = "not_affected";
            said.justification = Some("vulnerable_code_not_in_execute_path");
            said.impact_statement = Some(format!("The vulnerable part is not reached: {evidence}"));
        }
        (Use::Reached, Some(_)) => {
            said.status = "affected";
            said.status_notes =
                (!evidence.is_empty()).then(|| format!("The vulnerable part is used: {evidence}"));
            said.action_statement = Some(upgrade::recommendation(dependency, advisory));
        }
        (Use::Reached, None) => {
            said.status_notes = Some(format!(
                "The vulnerable part is used, but the version is not known; {} is asked for",
                dependency.range.as_deref().unwrap_or("any version")
            ));
        }
        (Use::Unknown, _) => {
            said.status_notes = Some("Whether the vulnerable part is used is not known".to_owned());
        }
    }
    said
}

/// The schema wants each alias once.
fn unique(aliases: &[String]) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    for alias in aliases {
        if !out.contains(&alias.as_str()) {
            out.push(alias);
        }
    }
    out
}

fn subcomponent<'a>(part: &'a Part<'a>) -> Subcomponent<'a> {
    let checksums = if part.has_one_archive() { part.checksums.as_slice() } else { &[] };
    let purl = part.purl.clone().unwrap_or_else(|| part.reference.clone());
    Subcomponent {
        id: purl.clone(),
        identifiers: Identifiers { purl },
        hashes: checksums.iter().map(|one| (one.openvex(), one.value.as_str())).collect(),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    author: &'static str,
    timestamp: String,
    version: u32,
    tooling: String,
    statements: Vec<Statement<'a>>,
}

#[derive(Serialize)]
struct Statement<'a> {
    vulnerability: Vulnerability<'a>,
    products: [Product<'a>; 1],
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact_statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_statement: Option<String>,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    #[serde(rename = "@id")]
    id: String,
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<&'a str>,
}

#[derive(Serialize)]
struct Product<'a> {
    #[serde(rename = "@id")]
    id: String,
    identifiers: Identifiers,
    subcomponents: [Subcomponent<'a>; 1],
}

#[derive(Serialize)]
struct Identifiers {
    purl: String,
}

#[derive(Serialize)]
struct Subcomponent<'a> {
    #[serde(rename = "@id")]
    id: String,
    identifiers: Identifiers,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    hashes: BTreeMap<&'static str, &'a str>,
}
