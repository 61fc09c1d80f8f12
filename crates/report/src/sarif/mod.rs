//! The SARIF report: SARIF 2.1.0 as code scanning services read it.

mod results;
mod shapes;

use std::io;

use clearance_finding::{Confidence, NoticeKind, Rule, Severity};
use clearance_verdict::{Assessment, Level, PlaneRun, PlaneStatus};

use crate::{clean, json, words};
use shapes::{
    Artifact, ArtifactLocation, Automation, BaseId, Configuration, ControlBag, Driver, Invocation, Log,
    Message, Multiformat, Notification, PhysicalLocation, Place, Region, RuleBag, RuleShape, Run, RunBag,
    Tool,
};

/// Longest `shortDescription` and `fullDescription` that GitHub takes, in characters.
const MOST_DESCRIPTION: usize = 1024;

/// Writes the report straight to `out`.
pub(crate) fn write(assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [run(assessment)],
    };
    json::serialise(&log, out)
}

fn run(assessment: &Assessment) -> Run<'_> {
    let header = &assessment.header;
    Run {
        tool: Tool {
            driver: Driver {
                name: "clearance",
                version: &header.tool_version,
                semantic_version: &header.tool_version,
                rules: assessment.rules.iter().map(|rule| rule_shape(rule)).collect(),
            },
        },
        automation_details: Automation { id: "clearance/" },
        original_uri_base_ids: BaseId::root(),
        column_kind: "unicodeCodePoints",
        invocations: [invocation(assessment)],
        artifacts: assessment
            .files
            .iter()
            .map(|file| Artifact { location: artifact(&file.path), roles: ["analysisTarget"] })
            .collect(),
        results: results::Results { assessment },
        properties: RunBag {
            decision: assessment.decision.as_str(),
            reasons: assessment.reasons.iter().map(|reason| reason.text.as_str()).collect(),
            profile: assessment.policy.profile.as_str(),
            rule_set: &header.rule_set,
            controls: assessment
                .controls
                .iter()
                .filter(|control| control.level != Level::Off)
                .map(|control| ControlBag {
                    id: &control.definition.id,
                    title: &control.definition.title,
                    category: control.definition.category.as_str(),
                    level: control.level.as_str(),
                    status: control.status.as_str(),
                    evidence: control.evidence.iter().map(|line| line.text.as_str()).collect(),
                    to_verify: control.to_verify.as_deref(),
                })
                .collect(),
        },
    }
}

fn artifact(path: &str) -> ArtifactLocation {
    let uri_base_id = (!clean::is_address(path)).then_some("%SRCROOT%");
    ArtifactLocation { uri: clean::uri(path), uri_base_id }
}

fn rule_shape(rule: &Rule) -> RuleShape<'_> {
    let full = words::page_part(rule.doc, None).unwrap_or_else(|| rule.title.to_owned());
    let mut tags = vec!["security".to_owned()];
    tags.extend(rule.cwe.iter().map(|cwe| format!("external/cwe/cwe-{cwe}")));
    tags.extend(rule.aliases().map(|alias| alias.tag()));
    for (category, year) in [(rule.owasp_2021, 2021), (rule.owasp_2025, 2025)] {
        if !category.is_empty() {
            tags.push(format!("owasp:{category}:{year}"));
        }
    }
    RuleShape {
        id: rule.id,
        name: camel(rule.id),
        short_description: Message { text: cut(rule.title) },
        full_description: Message { text: cut(&full) },
        help: Multiformat {
            text: if rule.advice.is_empty() { rule.title } else { rule.advice },
            markdown: if rule.doc.is_empty() { rule.title } else { rule.doc },
        },
        default_configuration: Configuration { level: level(rule.severity) },
        properties: RuleBag {
            tags,
            precision: precision(rule.confidence),
            problem_severity: problem_severity(rule.severity),
            security_severity: security_severity(rule.severity),
            effort_minutes: rule.effort_minutes,
        },
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_DESCRIPTION).collect()
}

/// `SqlBuiltFromStrings`.
fn camel(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for word in id.split('-') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// On GitHub's scale: above 9 is critical, from 7 high, from 4 medium, below low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.1",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

fn invocation(assessment: &Assessment) -> Invocation<'_> {
    let coverage = &assessment.coverage;
    let mut notifications: Vec<Notification<'_>> = coverage
        .blind_spots()
        .chain(&coverage.skipped)
        .map(|notice| Notification {
            level: match notice.kind {
                NoticeKind::Failed => "error",
                NoticeKind::Skipped => "note",
                _ => "warning",
            },
            message: Message { text: notice.text.clone() },
            locations: (!notice.path.is_empty())
                .then(|| Place {
                    id: None,
                    physical_location: PhysicalLocation {
                        artifact_location: artifact(&notice.path),
                        region: notice.line.map(Region::line),
                    },
                    logical_locations: None,
                    message: None,
                })
                .into_iter()
                .collect(),
        })
        .collect();
    notifications.extend(coverage.unexplained.iter().map(|path| Notification {
        level: "warning",
        message: Message { text: "This file was not analysed whole.".to_owned() },
        locations: vec![Place {
            id: None,
            physical_location: PhysicalLocation { artifact_location: artifact(path), region: None },
            logical_locations: None,
            message: None,
        }],
    }));
    for run in assessment.planes.iter().filter(|run| run.status != PlaneStatus::Run) {
        notifications.push(Notification {
            level: if run.status == PlaneStatus::Failed { "error" } else { "note" },
            message: Message { text: plane_note(run) },
            locations: Vec::new(),
        });
    }
    let begun = assessment.header.time;
    let ended = begun.checked_add(assessment.header.duration).unwrap_or(begun);
    Invocation {
        command_line: &assessment.header.command,
        execution_successful: assessment.is_complete(),
        start_time_utc: begun.to_string(),
        end_time_utc: ended.to_string(),
        tool_execution_notifications: notifications,
    }
}

fn plane_note(run: &PlaneRun) -> String {
    let what = if run.status == PlaneStatus::Failed { "failed" } else { "did not run" };
    let why = if run.why.is_empty() { String::new() } else { format!(": {}", run.why) };
    format!("The {} plane {what}{why}.", run.plane)
}
