//! How much a broken hash function matters where it stands.

use clearance_finding::{Confidence, Severity};
use clearance_python::ir::Value;

use super::purpose::{Says, first_said, flow, ingredients, is_secret, says, surroundings};
use crate::Cx;

/// A judged use of a hash.
pub(crate) struct Weight {
    pub severity: Severity,
    pub reason: String,
    pub confidence: Confidence,
}

/// Judges a hash that is made at `call`, with `inputs` as its data so far.
pub(crate) fn weigh(cx: &Cx<'_, '_>, call: Value, inputs: &[Value]) -> Weight {
    let flow = flow(cx, call);
    let data: Vec<String> =
        inputs.iter().chain(&flow.inputs).flat_map(|input| ingredients(cx, *input)).collect();
    let weight = |severity, confidence, reason: String| Weight { severity, reason, confidence };
    if let Some((_, name)) = first_said(&data, |said| said == Says::Password) {
        return weight(Severity::High, Confidence::High, format!("a password goes into it (`{name}`)"));
    }
    // The name that the result gets, or the one that it is compared with.
    let names: Vec<String> = flow.names.iter().chain(&flow.compared).cloned().collect();
    if let Some((said, name)) = first_said(&names, |said| said != Says::Plain) {
        return match said {
            Says::Password | Says::Secret => {
                weight(Severity::High, Confidence::Medium, format!("the result serves as `{name}`"))
            }
            Says::Perhaps => {
                weight(Severity::Medium, Confidence::Medium, format!("the result serves as `{name}`"))
            }
            Says::Harmless | Says::Plain => weight(
                Severity::Info,
                Confidence::Medium,
                format!("the result serves as `{name}`, not for protection"),
            ),
        };
    }
    let around = surroundings(cx, cx.ir().function_of(call));
    if let Some((_, name)) = first_said(&around, |said| said == Says::Harmless) {
        return weight(Severity::Info, Confidence::Medium, format!("used in `{name}`, not for protection"));
    }
    if let Some(name) = data.iter().find(|name| is_secret(name) && says(name) == Some(Says::Secret)) {
        return weight(Severity::High, Confidence::Medium, format!("a secret goes into it (`{name}`)"));
    }
    if let Some((said, name)) = first_said(&around, |said| matches!(said, Says::Password | Says::Secret)) {
        let severity = if said == Says::Password { Severity::High } else { Severity::Medium };
        return weight(severity, Confidence::Medium, format!("used in `{name}`"));
    }
    let plain = names.iter().chain(&data).chain(&around).find(|name| says(name).is_some());
    if let Some(name) = plain {
        return weight(
            Severity::Info,
            Confidence::Low,
            format!("it seems to identify data (`{name}`), not to protect it"),
        );
    }
    if let Some(name) = module_says_harmless(cx) {
        return weight(
            Severity::Info,
            Confidence::Low,
            format!("used in the module `{name}`, not for protection"),
        );
    }
    weight(Severity::Low, Confidence::Low, "nothing here tells what the result is for".to_owned())
}

fn module_says_harmless<'c>(cx: &'c Cx<'_, '_>) -> Option<&'c str> {
    let name = cx.source().dotted.rsplit('.').next()?;
    (says(name) == Some(Says::Harmless)).then_some(name)
}
