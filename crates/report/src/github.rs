//! Workflow commands of GitHub Actions: each finding becomes a note at its line in the changed files.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>. GitHub shows the first ten of each kind for a step, so the worst come first.

use std::fmt::Write as _;

use clearance_finding::Finding;
use clearance_verdict::{Assessment, Decision};

use crate::{clean, words};

/// The open findings, one command for each, and the decision.
pub(crate) fn render(assessment: &Assessment) -> String {
    let mut out = String::new();
    for (index, finding) in assessment.blocking() {
        command(&mut out, "error", index, finding);
    }
    for (index, finding) in assessment.warning() {
        command(&mut out, "warning", index, finding);
    }
    for (index, finding) in assessment.lower() {
        command(&mut out, "notice", index, finding);
    }
    let kind = match assessment.decision {
        Decision::Blocked => "error",
        Decision::Conditional => "warning",
        Decision::Approved => "notice",
    };
    let reasons: Vec<String> = assessment
        .reasons
        .iter()
        .enumerate()
        .map(|(index, reason)| format!("{}. {}", index + 1, clean::line(&reason.text)))
        .collect();
    let title = format!("clearance: {} for {}", assessment.decision, assessment.policy.profile);
    let _ = writeln!(out, "::{kind} title={}::{}", property(&title), data(&reasons.join("\n")));
    out
}

fn command(out: &mut String, kind: &str, index: usize, finding: &Finding) {
    let place = &finding.location;
    let title = format!("{} ({}, finding {})", finding.rule.id, finding.severity, index + 1);
    let mut lines = vec![clean::line(&finding.message).into_owned()];
    if !finding.severity_reason.is_empty() {
        lines.push(format!("{} because {}", finding.severity, clean::line(&finding.severity_reason)));
    }
    lines.push(format!("Fix: {}", clean::line(words::advice(finding))));
    lines.extend((!finding.rule.cwe.is_empty()).then(|| words::cwe(finding).join(" ")));
    let _ = writeln!(
        out,
        "::{kind} file={},line={},endLine={},col={},endColumn={},title={}::{}",
        property(&place.path),
        place.start.line.max(1),
        place.end.line.max(place.start.line).max(1),
        place.start.column.max(1),
        place.end.column.max(1),
        property(&title),
        data(&lines.join("\n"))
    );
}

/// The message of a command: on one line, with what would end it encoded. Its own line ends are kept that way.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str("%0A");
        }
        out.push_str(&clean::line(line).replace('%', "%25"));
    }
    out
}

/// A property of a command: what separates properties is encoded too. Line ends in it are the target's, and do not stay.
fn property(text: &str) -> String {
    clean::line(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(property("a,b:c%\n::error::x"), "a%2Cb%3Ac%25 %3A%3Aerror%3A%3Ax");
        assert_eq!(data("100%\n::error::x\r"), "100%25%0A: :error::x ");
        assert_eq!(data("##[error]x"), "## [error]x");
    }
}
