//! Reads a report of ours again, as far as a comparison needs it. The file comes from outside: nothing in it is believed beyond its shape.

use std::{fmt, str::FromStr};

use clearance_finding::{Confidence, Fingerprint, Severity};
use clearance_verdict::{Decision, Earlier, EarlierControl, EarlierFinding, EarlierPlace, Level, Status};
use serde::{Deserialize, Deserializer, de::Error as _};

/// Most further places of one finding that are kept.
const MAX_STEPS: usize = 64;

/// Why a text is not a report that `clearance check --format json` wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAReport {
    /// 1-based line and column, where the text itself is wrong.
    pub place: Option<(usize, usize)>,
    /// What is wrong, a clause.
    pub why: String,
}

impl fmt::Display for NotAReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for NotAReport {}

impl From<serde_json::Error> for NotAReport {
    fn from(error: serde_json::Error) -> Self {
        let place = (error.line(), error.column());
        // The place stands apart.
        let why = error.to_string();
        let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why).to_owned();
        Self { place: (place.0 > 0).then_some(place), why }
    }
}

/// Reads the JSON report `text`, which was found in the file that is named `file`.
///
/// # Errors
/// What keeps it from being a report of the contract `clearance/1`, with its place.
pub fn read_earlier(file: &str, text: &[u8]) -> Result<Earlier, NotAReport> {
    let word: Word = serde_json::from_slice(text)?;
    if word.schema.as_deref() != Some("clearance/1") {
        let said = match word.schema {
            Some(other) => format!("it says \"schema\": {other:?}, and not \"clearance/1\""),
            None => "it does not say \"schema\": \"clearance/1\"".to_owned(),
        };
        return Err(NotAReport { place: None, why: said });
    }
    let report: Report = serde_json::from_slice(text)?;
    let header = report.header;
    let time = header
        .time
        .parse()
        .map_err(|_| NotAReport { place: None, why: format!("its time {:?} is none", header.time) })?;
    Ok(Earlier {
        file: file.to_owned(),
        target: header.target,
        commit: header.commit,
        dirty: header.dirty,
        time,
        tool_version: header.version,
        rule_set: header.rule_set,
        profile: report.profile,
        decision: report.decision,
        blocking: report.policy.blocking,
        blocking_confidence: report.policy.blocking_confidence,
        capabilities: report.capabilities,
        findings: report.findings.into_iter().map(Finding::into_earlier).collect(),
        hidden: report.hidden.into_iter().map(|hidden| (hidden.rule, hidden.severity)).collect(),
        controls: report
            .controls
            .into_iter()
            .map(|control| EarlierControl {
                id: control.id,
                title: control.title,
                level: control.level,
                status: control.status,
            })
            .collect(),
    })
}

#[derive(Deserialize)]
struct Word {
    schema: Option<String>,
}

#[derive(Deserialize)]
struct Report {
    decision: Decision,
    profile: String,
    policy: Policy,
    header: Header,
    capabilities: Vec<String>,
    findings: Vec<Finding>,
    controls: Vec<Control>,
    hidden: Vec<Hidden>,
}

#[derive(Deserialize)]
struct Hidden {
    rule: String,
    #[serde(deserialize_with = "word")]
    severity: Severity,
}

#[derive(Deserialize)]
struct Policy {
    #[serde(deserialize_with = "word")]
    blocking: Severity,
    #[serde(deserialize_with = "word")]
    blocking_confidence: Confidence,
}

#[derive(Deserialize)]
struct Header {
    version: String,
    rule_set: String,
    target: String,
    commit: Option<String>,
    dirty: Option<bool>,
    time: String,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    title: String,
    #[serde(deserialize_with = "word")]
    severity: Severity,
    #[serde(deserialize_with = "word")]
    confidence: Confidence,
    path: String,
    line: u32,
    end_line: u32,
    message: String,
    symbol: String,
    #[serde(deserialize_with = "fingerprint")]
    fingerprint: Fingerprint,
    code: Vec<Code>,
    trace: Vec<Place>,
    also: Vec<Place>,
    acceptance: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Code {
    line: u32,
    text: String,
}

#[derive(Deserialize)]
struct Place {
    path: String,
    line: u32,
    end_line: Option<u32>,
}

impl Finding {
    fn into_earlier(self) -> EarlierFinding {
        // The last step of a trace is the finding's own place; what leads there comes nearest first.
        let own = (&self.path, self.line);
        let mut steps: Vec<EarlierPlace> = Vec::new();
        for place in self.trace.iter().rev().chain(&self.also) {
            let end_line = place.end_line.unwrap_or(place.line);
            let place = EarlierPlace { path: place.path.clone(), line: place.line, end_line };
            if (&place.path, place.line) != own && !steps.contains(&place) && steps.len() < MAX_STEPS {
                steps.push(place);
            }
        }
        EarlierFinding {
            fingerprint: self.fingerprint,
            rule: self.rule,
            title: self.title,
            severity: self.severity,
            confidence: self.confidence,
            path: self.path,
            line: self.line,
            end_line: self.end_line.max(self.line),
            symbol: self.symbol,
            code: self.code.into_iter().map(|line| (line.line, line.text)).collect(),
            steps,
            message: self.message,
            accepted: self.acceptance.is_some(),
        }
    }
}

#[derive(Deserialize)]
struct Control {
    id: String,
    title: String,
    level: Level,
    status: Status,
}

fn word<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn fingerprint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fingerprint, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_whole = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    match u128::from_str_radix(&text, 16) {
        Ok(number) if is_whole => Ok(Fingerprint(number)),
        _ => Err(D::Error::custom("a fingerprint has 32 hexadecimal digits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_refused_with_its_place() {
        let of = |text: &str| read_earlier("r.json", text.as_bytes()).unwrap_err();
        assert_eq!(of("{\n  \"schema\": }").place, Some((2, 13)));
        assert_eq!(of("{}").why, "it does not say \"schema\": \"clearance/1\"");
        assert!(of("{\"schema\": \"sarif\"}").why.contains("\"sarif\""));
        assert!(of("[]").place.is_some());
        assert!(of("{\"schema\": \"clearance/1\"}").why.contains("missing field"));
        assert!(of(&"[".repeat(100_000)).place.is_some(), "depth is bounded");
        assert!(read_earlier("r.json", b"\xff\xfe").is_err());
    }
}
