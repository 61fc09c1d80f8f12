//! Findings as SARIF results.

use std::collections::HashMap;

use clearance_finding::{Finding, Location};
use clearance_verdict::{Assessment, Change, Standing};
use serde::{Serialize, Serializer};

use super::{
    artifact, level,
    shapes::{
        ArtifactChange, CodeFlow, Fingerprints, FixShape, FlowStep, LogicalLocation, Message,
        PhysicalLocation, Place, Region, Replacement, ResultBag, ResultShape, Suppression, SuppressionBag,
        ThreadFlow,
    },
};
use crate::repair;

/// All results, shaped one by one while they are written.
pub(super) struct Results<'a> {
    pub(super) assessment: &'a Assessment,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rules = &self.assessment.rules;
        let indices: HashMap<&str, usize> =
            rules.iter().enumerate().map(|(index, rule)| (rule.id, index)).collect();
        // An earlier report says more than a baseline.
        let states = match (&self.assessment.change, &self.assessment.baseline) {
            (Some(change), _) => Some(states(change)),
            (None, Some(standing)) => Some(standings(standing)),
            (None, None) => None,
        };
        let findings = self.assessment.findings.iter().enumerate();
        serializer.collect_seq(findings.map(|(index, finding)| ResultShape {
            baseline_state: states.as_ref().and_then(|states| states.get(&index).copied()),
            ..shape(finding, &indices)
        }))
    }
}

/// How each finding stands to the earlier report (SARIF 2.1.0, 3.27.24); what is gone is no result.
fn states(change: &Change) -> HashMap<usize, &'static str> {
    let new = change.new.iter().chain(&change.new_accepted).map(|index| (*index, "new"));
    let same = change.still.iter().chain(&change.quiet).map(|index| (*index, "unchanged"));
    // Whether it is accepted is another matter now.
    let updated = change.reopened.iter().chain(&change.accepted).map(|index| (*index, "updated"));
    new.chain(same).chain(updated).collect()
}

/// How each open finding stands to a baseline.
fn standings(standing: &Standing) -> HashMap<usize, &'static str> {
    let new = standing.new.iter().map(|index| (*index, "new"));
    let known = standing.known.iter().map(|index| (*index, "unchanged"));
    new.chain(known).collect()
}

fn shape<'a>(finding: &'a Finding, indices: &HashMap<&str, usize>) -> ResultShape<'a> {
    let mut primary = place(&finding.location, None, None);
    if !finding.symbol.is_empty() {
        primary.logical_locations = Some([LogicalLocation { fully_qualified_name: &finding.symbol }]);
    }
    ResultShape {
        rule_id: finding.rule.id,
        rule_index: indices.get(finding.rule.id).copied(),
        baseline_state: None,
        level: level(finding.severity),
        message: Message { text: message(finding) },
        locations: [primary],
        partial_fingerprints: Fingerprints {
            primary_location_line_hash: format!("{}:1", finding.fingerprint),
            own: finding.fingerprint.to_string(),
        },
        related_locations: finding
            .labels
            .iter()
            .map(|label| (&label.location, &label.text))
            .chain(finding.also.iter().map(|other| (&other.location, &other.note)))
            .enumerate()
            .map(|(index, (location, text))| place(location, Some(index + 1), Some(text)))
            .collect(),
        code_flows: code_flow(finding),
        suppressions: suppression(finding).into_iter().collect(),
        fixes: fix(finding),
        properties: ResultBag {
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            severity_reason: &finding.severity_reason,
        },
    }
}

/// The message as plain text: SARIF reads `[…](…)` in it as a link and `{0}` as a placeholder, so both are escaped as it says.
fn message(finding: &Finding) -> String {
    let mut out = String::with_capacity(finding.message.len() + 1);
    let mut letters = finding.message.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '[' | ']' | '\\' => out.push('\\'),
            '{' if letters.peek().is_some_and(char::is_ascii_digit) => out.push('{'),
            _ => {}
        }
        out.push(c);
    }
    out
}

fn place<'a>(location: &'a Location, id: Option<usize>, note: Option<&'a str>) -> Place<'a> {
    Place {
        id,
        physical_location: PhysicalLocation {
            artifact_location: artifact(&location.path),
            region: Some(region(location)),
        },
        logical_locations: None,
        message: note.map(|text| Message { text }),
    }
}

fn region(location: &Location) -> Region {
    let snippet = location.code.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    Region {
        start_line: Some(location.start.line.max(1)),
        start_column: Some(location.start.column.max(1)),
        end_line: Some(location.end.line.max(location.start.line).max(1)),
        end_column: Some(location.end.column.max(1)),
        snippet: (!snippet.is_empty()).then_some(Message { text: snippet }),
        ..Region::default()
    }
}

fn code_flow(finding: &Finding) -> Option<[CodeFlow<'_>; 1]> {
    if finding.trace.is_empty() {
        return None;
    }
    let steps = finding.trace.iter().enumerate().map(|(index, step)| FlowStep {
        location: place(&step.location, None, Some(&step.note)),
        execution_order: index + 1,
    });
    Some([CodeFlow { thread_flows: [ThreadFlow { locations: steps.collect() }] }])
}

fn suppression(finding: &Finding) -> Option<Suppression<'_>> {
    let acceptance = finding.acceptance.as_ref()?;
    let until = acceptance.until.as_ref().map(|day| format!("until {day}"));
    let judged = finding.judged.map(|judged| format!("{}: {}", judged.as_str(), judged.sentence()));
    let justification: Vec<String> =
        acceptance.reason.clone().into_iter().chain(until).chain(judged).collect();
    Some(Suppression {
        kind: if acceptance.by.starts_with('[') { "external" } else { "inSource" },
        status: "accepted",
        justification: (!justification.is_empty()).then(|| justification.join(", ")),
        location: acceptance.location.as_ref().map(|location| place(location, None, Some(&acceptance.by))),
        properties: finding.judged.map(|judged| SuppressionBag { judged: judged.as_str() }),
    })
}

fn fix(finding: &Finding) -> Option<[FixShape<'_>; 1]> {
    let fix = finding.fix.as_ref()?;
    let replacements: Vec<Replacement<'_>> = match repair::placed(fix) {
        Some(edits) => edits
            .into_iter()
            .map(|edit| Replacement {
                deleted_region: Region {
                    start_line: Some(edit.start.line),
                    start_column: Some(edit.start.column),
                    end_line: Some(edit.end.line),
                    end_column: Some(edit.end.column),
                    ..Region::default()
                },
                inserted_content: Message { text: edit.text },
            })
            .collect(),
        None => fix
            .edits
            .iter()
            .map(|edit| Replacement {
                deleted_region: Region {
                    byte_offset: Some(edit.start),
                    byte_length: Some(edit.end.saturating_sub(edit.start)),
                    ..Region::default()
                },
                inserted_content: Message { text: &edit.text },
            })
            .collect(),
    };
    if replacements.is_empty() {
        return None;
    }
    Some([FixShape {
        description: Message { text: &fix.title },
        artifact_changes: [ArtifactChange {
            artifact_location: artifact(repair::path(finding, fix)),
            replacements,
        }],
    }])
}
