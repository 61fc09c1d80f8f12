//! The Markdown report, sections 1 to 9.

mod change;
mod dependencies;
mod environments;
mod findings;
mod tables;

use std::fmt::Write as _;

use clearance_finding::{Plane, Severity};
use clearance_verdict::{Assessment, Status};

use crate::{clean, words};

/// The report as Markdown (GitHub flavour).
pub(crate) fn render(assessment: &Assessment) -> String {
    let mut page = Page(String::new());
    head(&mut page, assessment);
    summary(&mut page, assessment);
    change::change(&mut page, assessment);
    change::baseline(&mut page, assessment);
    findings::must_fix(&mut page, assessment);
    findings::other(&mut page, assessment);
    findings::accepted(&mut page, assessment);
    tables::controls(&mut page, assessment);
    tables::standards(&mut page, assessment);
    tables::readiness(&mut page, assessment);
    environments::environments(&mut page, assessment);
    tables::inventory(&mut page, assessment);
    tables::plan(&mut page, assessment);
    tables::checklists(&mut page, assessment);
    produced(&mut page, assessment);
    page.0
}

/// A page under construction.
pub(crate) struct Page(pub(crate) String);

impl Page {
    /// A line of Markdown that is already safe.
    pub(crate) fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A heading with an empty line on both sides.
    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        self.blank();
        self.line(&format!("{} {text}", "#".repeat(level)));
        self.blank();
    }

    pub(crate) fn blank(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    /// A row of a table from cells that are already safe.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }

    /// The head of a table; a title that ends in `:` is for numbers.
    pub(crate) fn table(&mut self, titles: &[&str]) {
        self.blank();
        let names: Vec<&str> = titles.iter().map(|title| title.trim_end_matches(':')).collect();
        self.row(&names);
        let rules: Vec<&str> =
            titles.iter().map(|title| if title.ends_with(':') { "---:" } else { "---" }).collect();
        self.row(&rules);
    }
}

/// A status as it stands in a table; what did not pass stands out.
pub(crate) fn status(status: Status) -> String {
    match status {
        Status::Fail => "**fail**".to_owned(),
        other => words::status(other).to_owned(),
    }
}

fn head(page: &mut Page, assessment: &Assessment) {
    let header = &assessment.header;
    page.line(&format!("# Pre-production security report: {}", clean::markdown(&header.target)));
    page.blank();
    let decision = assessment.decision.as_str().to_uppercase();
    page.line(&format!(
        "**Decision: {decision}** for profile {}.",
        clean::code(assessment.policy.profile.as_str())
    ));
    page.blank();
    for (index, reason) in assessment.reasons.iter().enumerate() {
        page.line(&format!("{}. {}", index + 1, clean::markdown(&reason.text)));
    }
    page.table(&["", ""]);
    let state = words::work_tree(assessment).map_or(String::new(), |state| format!(", {state}"));
    let commit =
        header.commit.as_ref().map_or(String::new(), |commit| format!(", commit {}", clean::code(commit)));
    page.row(&["Target".to_owned(), format!("{}{commit}{state}", clean::markdown(&header.target))]);
    let made = format!(
        "clearance {}, rule set {}, {}, {}",
        clean::markdown(&header.tool_version),
        clean::markdown(&header.rule_set),
        header.time.strftime("%Y-%m-%d %H:%M UTC"),
        words::seconds(header.duration)
    );
    page.row(&["Made by".to_owned(), made]);
    page.row(&["Planes".to_owned(), clean::markdown(&words::planes(assessment))]);
    page.row(&["Coverage".to_owned(), words::coverage(assessment)]);
    page.row(&["Thresholds".to_owned(), words::thresholds(assessment)]);
}

fn summary(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Summary");
    let planes: Vec<Plane> = words::planes_with_findings(assessment);
    let mut titles = vec!["severity".to_owned()];
    titles.extend(planes.iter().map(|plane| format!("{plane}:")));
    titles.extend(["total:".to_owned(), "accepted:".to_owned()]);
    page.table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    let totals = &assessment.totals;
    for &severity in Severity::ALL.iter().rev() {
        let mut cells = vec![severity.to_string()];
        cells.extend(planes.iter().map(|&plane| totals.at(severity, plane).to_string()));
        cells.extend([totals.severity(severity).to_string(), totals.accepted_at(severity).to_string()]);
        page.row(&cells);
    }
    let mut cells = vec!["total".to_owned()];
    cells.extend(planes.iter().map(|&plane| totals.plane(plane).to_string()));
    cells.extend([totals.open().to_string(), totals.accepted().to_string()]);
    page.row(&cells);
    tables::control_counts(page, assessment);
    tables::hidden(page, assessment);
}

fn produced(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "How this was produced");
    let header = &assessment.header;
    page.line(&format!(
        "clearance {} with rule set {} ({}), profile {}. Planes: {}.",
        clean::markdown(&header.tool_version),
        clean::markdown(&header.rule_set),
        words::count(assessment.rules.len(), "rule"),
        clean::code(assessment.policy.profile.as_str()),
        clean::markdown(&words::planes(assessment))
    ));
    let capabilities: Vec<&str> =
        assessment.capabilities.iter().map(|capability| capability.as_str()).collect();
    page.line(&format!("Analysed: {}. Coverage: {}.", capabilities.join(", "), words::coverage(assessment)));
    page.blank();
    page.line("The same result comes from this command on the same tree:");
    page.blank();
    page.0.push_str(&clean::block(
        "console",
        [std::borrow::Cow::Borrowed(header.command.as_str())].into_iter(),
    ));
}
