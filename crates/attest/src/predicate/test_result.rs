//! `https://in-toto.io/attestation/test-result/v0.1`: the decision, and the controls by how they stand.

use clearance_verdict::{Assessment, Control, Decision, Level, Status};
use serde_json::{Map, Value, json};

use super::tool;
use crate::{
    statement::{Occasion, policy, rule_set},
    time,
};

/// The name of the entry of `configuration` that tells of the run: this predicate has no field for the time, and an annotation is where a reader that
/// knows no extensions lets it stand.
pub(crate) const RUN: &str = "clearance";

/// Makes the predicate.
pub(super) fn predicate(assessment: &Assessment, occasion: &Occasion) -> Value {
    let mut configuration = vec![run(assessment), rule_set(assessment), policy(assessment)];
    configuration.extend(
        occasion.files.iter().map(|file| json!({ "name": file.name, "digest": { "sha256": file.sha256 } })),
    );
    if let Some(database) = &occasion.database {
        let mut annotations = Map::new();
        annotations.insert("version".to_owned(), json!(database.version));
        if let Some(moment) = database.last_update {
            annotations.insert("lastUpdate".to_owned(), json!(time::text(moment)));
        }
        configuration.push(json!({ "name": "advisories", "uri": database.uri, "annotations": annotations }));
    }
    json!({
        "result": match assessment.decision {
            Decision::Approved => "PASSED",
            Decision::Conditional => "WARNED",
            Decision::Blocked => "FAILED",
        },
        "configuration": configuration,
        "passedTests": controls(assessment, Status::Pass),
        "warnedTests": controls(assessment, Status::Warn),
        "failedTests": controls(assessment, Status::Fail),
    })
}

/// What ran, when, on what, and what could not be said: a control that was not verified is in none of the three lists.
fn run(assessment: &Assessment) -> Value {
    let header = &assessment.header;
    let mut annotations = Map::new();
    let mut say = |name: &str, value: Value| annotations.insert(name.to_owned(), value);
    say("time", json!(time::text(header.time)));
    say("decision", json!(assessment.decision.as_str()));
    say("reasons", assessment.reasons.iter().map(|reason| reason.text.as_str()).collect());
    say("profile", json!(header.profile.as_str()));
    say("target", json!(header.target));
    if let Some(commit) = &header.commit {
        say("commit", json!(commit));
    }
    if let Some(dirty) = header.dirty {
        say("dirty", json!(dirty));
    }
    say("command", json!(header.command));
    say("complete", json!(assessment.is_complete()));
    say("acceptedFindings", json!(assessment.accepted().count()));
    say("notVerified", controls(assessment, Status::NotVerified));
    say("notApplicable", controls(assessment, Status::NotApplicable));
    json!({ "name": RUN, "uri": tool(assessment), "annotations": annotations })
}

fn controls(assessment: &Assessment, status: Status) -> Value {
    let stands = |control: &&Control| control.level != Level::Off && control.status == status;
    assessment.controls.iter().filter(stands).map(|control| control.definition.id.as_str()).collect()
}
