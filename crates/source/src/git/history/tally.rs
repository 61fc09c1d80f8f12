//! What was not read, counted, and told in notices.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clearance_finding::{Notice, NoticeKind};

use super::{SkipReason, Skipped, decode::Unread};

/// Most examples of each reason.
const EXAMPLES: usize = 3;

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A commit, or a tag that leads to one.
    Commit,
    /// The list of a folder.
    Tree,
    /// The content of a file.
    Blob,
}

/// How many, and the first of them.
type Count = (u64, BTreeSet<(u64, Arc<str>)>);

/// Counts, with the first examples in the order of commits.
#[derive(Default)]
pub(super) struct Tally {
    counts: BTreeMap<(Part, SkipReason), Count>,
    /// The time was over.
    late: bool,
    cut_commits: bool,
    cut_trees: bool,
    too_deep: u64,
}

impl Tally {
    /// An object was not read. `order` sorts the examples.
    pub(super) fn unread(&mut self, part: Part, unread: Unread, order: u64, name: impl FnOnce() -> Arc<str>) {
        let reason = match unread {
            Unread::Missing => SkipReason::Missing,
            Unread::TooLarge => SkipReason::TooLarge,
            Unread::Corrupt => SkipReason::Corrupt,
            Unread::Late => {
                self.late = true;
                SkipReason::Time
            }
        };
        self.skip(part, reason, order, name);
    }

    /// Whether the time was over.
    pub(super) fn is_late(&self) -> bool {
        self.late
    }

    /// An object was left out for `reason`.
    pub(super) fn skip(
        &mut self,
        part: Part,
        reason: SkipReason,
        order: u64,
        name: impl FnOnce() -> Arc<str>,
    ) {
        let (count, examples) = self.counts.entry((part, reason)).or_default();
        *count += 1;
        if examples.len() < EXAMPLES || examples.last().is_some_and(|last| order < last.0) {
            add_example(examples, order, name());
        }
    }

    /// Many blobs were left out at once.
    pub(super) fn skip_many(&mut self, reason: SkipReason, count: u64) {
        if count > 0 {
            self.counts.entry((Part::Blob, reason)).or_default().0 += count;
        }
    }

    pub(super) fn late(&mut self) {
        self.late = true;
    }

    pub(super) fn cut_commits(&mut self) {
        self.cut_commits = true;
    }

    pub(super) fn cut_trees(&mut self) {
        self.cut_trees = true;
    }

    pub(super) fn too_deep(&mut self) {
        self.too_deep += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.late |= other.late;
        self.cut_commits |= other.cut_commits;
        self.cut_trees |= other.cut_trees;
        self.too_deep += other.too_deep;
        for (key, (count, examples)) in other.counts {
            let all = self.counts.entry(key).or_default();
            all.0 += count;
            for (order, name) in examples {
                add_example(&mut all.1, order, name);
            }
        }
    }

    /// What is missing from a partial clone was left out on purpose.
    pub(super) fn not_fetched(&mut self) {
        for part in [Part::Tree, Part::Blob] {
            if let Some(missing) = self.counts.remove(&(part, SkipReason::Missing)) {
                self.counts.insert((part, SkipReason::NotFetched), missing);
            }
        }
    }

    /// The counts in order.
    pub(super) fn skipped(&self) -> Vec<Skipped> {
        let counts = self.counts.iter().map(|(&(part, reason), (count, examples))| Skipped {
            part,
            reason,
            count: *count,
            examples: examples.iter().map(|(_, name)| name.clone()).collect(),
        });
        counts.collect()
    }

    /// What the counts mean for the reader of a report. `path` is the repository.
    pub(super) fn notices(&self, path: &Arc<str>) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut add = |kind, text| notices.push(Notice { path: path.clone(), line: None, kind, text });
        for skipped in self.skipped() {
            if let Some((kind, text)) = told(&skipped) {
                add(kind, text);
            }
        }
        if self.late {
            add(
                NoticeKind::Truncated,
                "the history was not read to its end within the time: give it more time, or name a revision to begin at".to_owned(),
            );
        }
        if self.cut_commits {
            add(
                NoticeKind::Truncated,
                "the history has more commits than the limit; not all were read: raise the limit, or name a revision to begin at"
                    .to_owned(),
            );
        }
        if self.cut_trees {
            add(
                NoticeKind::Truncated,
                "the history has more files and folders than can be kept in memory; not all were read: name a revision to begin at"
                    .to_owned(),
            );
        }
        if self.too_deep > 0 {
            add(
                NoticeKind::Truncated,
                format!(
                    "{} entries of the history lie too deep or have too long a path; not read",
                    self.too_deep
                ),
            );
        }
        notices
    }
}

/// Keeps the first examples, each name once.
fn add_example(examples: &mut BTreeSet<(u64, Arc<str>)>, order: u64, name: Arc<str>) {
    let known = examples.iter().find(|example| example.1 == name).cloned();
    match known {
        Some(known) if known.0 <= order => return,
        Some(known) => drop(examples.take(&known)),
        None => {}
    }
    examples.insert((order, name));
    if examples.len() > EXAMPLES {
        examples.pop_last();
    }
}

/// The notice for objects that were not read. None: nobody misses them.
fn told(skipped: &Skipped) -> Option<(NoticeKind, String)> {
    let count = skipped.count;
    let (one, many) = match skipped.part {
        Part::Commit => ("commit", "commits"),
        Part::Tree => ("folder", "folders"),
        Part::Blob => ("file", "files"),
    };
    let noun = if count == 1 { one } else { many };
    let examples: Vec<String> = skipped.examples.iter().map(|name| format!("`{name}`")).collect();
    let names = match examples.len() {
        0 => String::new(),
        length if (length as u64) < count => format!(" ({}, …)", examples.join(", ")),
        _ => format!(" ({})", examples.join(", ")),
    };
    let (kind, what) = match skipped.reason {
        SkipReason::TooLarge => (NoticeKind::TooLarge, "over the size limit; not read: raise the limit"),
        SkipReason::NotFetched => (
            NoticeKind::Truncated,
            "not here, because this is a partial clone; not read: run `git fetch --refetch --filter=blob:limit=10m`, or check a full clone",
        ),
        SkipReason::Missing => {
            (NoticeKind::Unreadable, "missing from the repository; not read: run `git fsck`, and clone anew")
        }
        SkipReason::Corrupt => (NoticeKind::Unreadable, "damaged; not read: run `git fsck`, and clone anew"),
        SkipReason::Total => (
            NoticeKind::Truncated,
            "beyond the limit on all content together; not read: raise the limit, or name a revision to begin at",
        ),
        // One notice for all of them is enough.
        SkipReason::Time => return None,
        SkipReason::Bulk => return None,
    };
    Some((kind, format!("{count} {noun} of the history{names}: {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_the_first_whatever_the_order_and_the_parts() {
        let events = [(5, "a"), (1, "b"), (3, "a"), (9, "c"), (2, "d"), (4, "e"), (0, "c"), (7, "b")];
        let tally = |events: &[(u64, &str)]| {
            let mut tally = Tally::default();
            for (order, name) in events {
                tally.unread(Part::Blob, Unread::Missing, *order, || (*name).into());
            }
            tally
        };
        let whole = tally(&events).skipped();
        let names: Vec<&str> = whole[0].examples.iter().map(|name| &**name).collect();
        assert_eq!((whole[0].count, names), (8, vec!["c", "b", "d"]));
        for middle in 0..events.len() {
            let mut merged = tally(&events[middle..]);
            merged.merge(tally(&events[..middle]));
            assert_eq!(merged.skipped(), whole);
        }
    }
}
