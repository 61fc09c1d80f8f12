//! The findings as a table for spreadsheets: RFC 4180, one row for each finding, every field in quotes.

use clearance_finding::{Finding, Judgement};
use clearance_verdict::Assessment;

use crate::{clean, words};

const COLUMNS: &[&str] = &[
    "number",
    "status",
    "severity",
    "confidence",
    "rule",
    "message",
    "path",
    "line",
    "column",
    "symbol",
    "plane",
    "cwe",
    "owasp",
    "severity_reason",
    "effort_minutes",
    "advice",
    "accepted_by",
    "reason",
    "until",
    "judged",
    "fingerprint",
];

/// All findings, accepted ones too.
pub(crate) fn render(assessment: &Assessment) -> String {
    let mut out = String::new();
    row(&mut out, COLUMNS.iter().map(|&name| name.to_owned()));
    let groups = [
        ("blocks", assessment.blocking().collect::<Vec<_>>()),
        ("warns", assessment.warning().collect()),
        ("below", assessment.lower().collect()),
        ("accepted", assessment.accepted().collect()),
    ];
    for (status, findings) in groups {
        for (index, finding) in findings {
            row(&mut out, fields(index, status, finding));
        }
    }
    out
}

fn fields(index: usize, status: &str, finding: &Finding) -> impl Iterator<Item = String> {
    let acceptance = finding.acceptance.as_ref();
    let place = &finding.location;
    [
        (index + 1).to_string(),
        status.to_owned(),
        finding.severity.to_string(),
        finding.confidence.to_string(),
        finding.rule.id.to_owned(),
        finding.message.clone(),
        place.path.to_string(),
        place.start.line.to_string(),
        place.start.column.to_string(),
        finding.symbol.clone(),
        finding.rule.plane.to_string(),
        words::cwe(finding).join(" "),
        words::owasp(finding).join(" "),
        finding.severity_reason.clone(),
        finding.rule.effort_minutes.to_string(),
        words::advice(finding).to_owned(),
        acceptance.map_or(String::new(), |acceptance| acceptance.by.clone()),
        acceptance.and_then(|acceptance| acceptance.reason.clone()).unwrap_or_default(),
        acceptance.and_then(|acceptance| acceptance.until.clone()).unwrap_or_default(),
        finding.judged.map_or(String::new(), |judged| Judgement::as_str(judged).to_owned()),
        finding.fingerprint.to_string(),
    ]
    .into_iter()
}

fn row(out: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(&cell(&field).replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
}

/// A field as a spreadsheet shows it and does not run it: what it would read as a formula gets an apostrophe in front.
fn cell(field: &str) -> String {
    let text = clean::line(field);
    let first = text.trim_start().chars().next();
    let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠'));
    if is_formula || text.starts_with('\t') { format!("'{text}") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula() {
        for attack in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "\r\n=1", "＝1"] {
            assert!(cell(attack).starts_with('\''), "{attack:?}");
        }
        assert_eq!(cell("a=1"), "a=1");
        let mut out = String::new();
        row(&mut out, ["say \"no\", ok".to_owned(), "a\nb".to_owned()].into_iter());
        assert_eq!(out, "\"say \"\"no\"\", ok\",\"a b\"\r\n");
    }
}
