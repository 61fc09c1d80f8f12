//! Templates, read beside the Python files.

use std::sync::Arc;

use clearance_finding::{Location, Notice, NoticeKind};
use clearance_program::{TemplateFile, is_sure};
use clearance_source::{File, FileKind, Options, Role, Text, read};
use clearance_template::{Span, Template};
use clearance_verdict::{CommentLine, FileLine, FileStatus};
use rayon::prelude::*;

/// The templates of a target.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// Those that could be read.
    pub(super) files: Vec<TemplateFile>,
    /// What could not be seen into.
    pub(super) notices: Vec<Notice>,
    /// Those that are templates for sure, as coverage lists them.
    pub(super) lines: Vec<FileLine>,
    /// Comments that may be directives.
    pub(super) comments: Vec<CommentLine>,
}

/// The templates of the application.
pub(super) fn templates(files: &[File], options: &Options) -> Templates {
    let read: Vec<Read> =
        files.par_iter().filter(|file| is_wanted(file)).map(|file| template(file, options)).collect();
    let mut found = Templates::default();
    for read in read {
        found.files.extend(read.file);
        found.notices.extend(read.notice);
        found.lines.extend(read.line);
        found.comments.extend(read.comments);
    }
    found
}

/// What one file gives.
#[derive(Default)]
struct Read {
    file: Option<TemplateFile>,
    notice: Option<Notice>,
    line: Option<FileLine>,
    comments: Vec<CommentLine>,
}

fn is_wanted(file: &File) -> bool {
    file.kind == FileKind::Template
        && !matches!(file.role, Role::Test | Role::Documentation | Role::Vendored | Role::Generated)
}

fn template(file: &File, options: &Options) -> Read {
    let mut line = FileLine {
        path: Arc::clone(&file.path),
        role: file.role.as_str(),
        kind: file.kind.as_str(),
        status: FileStatus::Unreadable,
        lines: 0,
    };
    let text = match read(file, options) {
        Ok(text) => text,
        // Elsewhere, a page is most likely just a page.
        Err(notice) if is_sure(&file.path, "") => {
            if notice.kind == NoticeKind::Skipped {
                line.status = FileStatus::Skipped;
            }
            return Read { notice: Some(notice), line: Some(line), ..Read::default() };
        }
        Err(_) => return Read::default(),
    };
    let sure = is_sure(&file.path, &text.text);
    let template = clearance_template::parse(&text.text);
    let deep = template.problems.iter().find(|problem| problem.text.contains("too "));
    let notice = deep.map(|problem| Notice {
        path: Arc::clone(&file.path),
        line: Some(line_of(&text, problem.at)),
        kind: NoticeKind::Truncated,
        text: format!("analysed in part: {}", problem.text),
    });
    let notice = notice.or(text.notice.clone()).filter(|_| sure);
    let is_blind = notice.as_ref().is_some_and(|notice| notice.kind.is_blind_spot());
    line.status = if is_blind { FileStatus::Partial } else { FileStatus::Analysed };
    line.lines = super::analyse::lines(&text);
    let comments = comments(file, &text, &template);
    let found = TemplateFile {
        path: Arc::clone(&file.path),
        role: file.role,
        text: text.text,
        line_starts: text.line_starts,
        template,
    };
    Read { file: Some(found), notice, line: Some(line).filter(|_| sure), comments }
}

fn line_of(text: &Text, offset: u32) -> u32 {
    text.line_starts.partition_point(|&start| start <= offset) as u32
}

/// The comments that may be directives, as comments of Python: from `#` on.
fn comments(file: &File, text: &Text, template: &Template) -> Vec<CommentLine> {
    if template.comments.is_empty() {
        return Vec::new();
    }
    let lines = |(start, end): Span| (line_of(text, start), line_of(text, end.max(start + 1) - 1));
    let mut spans: Vec<(u32, u32)> = template
        .elements
        .iter()
        .map(|element| element.range)
        .chain(template.places.iter().copied())
        .map(lines)
        .filter(|(first, last)| first < last)
        .collect();
    spans.sort_unstable();
    let comment = |&(start, end): &Span| {
        let whole = clearance_template::slice(&text.text, (start, end));
        let inner = whole.trim_start_matches("<!--").trim_start_matches("{#").trim_start_matches(['-', '+']);
        let inner = inner.trim_end_matches("-->").trim_end_matches("#}").trim_end_matches(['-', '+']);
        let (first, last) = lines((start, end));
        let begin = text.line_starts.get(first as usize - 1).copied().unwrap_or(0);
        let own_line = clearance_template::slice(&text.text, (begin, start)).trim().is_empty()
            && rest_of_line(text, end).trim().is_empty();
        // What it stands in or behind; by itself on its lines, what follows.
        let statement_lines = if own_line {
            let next = next_line(text, last);
            (next, spans.iter().find(|(first, _)| *first == next).map_or(next, |(_, last)| *last))
        } else {
            let around = spans.iter().filter(|(from, to)| *from <= first && first <= *to);
            let from = around.clone().map(|(from, _)| *from).min().unwrap_or(first).min(first);
            (from, around.map(|(_, to)| *to).max().unwrap_or(last).max(last))
        };
        CommentLine {
            path: Arc::clone(&file.path),
            line: if own_line { last } else { first },
            own_line,
            text: format!("# {}", inner.trim().replace('\n', " ")),
            statement_lines,
            location: Location::in_text(Arc::clone(&file.path), &text.text, &text.line_starts, (start, end)),
        }
    };
    template.comments.iter().map(comment).collect()
}

fn rest_of_line(text: &Text, end: u32) -> &str {
    let rest = text.text.get(end as usize..).unwrap_or("");
    rest.split('\n').next().unwrap_or("")
}

/// The next line with something on it.
fn next_line(text: &Text, line: u32) -> u32 {
    let content = |line: u32| {
        let start = text.line_starts.get(line as usize - 1).copied()?;
        Some(rest_of_line(text, start))
    };
    (line + 1..line + 20)
        .find(|line| content(*line).is_some_and(|text| !text.trim().is_empty()))
        .unwrap_or(line)
}
