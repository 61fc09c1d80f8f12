//! The terminal report: decision, what blocks with its code, the rest compactly, controls by category.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clearance_finding::{AliasKind, Finding, Judgement, Location, Reachable, Severity};
use clearance_verdict::{Assessment, Category, Change, Decision, HiddenBy, Level, Standing, Status};
use unicode_width::UnicodeWidthStr;

use crate::{RenderOptions, clean, frame::frame, spots::spots, words};

/// Blocking findings that are shown with their code.
const MOST_FRAMES: usize = 50;
/// Further places of a finding that are shown.
const MOST_PLACES: usize = 5;
/// Other findings that are listed.
const MOST_LISTED: usize = 100;
/// Lines of reasons why something is not verified, and of places not seen.
const MOST_DOUBTS: usize = 8;
/// Width of the first column of the footer.
const LABEL: usize = 14;

/// The report as text.
pub(crate) fn render(assessment: &Assessment, options: &RenderOptions) -> String {
    let mut terminal = Terminal { out: String::new(), options, width: options.width.clamp(40, 400) };
    terminal.head(assessment);
    terminal.blocking(assessment);
    terminal.others(assessment);
    terminal.foot(assessment);
    terminal.out
}

struct Terminal<'a> {
    out: String,
    options: &'a RenderOptions,
    width: usize,
}

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => DIM,
    }
}

fn decision_style(decision: Decision) -> Style {
    let colour = match decision {
        Decision::Approved => AnsiColor::Green,
        Decision::Conditional => AnsiColor::Yellow,
        Decision::Blocked => AnsiColor::Red,
    };
    colour.on_default().bold().invert()
}

