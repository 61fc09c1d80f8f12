//! JUnit XML, as test reports of build services read it: the decision, the controls by category, and the findings by file.
//!
//! A case fails when it speaks against deployment: a decision that does not meet what was asked, a control that failed, a finding that blocks or warns. What
//! was not verified or was accepted is skipped, and says why.

use std::{collections::BTreeMap, fmt::Write as _};

use clearance_finding::Finding;
use clearance_verdict::{Assessment, Category, Control, Status};

use crate::{clean, words};

/// A test case and how it ended.
struct Case {
    name: String,
    class: String,
    file: Option<(String, u32)>,
    end: End,
}

enum End {
    Passed,
    Failed { kind: String, message: String, text: String },
    Skipped { message: String },
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

impl Suite {
    fn failures(&self) -> usize {
        self.cases.iter().filter(|case| matches!(case.end, End::Failed { .. })).count()
    }

    fn skipped(&self) -> usize {
        self.cases.iter().filter(|case| matches!(case.end, End::Skipped { .. })).count()
    }
}

/// The report as JUnit XML.
pub(crate) fn render(assessment: &Assessment) -> String {
    let mut suites = vec![decision(assessment)];
    suites.extend(Category::ALL.iter().filter_map(|&category| controls(assessment, category)));
    suites.extend(findings(assessment));
    let total = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let header = &assessment.header;
    let seconds = format!("{:.3}", header.duration.as_secs_f64());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name={} tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{seconds}\">",
        attribute(&format!("clearance {}", header.target)),
        total(|suite| suite.cases.len()),
        total(Suite::failures),
        total(Suite::skipped)
    );
    let stamp = header.time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    for suite in &suites {
        write_suite(&mut out, suite, &stamp);
    }
    out.push_str("</testsuites>\n");
    out
}

fn write_suite(out: &mut String, suite: &Suite, stamp: &str) {
    let _ = writeln!(
        out,
        "  <testsuite name={} tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"0\" timestamp=\"{stamp}\">",
        attribute(&suite.name),
        suite.cases.len(),
        suite.failures(),
        suite.skipped()
    );
    for case in &suite.cases {
        let _ = write!(
            out,
            "    <testcase name={} classname={} time=\"0\"",
            attribute(&case.name),
            attribute(&case.class)
        );
        if let Some((file, line)) = &case.file {
            let _ = write!(out, " file={} line=\"{line}\"", attribute(file));
        }
        match &case.end {
            End::Passed => out.push_str("/>\n"),
            End::Failed { kind, message, text } => {
                let _ = writeln!(
                    out,
                    ">\n      <failure type={} message={}>{}</failure>\n    </testcase>",
                    attribute(kind),
                    attribute(message),
                    escape(text)
                );
            }
            End::Skipped { message } => {
                let _ = writeln!(out, ">\n      <skipped message={}/>\n    </testcase>", attribute(message));
            }
        }
    }
    out.push_str("  </testsuite>\n");
}

fn decision(assessment: &Assessment) -> Suite {
    let reasons: Vec<&str> = assessment.reasons.iter().map(|reason| reason.text.as_str()).collect();
    let end = if assessment.decision.meets(assessment.policy.fail_on) {
        End::Passed
    } else {
        End::Failed {
            kind: assessment.decision.to_string(),
            message: format!("{} for {}", assessment.decision, assessment.policy.profile),
            text: reasons.join("\n"),
        }
    };
    let case = Case {
        name: format!("the target may go to {}", assessment.policy.profile),
        class: "clearance.decision".to_owned(),
        file: None,
        end,
    };
    Suite { name: "decision".to_owned(), cases: vec![case] }
}

fn controls(assessment: &Assessment, category: Category) -> Option<Suite> {
    let cases: Vec<Case> = assessment
        .category(category)
        .map(|(_, control)| Case {
            name: control.definition.title.clone(),
            class: format!("clearance.controls.{category}.{}", control.definition.id),
            file: None,
            end: control_end(control),
        })
        .collect();
    (!cases.is_empty()).then(|| Suite { name: format!("controls: {category}"), cases })
}

fn control_end(control: &Control) -> End {
    let evidence: Vec<String> = control
        .evidence
        .iter()
        .map(|line| match &line.location {
            Some(location) => format!("{} at {}", line.text, words::place(location)),
            None => line.text.clone(),
        })
        .collect();
    match control.status {
        Status::Pass => End::Passed,
        Status::Fail => End::Failed {
            kind: format!("control-{}", control.level),
            message: format!("{} control failed", control.level),
            text: evidence.join("\n"),
        },
        Status::Warn | Status::NotVerified | Status::NotApplicable => {
            let told: Vec<String> = evidence.into_iter().chain(control.to_verify.clone()).collect();
            End::Skipped { message: format!("{}: {}", words::status(control.status), told.join("; ")) }
        }
    }
}

fn findings(assessment: &Assessment) -> Vec<Suite> {
    let speaks_against = assessment.blocking().count() + assessment.warning().count();
    let mut by_file: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for (index, finding) in assessment.findings.iter().enumerate() {
        let case = finding_case(index, finding, index < speaks_against);
        by_file.entry(&finding.location.path).or_default().push(case);
    }
    by_file.into_iter().map(|(path, cases)| Suite { name: format!("findings: {path}"), cases }).collect()
}

fn finding_case(index: usize, finding: &Finding, speaks_against: bool) -> Case {
    let end = match &finding.acceptance {
        Some(acceptance) => End::Skipped {
            message: format!(
                "accepted by {}: {}",
                acceptance.by,
                acceptance.reason.as_deref().unwrap_or("no reason given")
            ),
        },
        None if speaks_against => End::Failed {
            kind: finding.severity.to_string(),
            message: finding.message.clone(),
            text: told(finding),
        },
        None => End::Skipped {
            message: format!("{}, below the warning level: {}", finding.severity, finding.message),
        },
    };
    Case {
        name: format!("{} at {} (finding {})", finding.rule.id, words::place(&finding.location), index + 1),
        class: format!("clearance.findings.{}", finding.rule.id),
        file: Some((finding.location.path.to_string(), finding.location.start.line.max(1))),
        end,
    }
}

fn told(finding: &Finding) -> String {
    let mut lines = vec![format!("{} at {}", finding.message, words::place(&finding.location))];
    if !finding.severity_reason.is_empty() {
        lines.push(format!("{} because {}", finding.severity, finding.severity_reason));
    }
    lines.extend(
        finding.trace.iter().map(|step| format!("  {}  {}", words::place(&step.location), step.note)),
    );
    lines.push(format!("Fix: {}", words::advice(finding)));
    let ids: Vec<String> = words::cwe(finding).into_iter().chain(words::owasp(finding)).collect();
    lines.push(format!("{}  fingerprint {}", ids.join(" "), finding.fingerprint));
    lines.join("\n")
}

fn attribute(text: &str) -> String {
    format!("\"{}\"", escape(&clean::line(text)))
}

/// Text of an element or attribute: markup is shown as it is written, line ends stay, and characters that XML 1.0 does not know are replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        for c in clean::line(line).chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
                c => out.push(c),
            }
        }
    }
    out
}
