//! The secrets plane of a run: every file of the tree, and the history if that was asked for.

mod accepted;
mod detectors;
pub(crate) mod history;
mod redact;

use std::{fs, io::Read, sync::Arc};

use clearance_finding::{Location, Notice, NoticeKind};
use clearance_secrets::{
    archive,
    plane::{self, Extent, Hidden, Leak, Text, look},
    search::Searcher,
};
use clearance_source::{File, FileKind, Options, Role};
use clearance_verdict::{CommentLine, FileLine, FileStatus};
use rayon::prelude::*;

use super::{analyse::Analysis, plan::Plan};
pub(crate) use detectors::Known;
pub(crate) use history::Past;
pub(crate) use redact::Redactor;

/// Most bytes of a file that are searched.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// The credentials of a target, and what was looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    leaks: Vec<Leak>,
    /// Where nothing else is examined, the files that were.
    files: Vec<FileLine>,
    /// Credentials that are in order where they stand.
    unsaid: Vec<Hidden>,
    extent: Extent,
    notices: Vec<Notice>,
}

/// What one file gave.
#[derive(Debug, Default)]
pub(crate) struct FileSecrets {
    leaks: Vec<Leak>,
    unsaid: Vec<Hidden>,
    bytes: u64,
    members: u32,
    binary: bool,
    /// Its text was searched: what was not read, or is nobody's business, is no evidence.
    searched: bool,
    notice: Option<Notice>,
}

/// Looks for credentials in the bytes of a file.
pub(crate) fn of_bytes(known: &Known, file: &File, bytes: &[u8]) -> FileSecrets {
    let content = Content { path: &file.path, role: file.role, bytes, alone: known.only };
    let mut found = of_content(&known.searcher, content);
    // Where secrets belong: they reach nobody with the repository, and nobody with the report.
    if file.kind == FileKind::EnvFile && (file.ignored_by_git || file.tracked == Some(false)) {
        let unsaid = std::mem::take(&mut found.leaks).into_iter().map(|leak| leak.value).collect();
        return FileSecrets { unsaid, ..FileSecrets::default() };
    }
    found
}

/// What is searched.
struct Content<'a> {
    path: &'a Arc<str>,
    role: Role,
    bytes: &'a [u8],
    /// No rule sees the program that it belongs to.
    alone: bool,
}

/// The same for bytes that need not be those of a file in the tree.
fn of_content(searcher: &Searcher, content: Content<'_>) -> FileSecrets {
    let Content { path, role, bytes, alone } = content;
    let mut found = FileSecrets { bytes: bytes.len() as u64, searched: true, ..FileSecrets::default() };
    let mut cut = None;
    if archive::is_archive(bytes) {
        let unpacked = archive::members(bytes, &mut |name, text| {
            let inner: Arc<str> = Arc::from(name);
            let looked = look(searcher, Text { path: &inner, role, bytes: text, alone: true });
            cut = cut.or(looked.cut);
            found.leaks.extend(looked.leaks.into_iter().map(|mut leak| {
                leak.member = Some(format!("{}:{}", leak.location.path, leak.location.start.line));
                leak.location = Location::file(Arc::clone(path));
                leak.remarks.clear();
                leak
            }));
        });
        found.members = unpacked.members;
        cut = cut.or(unpacked.cut);
    } else {
        let utf16 = (bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]))
            .then(|| clearance_source::text_of(Arc::clone(path), bytes.to_vec(), FileKind::Other))
            .and_then(Result::ok);
        let bytes = utf16.as_ref().map_or(bytes, |text| text.text.as_bytes());
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if archive::is_binary(bytes) {
            found.binary = true;
            found.searched = false;
            return found;
        }
        let looked = look(searcher, Text { path, role, bytes, alone });
        found.leaks = looked.leaks;
        cut = looked.cut;
    }
    found.notice = cut.map(|why| Notice {
        path: Arc::clone(path),
        line: None,
        kind: NoticeKind::Truncated,
        text: format!("searched for credentials in part: {why}"),
    });
    found
}