impl Terminal<'_> {
    fn paint(&self, style: Style, text: &str) -> String {
        let text = clean::line(text);
        if self.options.colour { format!("{style}{text}{style:#}") } else { text.into_owned() }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// `path:line`, a hyperlink where the terminal has them.
    fn place(&self, location: &Location) -> String {
        let shown = self.paint(Style::new(), &words::place(location));
        match &self.options.link_base {
            Some(base) => {
                let address = match clean::is_address(&location.path) {
                    true => clean::uri(&location.path),
                    false => format!("{}{}", clean::line(base), clean::uri(&location.path)),
                };
                format!("\x1b]8;;{address}\x1b\\{shown}\x1b]8;;\x1b\\")
            }
            None => shown,
        }
    }

    fn head(&mut self, assessment: &Assessment) {
        let header = &assessment.header;
        let decision = assessment.decision.as_str().to_uppercase();
        let mut parts = vec![header.target.clone()];
        parts.extend(words::commit(assessment));
        parts.push(assessment.policy.profile.to_string());
        parts.push(words::seconds(header.duration));
        let badge = self.paint(decision_style(assessment.decision), &format!(" {decision} "));
        let text = self.paint(BOLD, &parts.join(" · "));
        self.line(&format!("{badge}  {text}"));
        let coverage = &assessment.coverage;
        let files = format!(
            "{} of {} examined, {} of code",
            words::thousands(coverage.whole as u64),
            words::count(coverage.files, words::unit(assessment)),
            words::count(usize::try_from(coverage.lines).unwrap_or(usize::MAX), "line")
        );
        let summary = self.paint(Style::new(), &format!(" {} · {files}", summary(assessment)));
        self.line(&summary);
        if assessment.blocking().next().is_none() {
            for reason in &assessment.reasons {
                let text = self.paint(Style::new(), &reason.text);
                self.line(&format!(" · {text}"));
            }
        }
        self.blank();
    }

    fn blocking(&mut self, assessment: &Assessment) {
        let most = if self.options.all { usize::MAX } else { MOST_FRAMES };
        for (_, finding) in assessment.blocking().take(most) {
            self.finding(finding);
        }
        let rest: Vec<&Finding> =
            assessment.blocking().skip(most).take(MOST_LISTED).map(|(_, finding)| finding).collect();
        self.compact(&rest);
        let left = assessment.blocking().count().saturating_sub(most.saturating_add(MOST_LISTED));
        self.more(left);
    }

    fn more(&mut self, left: usize) {
        if left > 0 {
            let text = format!(
                "… and {} more; --all lists them, the full report has them",
                words::thousands(left as u64)
            );
            let text = self.paint(DIM, &text);
            self.line(&text);
            self.blank();
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let place = words::place(&finding.location);
        let title = format!("{:<9} {}", finding.severity.as_str(), finding.rule.id);
        let room = self.width.saturating_sub(title.width() + clean::line(&place).width()).max(2);
        let severity =
            self.paint(severity_style(finding.severity), &format!("{:<9}", finding.severity.as_str()));
        let rule = self.paint(BOLD, finding.rule.id);
        let head = format!("{severity} {rule}{}{}", " ".repeat(room), self.place(&finding.location));
        self.line(&head);
        let message = self.paint(Style::new(), &finding.message);
        self.line(&format!("  {message}"));
        if finding.trace.is_empty() {
            self.frame(finding);
        } else {
            self.trace(finding);
        }
        for other in finding.also.iter().take(MOST_PLACES) {
            let place = self.paint(DIM, &words::place(&other.location));
            let note = self.paint(Style::new(), &other.note);
            self.line(&format!("    {place}   {note}"));
        }
        if let Some(more) = finding.also.len().checked_sub(MOST_PLACES).filter(|more| *more > 0) {
            self.line(&format!("    and {more} more places"));
        }
        if !finding.severity_reason.is_empty() {
            let reason = format!("{} because  {}", finding.severity, finding.severity_reason);
            let reason = self.paint(Style::new(), &reason);
            self.line(&format!("  {reason}"));
        }
        let effort = words::minutes(u32::from(finding.rule.effort_minutes));
        let advice = wrap(&clean::line(words::advice(finding)), self.width.saturating_sub(20));
        for (index, text) in advice.iter().enumerate() {
            let text = self.paint(Style::new(), text);
            let label =
                if index == 0 { self.paint(BOLD, &format!("fix   {effort:<11}")) } else { " ".repeat(17) };
            self.line(&format!("  {label} {text}"));
        }
        if let Some(fix) = &finding.fix {
            let text = self.paint(Style::new(), &format!("can be derived: {}", fix.title));
            self.line(&format!("  {} {text}", " ".repeat(17)));
        }
        let mut about = vec![words::cwe(finding).join(" ")];
        about.extend(words::owasp(finding).pop().map(|category| format!("OWASP {category}")));
        // Semgrep has many names for one thing; `clearance explain` lists them.
        let aliases = finding.rule.aliases().filter(|alias| alias.kind != AliasKind::Semgrep);
        let aliases: Vec<&str> = aliases.map(|alias| alias.name).collect();
        if !aliases.is_empty() {
            about.push(format!("alias {}", aliases.join(" ")));
        }
        about.retain(|part| !part.is_empty());
        let about = self.paint(DIM, &about.join(" · "));
        self.line(&format!("  {about}"));
        self.blank();
    }

    fn frame(&mut self, finding: &Finding) {
        let lines = frame(finding, self.width.saturating_sub(14));
        let digits =
            lines.iter().filter_map(|line| line.number).max().map_or(1, |number| number.to_string().len());
        let style = severity_style(finding.severity);
        for line in lines {
            let number = line.number.map_or(String::new(), |number| number.to_string());
            let gutter = self.paint(DIM, &format!("    {number:>digits$} │ "));
            let text = self.paint(if line.number.is_none() { style } else { Style::new() }, &line.text);
            self.line(&format!("{gutter}{text}"));
        }
    }

    fn trace(&mut self, finding: &Finding) {
        let rows: Vec<(String, String, String)> = finding
            .trace
            .iter()
            .map(|step| {
                let code = step.location.code.first().map_or("", |line| line.text.trim());
                let code = clean::line(code).replace('\t', " ");
                (
                    clean::line(&words::place(&step.location)).into_owned(),
                    code,
                    clean::line(&step.note).into_owned(),
                )
            })
            .collect();
        let widest = |column: fn(&(String, String, String)) -> &str, most: usize| {
            rows.iter().map(|row| column(row).width()).filter(|&width| width <= most).max().unwrap_or(0)
        };
        let (place_width, code_width) =
            (widest(|row| &row.0, self.width / 3), widest(|row| &row.1, self.width / 2));
        for (index, (place, code, note)) in rows.iter().enumerate() {
            let arrow = if index == 0 { '←' } else { '→' };
            let fill = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
            let gap = fill(place, place_width);
            let shown_place = self.paint(DIM, place);
            let shown_code = self.paint(Style::new(), code);
            let shown_note = self.paint(severity_style(finding.severity), &format!("{arrow} {note}"));
            self.line(&format!(
                "    {shown_place}{gap}   {shown_code}{} {shown_note}",
                fill(code, code_width)
            ));
        }
    }

    fn others(&mut self, assessment: &Assessment) {
        let most = if self.options.all { usize::MAX } else { MOST_LISTED };
        let others: Vec<&Finding> =
            assessment.warning().chain(assessment.lower()).map(|(_, finding)| finding).collect();
        self.compact(&others[..others.len().min(most)]);
        self.more(others.len().saturating_sub(most));
    }

    /// One line for each finding, in columns.
    fn compact(&mut self, findings: &[&Finding]) {
        let places: Vec<usize> =
            findings.iter().map(|finding| clean::line(&words::place(&finding.location)).width()).collect();
        let column = places.iter().copied().filter(|&width| width <= self.width / 3).max().unwrap_or(0);
        for (finding, width) in findings.iter().zip(places) {
            let severity =
                self.paint(severity_style(finding.severity), &format!("{:<9}", finding.severity.as_str()));
            let rule = self.paint(Style::new(), &format!("{:<28}", finding.rule.id));
            let gap = " ".repeat(column.saturating_sub(width));
            let message = self.paint(DIM, &finding.message);
            let text = format!("{severity} {rule} {}{gap}  {message}", self.place(&finding.location));
            self.line(&text);
        }
        if !findings.is_empty() {
            self.blank();
        }
    }

    /// Labelled lines of the footer; the label stands on the first of them, long ones are wrapped.
    fn labelled(&mut self, label: &str, texts: impl IntoIterator<Item = String>) {
        let mut label = label;
        for text in texts {
            let text = clean::line(&text).into_owned();
            let lines = if text.width() + LABEL < self.width {
                vec![text]
            } else {
                wrap(&text, self.width - LABEL - 3)
            };
            for (index, text) in lines.iter().enumerate() {
                let shown = self.paint(BOLD, &format!("{label:<LABEL$} "));
                let indent = if index > 0 { "  " } else { "" };
                let text = self.paint(Style::new(), text);
                self.line(&format!("{shown}{indent}{text}"));
                label = "";
            }
        }
    }

    fn foot(&mut self, assessment: &Assessment) {
        self.labelled("change", assessment.change.as_ref().map(change).unwrap_or_default());
        self.labelled("baseline", assessment.baseline.as_ref().map(baseline).unwrap_or_default());
        self.labelled(
            "controls",
            Category::ALL.iter().filter_map(|&category| category_line(assessment, category)),
        );
        self.labelled("dependencies", dependencies(assessment));
        self.labelled("not verified", limited(doubts(assessment)));
        self.labelled("not seen", limited(blind_spots(assessment)));
        self.labelled("accepted", accepted(assessment));
        self.labelled("not shown", hidden(assessment));
        self.labelled("reports", (!self.options.reports.is_empty()).then(|| self.options.reports.join("  ")));
        self.labelled("next", next(assessment));
    }
}

/// What stands in the way, in one line.
fn summary(assessment: &Assessment) -> String {
    let blocking = assessment.blocking().count();
    let mut parts = vec![match blocking {
        0 => "nothing blocks".to_owned(),
        1 => "1 finding blocks".to_owned(),
        number => format!("{} block", words::count(number, "finding")),
    }];
    let open = assessment
        .controls
        .iter()
        .filter(|control| control.level == Level::Blocking && control.status == Status::NotVerified)
        .count();
    if open > 0 {
        parts.push(format!("{} cannot be verified", words::count(open, "blocking control")));
    }
    let others = assessment.totals.open() - blocking;
    if others > 0 {
        parts.push(format!("{} below", words::count(others, "finding")));
    }
    parts.join(", ")
}

fn category_line(assessment: &Assessment, category: Category) -> Option<String> {
    let count = assessment.category_count(category);
    if count.total() == 0 {
        return None;
    }
    let ran = |plane: &clearance_finding::Plane| {
        assessment
            .planes
            .iter()
            .any(|run| run.plane == *plane && run.status == clearance_verdict::PlaneStatus::Run)
    };
    let none_ran =
        assessment.category(category).all(|(_, control)| !control.definition.planes.iter().all(ran));
    if none_ran && count.not_verified == count.total() {
        return Some(format!("{:<14} not run", category.as_str()));
    }
    let parts = [
        (count.fail, "fail"),
        (count.warn, "warn"),
        (count.not_verified, "not verified"),
        (count.not_applicable, "not applicable"),
    ];
    let mut text = format!("{:<14} {:>2} of {} pass", category.as_str(), count.pass, count.total());
    for (number, word) in parts.into_iter().filter(|(number, _)| *number > 0) {
        let _ = write!(text, "  {number} {word}");
    }
    Some(text)
}

/// How many dependencies there are, and those of which the vulnerable part is used.
fn dependencies(assessment: &Assessment) -> Vec<String> {
    if assessment.dependencies.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![words::dependency_counts(&assessment.dependencies)];
    for dependency in &assessment.dependencies {
        for advisory in dependency.advisories.iter().filter(|one| one.reachable == Reachable::Yes) {
            let fixed = match advisory.fixed.as_slice() {
                [] => "no fixed version is known".to_owned(),
                list => format!("fixed in {}", list.join(", ")),
            };
            let shown = words::evidence(&advisory.evidence);
            let shown = if shown.is_empty() { shown } else { format!(": {shown}") };
            lines.push(format!(
                "{} {} has {} ({}), {fixed}, and the vulnerable part is used{shown}",
                dependency.name,
                words::version(dependency),
                advisory.id,
                advisory.severity,
            ));
        }
    }
    limited(lines)
}

/// What changed since an earlier run; what was fixed and what is new in the controls is named, the rest counted.
fn change(change: &Change) -> Vec<String> {
    let earlier = &change.earlier;
    let counts: Vec<String> =
        words::change_counts(change).iter().map(|(number, what)| format!("{number} {what}")).collect();
    let since = words::change_title(change);
    let since = since.strip_prefix("Change ").unwrap_or(&since);
    let mut lines = vec![
        format!("{since}: {} then, {} now", earlier.decision, change.decision),
        format!("findings: {}", counts.join(", ")),
    ];
    let gone = change.fixed.iter().map(|finding| ("fixed", finding));
    let gone: Vec<String> = gone
        .map(|(word, finding)| format!("{word}  {} {}:{}", finding.rule, finding.path, finding.line))
        .collect();
    lines.extend(limited(gone));
    let word = |status: Option<Status>| status.map_or("not judged", words::status);
    let controls: Vec<String> = change
        .controls
        .iter()
        .map(|control| format!("control {}: {} → {}", control.id, word(control.then), word(control.now)))
        .collect();
    lines.extend(limited(controls));
    lines.extend(change.caveats.iter().cloned());
    lines
}

/// How findings stand to a baseline; what is gone is named.
fn baseline(standing: &Standing) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", standing.file, words::baseline_line(standing))];
    let gone = standing.gone.iter().filter(|(_, why)| why.is_none());
    lines.extend(limited(gone.map(|(entry, _)| format!("gone  {} {}", entry.rule, entry.path)).collect()));
    lines.extend(words::baseline_advice(standing));
    lines
}

