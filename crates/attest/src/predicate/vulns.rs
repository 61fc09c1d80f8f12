//! `https://in-toto.io/attestation/vulns/v0.2`: the known vulnerabilities of the dependencies.

use std::time::Duration;

use clearance_finding::Plane;
use clearance_verdict::{Assessment, Dependency, KnownVulnerability, PlaneStatus};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::tool;
use crate::{
    statement::{CannotAttest, Occasion},
    time,
};

/// Makes the predicate. Accepted vulnerabilities are in it, too: it says what is known, not what was decided.
pub(super) fn predicate(assessment: &Assessment, occasion: &Occasion) -> Result<Value, CannotAttest> {
    let supply = assessment.planes.iter().find(|run| run.plane == Plane::Supply);
    match supply {
        Some(run) if run.status == PlaneStatus::Run => {}
        Some(run) => return Err(CannotAttest::NoSupply { why: run.why.clone() }),
        None => return Err(CannotAttest::NoSupply { why: "it was not part of this run".to_owned() }),
    }
    let database = occasion.database.as_ref().ok_or(CannotAttest::NoAdvisories)?;
    let last_update = database.last_update.ok_or(CannotAttest::UndatedAdvisories)?;
    let mut scanner = json!({
        "uri": tool(assessment),
        "version": assessment.header.tool_version,
        "db": { "uri": database.uri, "version": database.version, "lastUpdate": time::text(last_update) },
        "result": assessment.dependencies.iter().flat_map(results).collect::<Vec<_>>(),
    });
    // An empty result must not be taken for more than it says.
    let unresolved: Vec<String> = assessment.dependencies.iter().filter_map(unresolved).collect();
    if let (Some(scanner), false) = (scanner.as_object_mut(), unresolved.is_empty()) {
        scanner.insert("clearance_unresolved".to_owned(), json!(unresolved));
    }
    let mut metadata = json!({
        "scanStartedOn": time::text(assessment.header.time),
        "scanFinishedOn": time::text(assessment.header.time.saturating_add(rounded_up(assessment.header.duration)).unwrap_or(assessment.header.time)),
    });
    if let (Some(metadata), false) = (metadata.as_object_mut(), assessment.is_complete()) {
        metadata.insert("clearance_incomplete".to_owned(), json!(true));
    }
    Ok(json!({ "scanner": scanner, "metadata": metadata }))
}

/// Whole seconds, so that the end is not before what happened.
fn rounded_up(duration: Duration) -> SignedDuration {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0))
}

fn results(dependency: &Dependency) -> impl Iterator<Item = Value> {
    dependency.advisories.iter().map(|advisory| result(dependency, advisory))
}

fn result(dependency: &Dependency, advisory: &KnownVulnerability) -> Value {
    let mut severity = Vec::new();
    if let Some(vector) = &advisory.vector {
        severity.push(json!({ "method": "cvss_vector", "score": vector }));
    }
    severity.push(json!({ "method": "clearance", "score": advisory.severity.as_str() }));
    let mut about = Map::new();
    about.insert("ecosystem".to_owned(), json!(dependency.ecosystem));
    about.insert("package".to_owned(), json!(dependency.name));
    if let Some(version) = &dependency.version {
        about.insert("version".to_owned(), json!(version));
    }
    about.insert("source".to_owned(), json!(dependency.source));
    about.insert("scope".to_owned(), json!(dependency.scope.as_str()));
    about.insert("reachable".to_owned(), json!(advisory.reachable.as_str()));
    about.insert("aliases".to_owned(), json!(advisory.aliases));
    about.insert("fixed".to_owned(), json!(advisory.fixed));
    json!({ "id": advisory.id, "severity": severity, "annotations": [about] })
}

/// A dependency of which no exact version is known, so that what holds against it may not be told in full.
fn unresolved(dependency: &Dependency) -> Option<String> {
    if dependency.version.is_some() {
        return None;
    }
    let range = dependency.range.as_deref().unwrap_or("any version");
    Some(format!("{} {} {range}", dependency.ecosystem, dependency.name))
}
