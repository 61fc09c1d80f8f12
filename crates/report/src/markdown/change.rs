//! The section about an earlier run.

use clearance_verdict::{Assessment, Change, EarlierFinding};

use super::{Page, status};
use crate::{clean, words};

pub(super) fn change(page: &mut Page, assessment: &Assessment) {
    let Some(change) = &assessment.change else { return };
    page.heading(2, &clean::markdown(&words::change_title(change)));
    page.line(&format!("Decision then: **{}**, now: **{}**.", change.earlier.decision, change.decision));
    page.table(&["findings", "number:"]);
    for (number, what) in words::change_counts(change) {
        page.row(&[what.to_owned(), number.to_string()]);
    }
    if !change.caveats.is_empty() {
        page.blank();
        page.line("The two runs differ in more than the target:");
        page.blank();
        for caveat in &change.caveats {
            page.line(&format!("- {}", clean::markdown(caveat)));
        }
    }
    present(page, "New", &change.new, assessment);
    present(page, "No longer accepted", &change.reopened, assessment);
    present(page, "Accepted since", &change.accepted, assessment);
    if !change.fixed.is_empty() {
        page.heading(3, "Fixed");
        page.table(&["severity", "rule", "place then", "what"]);
        for finding in &change.fixed {
            page.row(&gone(finding));
        }
    }
    if !change.unseen.is_empty() {
        page.heading(3, "Gone, but not known to be fixed");
        page.table(&["severity", "rule", "place then", "what", "why"]);
        for (finding, why) in &change.unseen {
            let mut cells = gone(finding).to_vec();
            cells.push(clean::markdown(why));
            page.row(&cells);
        }
    }
    controls(page, change);
}

/// The section about a baseline.
pub(super) fn baseline(page: &mut Page, assessment: &Assessment) {
    let Some(standing) = &assessment.baseline else { return };
    page.heading(2, &clean::markdown(&format!("Compared with the baseline {}", standing.file)));
    page.line(&format!("Findings: {}.", words::baseline_line(standing)));
    if let Some(advice) = words::baseline_advice(standing) {
        page.blank();
        page.line(&format!("{advice}."));
    }
    present(page, "Not in the baseline", &standing.new, assessment);
    if !standing.gone.is_empty() {
        page.heading(3, "In the baseline, not among the findings");
        page.table(&["rule", "file", "number:", "why"]);
        for (entry, why) in &standing.gone {
            page.row(&[
                clean::code(&entry.rule),
                clean::code(&entry.path),
                entry.count.to_string(),
                clean::markdown(why.as_deref().unwrap_or("gone")),
            ]);
        }
    }
}

fn present(page: &mut Page, title: &str, indices: &[usize], assessment: &Assessment) {
    if indices.is_empty() {
        return;
    }
    page.heading(3, title);
    page.table(&["finding:", "severity", "rule", "place", "what"]);
    for &index in indices {
        let finding = &assessment.findings[index];
        page.row(&[
            (index + 1).to_string(),
            finding.severity.to_string(),
            clean::code(finding.rule.id),
            clean::code(&words::place(&finding.location)),
            clean::markdown(&finding.message),
        ]);
    }
}

fn gone(finding: &EarlierFinding) -> [String; 4] {
    let accepted = if finding.accepted { " (accepted)" } else { "" };
    [
        finding.severity.to_string(),
        clean::code(&finding.rule),
        clean::code(&format!("{}:{}", finding.path, finding.line)),
        format!("{}{accepted}", clean::markdown(&finding.message)),
    ]
}

fn controls(page: &mut Page, change: &Change) {
    if change.controls.is_empty() {
        return;
    }
    page.heading(3, "Controls that changed");
    page.table(&["control", "then", "now"]);
    for control in &change.controls {
        let cell = |one: Option<clearance_verdict::Status>| one.map_or("not judged".to_owned(), status);
        page.row(&[clean::markdown(&control.title), cell(control.then), cell(control.now)]);
    }
}
