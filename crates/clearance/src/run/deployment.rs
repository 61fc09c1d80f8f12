//! The files of deployment, read beside the code.

use std::sync::Arc;

use clearance_deploy::{DeployFile, is_wanted};
use clearance_finding::Notice;
use clearance_source::{File, Options, Role, read};
use clearance_verdict::CommentLine;
use rayon::prelude::*;

/// The files of deployment, by path, and what of them could not be read.
pub(super) fn files(files: &[File], options: &Options) -> (Vec<DeployFile>, Vec<Notice>) {
    let read: Vec<_> =
        files.par_iter().filter(|file| wanted(file)).map(|file| deploy_file(file, options)).collect();
    let mut found = Vec::new();
    let mut notices = Vec::new();
    for result in read {
        match result {
            Ok((file, notice)) => {
                found.push(file);
                notices.extend(notice);
            }
            Err(notice) => notices.push(notice),
        }
    }
    (found, notices)
}

/// Comments that accept findings where they stand: `# clearance: accept[rule] reason`, at the end of a line or on the line before.
pub(super) fn comments(files: &[DeployFile]) -> Vec<CommentLine> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.text.contains("clearance:")) {
        let mut at = 0;
        for (number, line) in (1u32..).zip(file.text.split_inclusive('\n')) {
            let start = at;
            at += line.len();
            let Some(mark) = line
                .match_indices('#')
                .map(|(mark, _)| mark)
                .find(|&mark| line[mark..].trim_start_matches('#').trim_start().starts_with("clearance:"))
            else {
                continue;
            };
            let own_line = line[..mark].trim().is_empty();
            let subject = if own_line { number.saturating_add(1) } else { number };
            found.push(CommentLine {
                path: Arc::clone(&file.path),
                line: number,
                own_line,
                text: line[mark..].trim_end().to_owned(),
                statement_lines: (subject, subject),
                location: file.location(start + mark, start + line.trim_end().len()),
            });
        }
    }
    found
}

fn wanted(file: &File) -> bool {
    is_wanted(&file.path, file.kind) && !matches!(file.role, Role::Vendored | Role::Generated)
}

fn deploy_file(file: &File, options: &Options) -> Result<(DeployFile, Option<Notice>), Notice> {
    let text = read(file, options)?;
    let found = DeployFile {
        path: Arc::clone(&file.path),
        kind: file.kind,
        role: file.role,
        text: text.text,
        line_starts: text.line_starts,
        tracked: file.tracked,
        mode: mode(file),
    };
    Ok((found, text.notice))
}

#[cfg(unix)]
fn mode(file: &File) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let data = std::fs::symlink_metadata(&file.absolute).ok()?;
    Some(data.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &File) -> Option<u32> {
    None
}
