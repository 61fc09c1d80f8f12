//! What a probe found, in a file, so that a later check can take it in. It comes from outside when it is read: bounded, strict, and known rules only.

use clearance_finding::{
    Confidence, Examined, Fact, Finding, Location, Notice, PlaneOutcome, Rule, Severity, Step,
};
use serde::{Deserialize, Serialize};

use crate::{Probed, catalogue};

const SCHEMA: &str = "clearance-live/1";

/// What a probe found, and when.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The address that was probed.
    pub url: String,
    /// When, RFC 3339.
    pub time: String,
    /// What came of it.
    pub probed: Probed,
}

/// Why a file is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// It is not JSON, or not of the right shape.
    #[error("it is not what `clearance probe --save` writes: {0}")]
    Shape(String),
    /// It names a rule that this program does not have.
    #[error("it names the rule `{0}`, which this version does not have; run `clearance probe` again")]
    Rule(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    url: String,
    time: String,
    requests: u32,
    answered: Vec<String>,
    findings: Vec<FindingShape>,
    facts: Vec<FactShape>,
    undecided: Vec<FactShape>,
    examined: Vec<ExaminedShape>,
    notices: Vec<Notice>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingShape {
    rule: String,
    severity: Severity,
    severity_reason: String,
    confidence: Confidence,
    location: Location,
    message: String,
    also: Vec<Step>,
    symbol: String,
    advice: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactShape {
    rule: String,
    text: String,
    location: Location,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExaminedShape {
    rule: String,
    count: u32,
}

impl Saved {
    /// The file.
    pub fn write(&self) -> String {
        let plane = &self.probed.plane;
        let fact = |fact: &Fact| FactShape {
            rule: fact.rule.to_owned(),
            text: fact.text.clone(),
            location: fact.location.clone(),
        };
        let file = File {
            schema: SCHEMA.to_owned(),
            url: self.url.clone(),
            time: self.time.clone(),
            requests: self.probed.requests,
            answered: self.probed.answered.clone(),
            findings: plane
                .findings
                .iter()
                .map(|finding| FindingShape {
                    rule: finding.rule.id.to_owned(),
                    severity: finding.severity,
                    severity_reason: finding.severity_reason.clone(),
                    confidence: finding.confidence,
                    location: finding.location.clone(),
                    message: finding.message.clone(),
                    also: finding.also.clone(),
                    symbol: finding.symbol.clone(),
                    advice: finding.advice.clone(),
                })
                .collect(),
            facts: plane.facts.iter().map(fact).collect(),
            undecided: plane.undecided.iter().map(fact).collect(),
            examined: plane
                .examined
                .iter()
                .map(|examined| ExaminedShape { rule: examined.rule.to_owned(), count: examined.count })
                .collect(),
            notices: plane.notices.clone(),
        };
        // Nothing of this shape can fail to be written.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a file. Fingerprints are computed anew.
    ///
    /// # Errors
    ///
    /// When it is not what [`Saved::write`] writes.
    pub fn read(text: &str) -> Result<Self, SavedError> {
        let file: File = serde_json::from_str(text).map_err(|error| SavedError::Shape(error.to_string()))?;
        if file.schema != SCHEMA {
            return Err(SavedError::Shape("it has another schema".to_owned()));
        }
        let facts = |shapes: Vec<FactShape>| -> Result<Vec<Fact>, SavedError> {
            shapes
                .into_iter()
                .map(|shape| {
                    Ok(Fact {
                        rule: rule(&shape.rule)?.id,
                        text: shape.text,
                        location: checked(shape.location)?,
                    })
                })
                .collect()
        };
        let findings: Result<Vec<Finding>, SavedError> = file
            .findings
            .into_iter()
            .map(|shape| {
                let mut also = shape.also;
                for step in &mut also {
                    step.location = checked(step.location.clone())?;
                }
                Ok(Finding {
                    severity: shape.severity,
                    severity_reason: shape.severity_reason,
                    confidence: shape.confidence,
                    also,
                    symbol: shape.symbol,
                    advice: shape.advice,
                    ..Finding::new(rule(&shape.rule)?, checked(shape.location)?, shape.message)
                })
            })
            .collect();
        let examined: Result<Vec<Examined>, SavedError> = file
            .examined
            .into_iter()
            .map(|shape| Ok(Examined { rule: rule(&shape.rule)?.id, count: shape.count }))
            .collect();
        if file.notices.iter().any(|notice| !is_address(&notice.path)) {
            return Err(SavedError::Shape("a notice is about something else than an address".to_owned()));
        }
        let plane = PlaneOutcome {
            findings: findings?,
            facts: facts(file.facts)?,
            undecided: facts(file.undecided)?,
            examined: examined?,
            notices: file.notices,
        };
        let probed = Probed {
            plane: plane.finish(|_| String::new()),
            answered: file.answered,
            requests: file.requests,
        };
        Ok(Self { url: file.url, time: file.time, probed })
    }
}

fn rule(id: &str) -> Result<&'static Rule, SavedError> {
    let found = catalogue().iter().find(|rule| rule.id == id).copied();
    found.ok_or_else(|| SavedError::Rule(id.chars().take(80).collect()))
}

/// Addresses only: a file of the target is never spoken of.
fn checked(location: Location) -> Result<Location, SavedError> {
    match is_address(&location.path) {
        true => Ok(location),
        false => Err(SavedError::Shape("a place is no address".to_owned())),
    }
}

fn is_address(path: &str) -> bool {
    path.starts_with("https://") || path.starts_with("http://")
}