/// Looks for credentials in the files of the tree that `seen` does not hold.
pub(crate) fn search(plan: &Plan, seen: Vec<FileSecrets>, past: &history::Found) -> Secrets {
    let mut secrets = Secrets::default();
    secrets.leaks.extend(past.leaks.iter().cloned());
    secrets.extent.history = past.history.clone();
    secrets.notices.extend(past.notices.iter().cloned());
    if let Some((files, bytes)) = past.staged {
        secrets.extent = Extent { files, bytes, staged: true, ..secrets.extent };
        if plan.secrets.only {
            // The others are as the last commit has them.
            secrets.files = plan.inventory.files.iter().map(line).collect();
        }
        return secrets;
    }
    let options = Options { max_file_bytes: MAX_BYTES, ..plan.options.clone() };
    let others: Vec<FileSecrets> = plan
        .inventory
        .files
        .par_iter()
        .filter(|file| {
            plan.secrets.only || !file.kind.is_python() || file.bytes > plan.options.max_file_bytes
        })
        .map(|file| of_file(&plan.secrets, file, &options))
        .collect();
    if plan.secrets.only {
        let searched = plan.inventory.files.iter().zip(&others).filter(|(_, found)| found.searched);
        secrets.files = searched.map(|(file, _)| line(file)).collect();
    }
    for found in seen.into_iter().chain(others) {
        secrets.extent.files += u32::from(found.searched);
        secrets.extent.binary += u32::from(found.binary);
        secrets.extent.bytes += if found.searched { found.bytes } else { 0 };
        secrets.extent.members += found.members;
        secrets.leaks.extend(found.leaks);
        secrets.unsaid.extend(found.unsaid);
        secrets.notices.extend(found.notice);
    }
    secrets
}

fn line(file: &File) -> FileLine {
    FileLine {
        path: Arc::clone(&file.path),
        role: file.role.as_str(),
        kind: file.kind.as_str(),
        status: FileStatus::Analysed,
        lines: 0,
    }
}

fn of_file(known: &Known, file: &File, options: &Options) -> FileSecrets {
    let notice = |kind, text: String| FileSecrets {
        notice: Some(Notice { path: Arc::clone(&file.path), line: None, kind, text }),
        ..FileSecrets::default()
    };
    if let Some(contents) = &file.contents {
        return of_bytes(known, file, contents);
    }
    let limit = options.max_file_bytes;
    let mut bytes = Vec::with_capacity(usize::try_from(file.bytes.min(limit)).unwrap_or_default() + 1);
    let opened = fs::File::open(&file.absolute).and_then(|opened| {
        if !opened.metadata()?.is_file() {
            return Err(std::io::Error::other("no longer a regular file"));
        }
        opened.take(limit + 1).read_to_end(&mut bytes)
    });
    if let Err(error) = opened {
        return notice(NoticeKind::Unreadable, format!("could not be searched for credentials: {error}"));
    }
    let more = bytes.len() as u64 > limit;
    bytes.truncate(limit as usize);
    let mut found = of_bytes(known, file, &bytes);
    if more && !found.binary {
        found.notice = notice(
            NoticeKind::Truncated,
            format!("only its first {} MB were searched for credentials", limit >> 20),
        )
        .notice;
    }
    found
}

impl Secrets {
    /// Every value that was found, whether it is told or not.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Hidden> {
        self.leaks.iter().map(|leak| &leak.value).chain(&self.unsaid)
    }

    /// The files in which something was found, by path.
    pub(crate) fn paths(&self) -> std::collections::BTreeSet<Arc<str>> {
        self.leaks.iter().map(|leak| Arc::clone(&leak.location.path)).collect()
    }

    /// Adds what was found to the rest of the analysis.
    pub(crate) fn join(self, detectors: &Known, analysis: &mut Analysis) {
        let known: std::collections::BTreeSet<(Arc<str>, u32)> =
            analysis.comments.iter().map(|comment| (Arc::clone(&comment.path), comment.line)).collect();
        let mut comments = Vec::new();
        for leak in &self.leaks {
            for (line, alone, text) in &leak.remarks {
                if known.contains(&(Arc::clone(&leak.location.path), *line)) {
                    continue;
                }
                let mut location = leak.location.clone();
                location.code.retain(|code| code.number == *line);
                let subject = (leak.location.start.line, leak.location.end.line);
                comments.push(CommentLine {
                    path: Arc::clone(&leak.location.path),
                    line: *line,
                    own_line: *alone,
                    text: text.clone(),
                    statement_lines: subject,
                    location,
                });
            }
        }
        comments.dedup_by(|a, b| a.path == b.path && a.line == b.line);
        analysis.comments.extend(comments);
        analysis.searched = Some(self.extent.files);
        analysis.files.extend(self.files);
        let constants = accepted::constants(analysis);
        let (accepted, notices) =
            accepted::acceptances(detectors, &self.leaks, &constants, self.extent.history.is_some());
        analysis.accepted.extend(accepted);
        analysis.notices.extend(notices);
        let outcome =
            plane::judge(&detectors.searcher, self.leaks, &self.extent, &mut analysis.outcome.findings);
        analysis.outcome.findings.extend(outcome.findings);
        analysis.outcome.facts.extend(outcome.facts);
        analysis.outcome.examined.extend(outcome.examined);
        analysis.notices.extend(self.notices);
    }
}