/// Reasons why blocking controls are not verified, each with its controls.
fn doubts(assessment: &Assessment) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&str>, Option<&str>)> = Vec::new();
    let open = assessment
        .controls
        .iter()
        .filter(|control| control.level == Level::Blocking && control.status == Status::NotVerified);
    for control in open {
        let why = control.evidence.first().map_or("", |line| line.text.as_str());
        let id = control.definition.id.as_str();
        match groups.iter_mut().find(|group| group.0 == why) {
            Some(group) => group.1.push(id),
            None => groups.push((why, vec![id], control.to_verify.as_deref())),
        }
    }
    groups
        .into_iter()
        .map(|(why, ids, to_verify)| {
            let hint = match to_verify {
                Some(hint) if ids.len() == 1 => format!("   → {hint}"),
                _ => String::new(),
            };
            let more = if ids.len() > 4 { format!(" and {} more", ids.len() - 4) } else { String::new() };
            format!("{}{more}: {why}{hint}", ids[..ids.len().min(4)].join(", "))
        })
        .collect()
}

fn blind_spots(assessment: &Assessment) -> Vec<String> {
    let place = |path: &str, line: Option<u32>| match line {
        Some(line) => format!("{path}:{line}"),
        None if path.is_empty() => "the run".to_owned(),
        None => path.to_owned(),
    };
    let spots = spots(&assessment.coverage)
        .into_iter()
        .map(|spot| format!("{}  {}", place(spot.path, spot.line), spot.text));
    let unexplained =
        assessment.coverage.unexplained.iter().map(|path| format!("{path}  not analysed whole"));
    spots.chain(unexplained).collect()
}

