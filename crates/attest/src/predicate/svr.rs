//! `https://in-toto.io/attestation/svr/v0.1` and `v0.2`: what was verified. Silence about anything else means nothing.

use clearance_verdict::{Assessment, Decision, Level, Status};
use serde_json::{Value, json};

use super::tool;
use crate::{
    statement::{policy, rule_set},
    time,
};

/// The decision is `approved`.
pub(crate) const APPROVED: &str = "CLEARANCE_DEPLOYMENT_APPROVED";
/// The decision is `approved` or `conditional`.
pub(crate) const NOT_BLOCKED: &str = "CLEARANCE_DEPLOYMENT_NOT_BLOCKED";

/// Makes the predicate; from version 0.2 on, `policies` has a place of its own.
pub(super) fn predicate(assessment: &Assessment, has_policies: bool) -> Value {
    let verifier = if has_policies {
        json!({ "id": tool(assessment), "policies": [rule_set(assessment), policy(assessment)] })
    } else {
        // An `Any` of protobuf: its JSON needs the type.
        let mut policy = json!({ "@type": "type.googleapis.com/in_toto_attestation.v1.ResourceDescriptor" });
        if let (Some(policy), Value::Object(rule_set)) = (policy.as_object_mut(), rule_set(assessment)) {
            policy.extend(rule_set);
        }
        json!({ "id": tool(assessment), "policy": policy })
    };
    json!({
        "verifier": verifier,
        "timeCreated": time::text(assessment.header.time),
        "properties": properties(assessment),
    })
}

/// `CLEARANCE_` and the id of each control that passed, after what the decision allows. A control that does not apply was not verified.
fn properties(assessment: &Assessment) -> Vec<String> {
    let decision: &[&str] = match assessment.decision {
        Decision::Approved => &[APPROVED, NOT_BLOCKED],
        Decision::Conditional => &[NOT_BLOCKED],
        Decision::Blocked => &[],
    };
    let passed = assessment
        .controls
        .iter()
        .filter(|control| control.level != Level::Off && control.status == Status::Pass);
    let name = |id: &str| format!("CLEARANCE_{}", id.to_ascii_uppercase().replace('-', "_"));
    decision
        .iter()
        .map(|&word| word.to_owned())
        .chain(passed.map(|control| name(&control.definition.id)))
        .collect()
}
