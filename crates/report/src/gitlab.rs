//! The SAST report of GitLab, `gl-sast-report.json`, by version 15 of its security report schemas.
//!
//! Open findings only: GitLab keeps acceptances itself, and would list what is told here as a vulnerability. Texts are GitLab's Markdown, so what comes from the target
//! is escaped for it.

use std::io;

use clearance_finding::{Finding, Severity, Step};
use clearance_verdict::Assessment;
use serde::Serialize;

use crate::{clean, json, words};

/// The version of the schema that the report follows.
pub(crate) const VERSION: &str = "15.0.7";
const SCHEMA: &str = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.0.7/dist/sast-report-format.json";
/// Longest name and solution that the schema takes, in characters.
pub(crate) const MOST_NAME: usize = 255;
pub(crate) const MOST_SOLUTION: usize = 7000;

/// Writes the report to `out`.
pub(crate) fn write(assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    let report = Report {
        schema: SCHEMA,
        version: VERSION,
        scan: Scan::new("sast", assessment),
        vulnerabilities: assessment
            .findings
            .iter()
            .filter(|finding| finding.acceptance.is_none())
            .map(vulnerability)
            .collect(),
    };
    json::serialise(&report, out)
}

impl<'a> Scan<'a> {
    /// What every report says of its run. `kind` is a type of scan by the schema.
    pub(crate) fn new(kind: &'static str, assessment: &'a Assessment) -> Self {
        let header = &assessment.header;
        let tool = Tool {
            id: "clearance",
            name: "Clearance",
            version: &header.tool_version,
            vendor: Named { name: "Clearance" },
        };
        let end = header.time.checked_add(header.duration).unwrap_or(header.time);
        Self {
            analyzer: tool,
            scanner: tool,
            kind,
            start_time: header.time.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            end_time: end.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            status: if assessment.is_complete() { "success" } else { "failure" },
            messages: messages(assessment),
        }
    }
}

/// A severity by the schema.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// The decision with its reasons, and what was not seen.
fn messages(assessment: &Assessment) -> Vec<Told> {
    let mut out = vec![Told {
        level: "info",
        value: format!("Decision: {} for {}", assessment.decision, assessment.policy.profile),
    }];
    out.extend(assessment.reasons.iter().map(|reason| Told { level: "info", value: reason.text.clone() }));
    out.extend(assessment.coverage.blind_spots().map(|notice| Told {
        level: "warn",
        value: format!("{}: {}", words::notice_place(notice), notice.text),
    }));
    out
}

/// One finding.
fn vulnerability(finding: &Finding) -> Vulnerability<'_> {
    let place = &finding.location;
    let mut about = vec![clean::markdown(&finding.message)];
    if !finding.severity_reason.is_empty() {
        about.push(format!("Severity {}: {}.", finding.severity, clean::markdown(&finding.severity_reason)));
    }
    // Rule pages are our own, and Markdown already.
    about.extend(words::page_part(finding.rule.doc, None));
    Vulnerability {
        id: uuid(finding.fingerprint.0),
        name: finding.rule.title.chars().take(MOST_NAME).collect(),
        description: about.join("\n\n"),
        severity: severity(finding.severity),
        solution: words::advice(finding).chars().take(MOST_SOLUTION).collect(),
        identifiers: identifiers(finding),
        location: Place {
            file: &place.path,
            start_line: place.start.line.max(1),
            end_line: place.end.line.max(place.start.line).max(1),
            method: (!finding.symbol.is_empty()).then_some(&finding.symbol),
        },
        details: (!finding.trace.is_empty()).then(|| Details {
            way: Way {
                name: "The way to it",
                kind: "table",
                header: [text("place"), text("what happens")],
                rows: finding.trace.iter().map(step).collect(),
            },
        }),
    }
}

/// The rule first: the first identifier is the one by which GitLab knows a vulnerability again.
fn identifiers(finding: &Finding) -> Vec<Identifier> {
    let rule = finding.rule;
    let mut out = vec![Identifier {
        kind: "clearance_rule".to_owned(),
        name: format!("Clearance {}", rule.id),
        value: rule.id.to_owned(),
        url: None,
    }];
    out.extend(rule.cwe.iter().map(|cwe| Identifier {
        kind: "cwe".to_owned(),
        name: format!("CWE-{cwe}"),
        value: cwe.to_string(),
        url: Some(format!("https://cwe.mitre.org/data/definitions/{cwe}.html")),
    }));
    out.extend(
        [(rule.owasp_2021, 2021), (rule.owasp_2025, 2025)].into_iter().filter(|(id, _)| !id.is_empty()).map(
            |(id, year)| Identifier {
                kind: "owasp".to_owned(),
                name: format!("{id}:{year}"),
                value: format!("{id}:{year}"),
                url: None,
            },
        ),
    );
    out
}

fn text(value: &str) -> Text<'_> {
    Text { kind: "text", value }
}

fn step(step: &Step) -> (StepPlace<'_>, Text<'_>) {
    let place = StepPlace {
        kind: "file-location",
        file_name: &step.location.path,
        line_start: step.location.start.line.max(1),
        line_end: step.location.end.line.max(step.location.start.line).max(1),
    };
    (place, text(&step.note))
}

/// A fingerprint in the shape of a UUID.
pub(crate) fn uuid(fingerprint: u128) -> String {
    let digits = format!("{fingerprint:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    version: &'static str,
    scan: Scan<'a>,
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Scan<'a> {
    analyzer: Tool<'a>,
    scanner: Tool<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Told>,
}

#[derive(Serialize, Clone, Copy)]
struct Tool<'a> {
    id: &'static str,
    name: &'static str,
    version: &'a str,
    vendor: Named,
}

#[derive(Serialize, Clone, Copy)]
struct Named {
    name: &'static str,
}

#[derive(Serialize)]
struct Told {
    level: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: Vec<Identifier>,
    location: Place<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Identifier {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start_line: u32,
    end_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a String>,
}

#[derive(Serialize)]
struct Details<'a> {
    way: Way<'a>,
}

#[derive(Serialize)]
struct Way<'a> {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    header: [Text<'static>; 2],
    rows: Vec<(StepPlace<'a>, Text<'a>)>,
}

#[derive(Serialize)]
struct Text<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct StepPlace<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    file_name: &'a str,
    line_start: u32,
    line_end: u32,
}
