//! Wording that several formats share.

use std::time::Duration;

use clearance_finding::{Finding, Plane};
use clearance_verdict::{Assessment, HiddenBy, Status};

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", thousands(number as u64)),
        (_, None) => format!("{} {noun}s", thousands(number as u64)),
    }
}

/// `5,118`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `5 min`, `1 h 30 min`.
pub(crate) fn minutes(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, rest) => format!("{hours} h {rest} min"),
    }
}

/// `0.19 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

/// `3f2c1ab (clean)`; nothing when the commit is not known.
pub(crate) fn commit(assessment: &Assessment) -> Option<String> {
    let header = &assessment.header;
    let short: String = header.commit.as_ref()?.chars().take(7).collect();
    Some(match header.dirty {
        Some(true) => format!("{short} (modified)"),
        Some(false) => format!("{short} (clean)"),
        None => short,
    })
}

/// `path:line`, or the path alone for a finding about a whole file.
pub(crate) fn place(location: &clearance_finding::Location) -> String {
    if location.code.is_empty() && location.bytes == (0, 0) {
        location.path.to_string()
    } else {
        format!("{}:{}", location.path, location.start.line)
    }
}

/// `CWE-89`, in the rule's order.
pub(crate) fn cwe(finding: &Finding) -> Vec<String> {
    finding.rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect()
}

/// `A05:2021`, `A02:2025`.
pub(crate) fn owasp(finding: &Finding) -> Vec<String> {
    [(finding.rule.owasp_2021, 2021), (finding.rule.owasp_2025, 2025)]
        .into_iter()
        .filter(|(category, _)| !category.is_empty())
        .map(|(category, year)| format!("{category}:{year}"))
        .collect()
}

/// What to do about a finding.
pub(crate) fn advice(finding: &Finding) -> &str {
    finding.advice.as_deref().unwrap_or(finding.rule.advice)
}

/// A status as people read it.
pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Warn => "warn",
        Status::Fail => "fail",
        Status::NotVerified => "not verified",
        Status::NotApplicable => "not applicable",
    }
}

/// What hides findings, as people read it.
pub(crate) fn hidden_by(by: HiddenBy) -> &'static str {
    match by {
        HiddenBy::Severity => "below the asked severity",
        HiddenBy::Confidence => "below the asked confidence",
        HiddenBy::Audit => "of rules for auditors",
        HiddenBy::Configuration => "ignored by configuration",
    }
}

/// The planes that have a column in tables: those with findings, and `code`.
pub(crate) fn planes_with_findings(assessment: &Assessment) -> Vec<Plane> {
    Plane::ALL
        .iter()
        .copied()
        .filter(|&plane| plane == Plane::Code || assessment.totals.plane(plane) > 0)
        .collect()
}

/// The first paragraph of a rule's page, and the text below one of its headings.
pub(crate) fn page_part(doc: &str, heading: Option<&str>) -> Option<String> {
    let wanted =
        |line: &str| heading.is_some_and(|name| line.strip_prefix("## ").is_some_and(|h| h.trim() == name));
    let mut lines = doc.lines().skip_while(|line| match heading {
        Some(_) => !wanted(line),
        None => !line.starts_with("# "),
    });
    lines.next()?;
    let mut paragraph = Vec::new();
    for line in lines {
        if line.starts_with('#') || line.starts_with("```") {
            break;
        }
        if line.trim().is_empty() && !paragraph.is_empty() {
            break;
        }
        if !line.trim().is_empty() {
            paragraph.push(line.trim());
        }
    }
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(5118), "5,118");
        assert_eq!(thousands(118), "118");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(count(2, "dependency"), "2 dependencies");
        assert_eq!(
            (minutes(5), minutes(90), minutes(120)),
            ("5 min".into(), "1 h 30 min".into(), "2 h".into())
        );
    }

    #[test]
    fn pages_are_quoted_by_part() {
        let doc = "# Title\n\nOne\ntwo.\n\nThree.\n\n## How to fix\n\nDo it.\n\n## References\n- x\n";
        assert_eq!(page_part(doc, None).as_deref(), Some("One two."));
        assert_eq!(page_part(doc, Some("How to fix")).as_deref(), Some("Do it."));
        assert_eq!(page_part(doc, Some("Bad")), None);
    }
}
