//! What was not seen, as people read it: a file with hundreds of like places is told in a few lines.
//!
//! Machine formats keep every notice.

use std::borrow::Cow;

use clearance_finding::{Notice, NoticeKind};
use clearance_verdict::Coverage;

/// Notices of one kind in one file that are told one by one.
const TOLD: usize = 3;

/// A line about something that was not seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spot<'a> {
    /// The file; empty for the run as a whole.
    pub(crate) path: &'a str,
    pub(crate) line: Option<u32>,
    pub(crate) kind: NoticeKind,
    pub(crate) text: Cow<'a, str>,
}

/// All blind spots in the order of the report, those past the first few of a kind in a file as a number.
pub(crate) fn spots(coverage: &Coverage) -> Vec<Spot<'_>> {
    compact(coverage.blind_spots())
}

fn compact<'a>(notices: impl Iterator<Item = &'a Notice>) -> Vec<Spot<'a>> {
    let mut spots: Vec<Spot<'a>> = Vec::new();
    let mut run = 0;
    let mut last: Option<&Notice> = None;
    let close = |spots: &mut Vec<Spot<'a>>, last: Option<&'a Notice>, run: usize| {
        if let Some(notice) = last.filter(|_| run > TOLD) {
            let left = run - TOLD;
            let places = if left == 1 { "place" } else { "places" };
            let text = Cow::Owned(format!("{left} more {places} in this file, for a like reason"));
            spots.push(Spot { path: &notice.path, line: None, kind: notice.kind, text });
        }
    };
    for notice in notices {
        let same = last.is_some_and(|last| {
            last.path == notice.path && last.kind == notice.kind && !notice.path.is_empty()
        });
        if !same {
            close(&mut spots, last, run);
            run = 0;
        }
        run += 1;
        if run <= TOLD {
            let text = Cow::Borrowed(&*notice.text);
            spots.push(Spot { path: &notice.path, line: notice.line, kind: notice.kind, text });
        }
        last = Some(notice);
    }
    close(&mut spots, last, run);
    spots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(path: &str, line: u32) -> Notice {
        Notice {
            path: path.into(),
            line: Some(line),
            kind: NoticeKind::Truncated,
            text: "not whole".to_owned(),
        }
    }

    #[test]
    fn many_places_of_a_file_become_a_number() {
        let notices: Vec<Notice> =
            (1..=500).map(|line| notice("mesh.py", line)).chain([notice("other.py", 1)]).collect();
        let spots = compact(notices.iter());
        let told: Vec<String> = spots
            .iter()
            .map(|spot| format!("{}:{} {}", spot.path, spot.line.unwrap_or(0), spot.text))
            .collect();
        assert_eq!(
            told,
            [
                "mesh.py:1 not whole",
                "mesh.py:2 not whole",
                "mesh.py:3 not whole",
                "mesh.py:0 497 more places in this file, for a like reason",
                "other.py:1 not whole",
            ]
        );
    }

    #[test]
    fn the_run_as_a_whole_is_told_in_full() {
        let notices: Vec<Notice> = (1..=5).map(|line| notice("", line)).collect();
        assert_eq!(compact(notices.iter()).len(), 5);
    }
}
