//! What was seen and what was not.

use clearance_finding::{Notice, NoticeKind};

use crate::{input::FileLine, words::FileStatus};

/// What was seen and what was not, computed from the inventory and the notices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files that should have been analysed.
    pub files: usize,
    /// Files of which at least a part was analysed.
    pub analysed: usize,
    /// Files analysed whole.
    pub whole: usize,
    /// Application files of code (not tests, vendored or generated code, no templates) analysed whole.
    pub application: usize,
    /// Lines in the files of which at least a part was analysed.
    pub lines: u64,
    /// What parsed in part or had to be decoded with replacement characters.
    pub partial: Vec<Notice>,
    /// What could not be read.
    pub unreadable: Vec<Notice>,
    /// What was over a limit, or where a bound on work was hit.
    pub truncated: Vec<Notice>,
    /// Where the analysis itself failed.
    pub failed: Vec<Notice>,
    /// What was deliberately left out.
    pub skipped: Vec<Notice>,
    /// Files whose status says that they were not analysed whole although no notice says why.
    pub unexplained: Vec<String>,
}

impl Coverage {
    /// Coverage of a run over `files` that gave `notices`.
    pub fn new(files: &[FileLine], notices: &[Notice]) -> Self {
        let mut coverage = Self::default();
        let mut notices = notices.to_vec();
        notices.sort();
        notices.dedup();
        let explained: rustc_hash::FxHashSet<&str> =
            notices.iter().filter(|notice| notice.kind.is_blind_spot()).map(|notice| &*notice.path).collect();
        for file in files {
            match file.status {
                FileStatus::Skipped => continue,
                FileStatus::Analysed => coverage.whole += usize::from(!explained.contains(&*file.path)),
                FileStatus::Partial | FileStatus::Unreadable => {
                    if !explained.contains(&*file.path) {
                        coverage.unexplained.push(file.path.to_string());
                    }
                }
            }
            coverage.files += 1;
            if file.status != FileStatus::Unreadable {
                coverage.analysed += 1;
                coverage.lines += u64::from(file.lines);
            }
            if file.status == FileStatus::Analysed
                && file.role == "application"
                && file.kind != "template"
                && !explained.contains(&*file.path)
            {
                coverage.application += 1;
            }
        }
        coverage.unexplained.sort();
        for notice in notices {
            let list = match notice.kind {
                NoticeKind::Partial | NoticeKind::Undecodable => &mut coverage.partial,
                NoticeKind::Unreadable => &mut coverage.unreadable,
                NoticeKind::TooLarge | NoticeKind::Truncated => &mut coverage.truncated,
                NoticeKind::Failed => &mut coverage.failed,
                NoticeKind::Skipped => &mut coverage.skipped,
            };
            list.push(notice);
        }
        coverage
    }

    /// Notices of what should have been seen and was not, in the order of the report.
    pub fn blind_spots(&self) -> impl Iterator<Item = &Notice> {
        [&self.unreadable, &self.failed, &self.partial, &self.truncated].into_iter().flatten()
    }

    /// Paths with a blind spot, each once, in order; the run as a whole is the empty path.
    pub fn blind_paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self
            .blind_spots()
            .map(|notice| &*notice.path)
            .chain(self.unexplained.iter().map(String::as_str))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// Whether everything that should have been seen was.
    pub fn is_complete(&self) -> bool {
        self.blind_spots().next().is_none() && self.unexplained.is_empty()
    }

    /// Whether there was nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.analysed == 0
    }
}
