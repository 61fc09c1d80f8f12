//! Templates, read beside the Python files where data is followed.

use std::sync::Arc;

use clearance_finding::{Notice, NoticeKind};
use clearance_program::TemplateFile;
use clearance_source::{File, FileKind, Options, Role, read};
use rayon::prelude::*;

/// The templates of the application, and what of them could not be seen into.
pub(super) fn templates(files: &[File], options: &Options) -> (Vec<TemplateFile>, Vec<Notice>) {
    let read: Vec<_> =
        files.par_iter().filter(|file| is_wanted(file)).map(|file| template(file, options)).collect();
    let mut found = Vec::new();
    let mut notices = Vec::new();
    for (template, notice) in read {
        found.extend(template);
        notices.extend(notice);
    }
    (found, notices)
}

fn is_wanted(file: &File) -> bool {
    file.kind == FileKind::Template
        && !matches!(file.role, Role::Test | Role::Documentation | Role::Vendored | Role::Generated)
}

fn template(file: &File, options: &Options) -> (Option<TemplateFile>, Option<Notice>) {
    // Elsewhere, a page is most likely just a page.
    let is_sure = file.path.split('/').any(|part| matches!(part, "templates" | "jinja2"));
    let text = match read(file, options) {
        Ok(text) => text,
        Err(notice) => return (None, Some(notice).filter(|_| is_sure)),
    };
    let template = clearance_template::parse(&text.text);
    let deep = template.problems.iter().find(|problem| problem.text.contains("deeply"));
    let notice = deep.map(|problem| Notice {
        path: Arc::clone(&file.path),
        line: Some(text.line_starts.partition_point(|start| *start <= problem.at) as u32),
        kind: NoticeKind::Truncated,
        text: format!("analysed in part: {}", problem.text),
    });
    let notice = notice.or(text.notice).filter(|_| is_sure);
    let found = TemplateFile {
        path: Arc::clone(&file.path),
        role: file.role,
        text: text.text,
        line_starts: text.line_starts,
        template,
    };
    (Some(found), notice)
}