fn limited(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST_DOUBTS {
        let left = lines.len() - MOST_DOUBTS;
        lines.truncate(MOST_DOUBTS);
        lines.push(format!("… and {left} more in the full report"));
    }
    lines
}

fn accepted(assessment: &Assessment) -> Option<String> {
    let number = assessment.totals.accepted();
    let without = assessment
        .accepted()
        .filter(|(_, finding)| {
            finding.acceptance.as_ref().is_some_and(|acceptance| acceptance.reason.is_none())
        })
        .count();
    let mut note = if without > 0 { format!(", {without} without a reason") } else { String::new() };
    for (judged, word) in [(Judgement::Proven, "proven harmless"), (Judgement::Disproved, "disproved")] {
        let number = assessment.accepted().filter(|(_, finding)| finding.judged == Some(judged)).count();
        if number > 0 {
            let _ = write!(note, ", {number} {word}");
        }
    }
    (number > 0).then(|| format!("{}{note}", words::count(number, "finding")))
}

fn hidden(assessment: &Assessment) -> Option<String> {
    let by = |by: HiddenBy| -> u32 {
        assessment.hidden.iter().filter(|entry| entry.by == by).map(|entry| entry.count).sum()
    };
    let parts: Vec<String> = HiddenBy::ALL
        .iter()
        .map(|&kind| (by(kind), kind))
        .filter(|(number, _)| *number > 0)
        .map(|(number, kind)| {
            format!("{} {}", words::count(number as usize, "finding"), words::hidden_by(kind))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn next(assessment: &Assessment) -> Option<String> {
    let parts: Vec<String> = assessment
        .plan
        .milestones
        .iter()
        .map(|milestone| {
            format!(
                "{} after {} ({})",
                milestone.decision,
                words::count(milestone.after, "step"),
                words::minutes(milestone.minutes)
            )
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Words of `text` on lines of at most `width` columns.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
