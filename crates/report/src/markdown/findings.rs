//! Sections 3 and 4: the findings.

use std::borrow::Cow;

use clearance_finding::Finding;
use clearance_verdict::Assessment;

use super::Page;
use crate::{clean, frame::frame, repair, words};

/// Columns of code frames.
const WIDTH: usize = 120;

pub(super) fn must_fix(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Must be fixed before deployment");
    if assessment.blocking().next().is_none() {
        page.line("No finding blocks.");
    }
    for (index, finding) in assessment.blocking() {
        one(page, index, finding);
    }
}

fn one(page: &mut Page, index: usize, finding: &Finding) {
    page.heading(3, &format!("{}. {}", index + 1, clean::markdown(&finding.message)));
    let mut about = vec![
        finding.severity.to_string(),
        format!("{} confidence", finding.confidence),
        clean::code(finding.rule.id),
    ];
    about.extend([words::cwe(finding).join(", ")]);
    let owasp = words::owasp(finding).join(", ");
    if !owasp.is_empty() {
        about.push(format!("OWASP {owasp}"));
    }
    about.push(clean::code(&words::place(&finding.location)));
    about.push(words::minutes(u32::from(finding.rule.effort_minutes)));
    about.push("open".to_owned());
    about.retain(|part| !part.is_empty());
    page.line(&about.join(" · "));
    page.blank();
    if !finding.severity_reason.is_empty() {
        page.line(&format!("Severity {}: {}.", finding.severity, clean::markdown(&finding.severity_reason)));
        page.blank();
    }
    let lines = frame(finding, WIDTH);
    if !lines.is_empty() {
        let digits =
            lines.iter().filter_map(|line| line.number).max().map_or(1, |number| number.to_string().len());
        let lines: Vec<Cow<'_, str>> = lines
            .iter()
            .map(|line| {
                let number = line.number.map_or(String::new(), |number| number.to_string());
                Cow::Owned(format!("{number:>digits$} │ {}", line.text))
            })
            .collect();
        page.0.push_str(&clean::block("text", lines.into_iter()));
        page.blank();
    }
    trace(page, finding);
    also(page, finding);
    if let Some(why) = words::page_part(finding.rule.doc, None) {
        // Rule pages are our own, and Markdown already.
        page.line(&format!("**How it is attacked.** {why}"));
        page.blank();
    }
    repair(page, finding);
    page.line(&format!(
        "**How to verify the fix.** Run the command at the end of this report again: the finding with fingerprint {} is gone.",
        clean::code(&finding.fingerprint.to_string())
    ));
}

fn trace(page: &mut Page, finding: &Finding) {
    if finding.trace.is_empty() {
        return;
    }
    page.table(&["step", "place", "code", "what happens"]);
    for (index, step) in finding.trace.iter().enumerate() {
        let code = step.location.code.first().map_or("", |line| line.text.trim());
        page.row(&[
            (index + 1).to_string(),
            clean::code(&words::place(&step.location)),
            clean::code(code),
            clean::markdown(&step.note),
        ]);
    }
    page.blank();
}

/// Further places of the same thing.
fn also(page: &mut Page, finding: &Finding) {
    for other in &finding.also {
        let place = clean::code(&words::place(&other.location));
        page.line(&format!("- {place}: {}", clean::markdown(&other.note)));
    }
    if !finding.also.is_empty() {
        page.blank();
    }
}

fn repair(page: &mut Page, finding: &Finding) {
    page.line(&format!("**Recommended fix.** {}", clean::markdown(words::advice(finding))));
    page.blank();
    let Some(fix) = &finding.fix else { return };
    let note = if fix.safe { "" } else { " (may change what the code does: look at it)" };
    let place =
        fix.path.as_deref().map_or_else(String::new, |path| format!(", in {}", clean::markdown(path)));
    page.line(&format!("{}{note}{place}:", clean::markdown(&fix.title)));
    page.blank();
    if let Some(hunks) = repair::hunks(fix) {
        let lines: Vec<Cow<'_, str>> = hunks
            .into_iter()
            .flat_map(|hunk| {
                let removed = hunk.removed.into_iter().map(|line| Cow::Owned(format!("-{line}")));
                let added = hunk.added.into_iter().map(|line| Cow::Owned(format!("+{line}")));
                removed.chain(added).collect::<Vec<_>>()
            })
            .collect();
        page.0.push_str(&clean::block("diff", lines.into_iter()));
    } else {
        let edits: Vec<Cow<'_, str>> = fix
            .edits
            .iter()
            .map(|edit| Cow::Owned(format!("bytes {}..{}: {}", edit.start, edit.end, edit.text)))
            .collect();
        page.0.push_str(&clean::block("text", edits.into_iter()));
    }
    page.blank();
}

pub(super) fn other(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Lower-priority findings");
    let mut rows = assessment.warning().chain(assessment.lower()).peekable();
    if rows.peek().is_none() {
        page.line("None.");
        return;
    }
    page.table(&["finding:", "severity", "rule", "place", "what", "CWE", "effort:"]);
    for (index, finding) in rows {
        let why = if finding.severity_reason.is_empty() {
            String::new()
        } else {
            format!(" ({}: {})", finding.severity, clean::markdown(&finding.severity_reason))
        };
        page.row(&[
            (index + 1).to_string(),
            finding.severity.to_string(),
            clean::code(finding.rule.id),
            clean::code(&words::place(&finding.location)),
            format!("{}{why}", clean::markdown(&finding.message)),
            words::cwe(finding).join(", "),
            words::minutes(u32::from(finding.rule.effort_minutes)),
        ]);
    }
}

pub(super) fn accepted(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Accepted findings");
    if assessment.accepted().next().is_none() {
        page.line("None.");
        return;
    }
    page.table(&["finding:", "place", "severity", "rule", "by", "reason", "until", "judged"]);
    for (index, finding) in assessment.accepted() {
        let Some(acceptance) = &finding.acceptance else {
            continue;
        };
        let at = acceptance
            .location
            .as_ref()
            .map_or(String::new(), |location| format!(" at {}", clean::code(&words::place(location))));
        page.row(&[
            (index + 1).to_string(),
            clean::code(&words::place(&finding.location)),
            finding.severity.to_string(),
            clean::code(finding.rule.id),
            format!("{}{at}", clean::code(&acceptance.by)),
            acceptance.reason.as_deref().map_or("none given".to_owned(), clean::markdown),
            acceptance.until.as_deref().map_or("–".to_owned(), clean::markdown),
            finding.judged.map_or("not judged".to_owned(), |judged| {
                format!("**{}**: {}", judged.as_str(), judged.sentence())
            }),
        ]);
    }
}
