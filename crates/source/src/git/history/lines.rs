//! Where lines of one version of a file are in another.

use std::ops::Range;

use clearance_finding::normalise_code;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::places::{Hunk, HunkLine, Sign};

/// Most lines of both versions, without what they begin and end with in common, that are compared one by one.
const MAX_COMPARED: usize = 20_000;
/// Most lines of a shown difference, the unchanged lines around it on each side, and most characters of one.
const MAX_SHOWN: usize = 40;
const AROUND: usize = 2;
const MAX_WIDTH: usize = 300;

/// The lines of a text, without their ends.
pub(super) fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

/// What became of a range of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Followed {
    /// They are here, apart from formatting.
    Same(Range<usize>),
    /// They are not: these lines of the old version became those of the new one.
    Changed {
        /// Lines of the old version that changed, those that were asked for among them.
        old: Range<usize>,
        /// What stands there now; empty, if nothing does.
        new: Range<usize>,
    },
}

/// The difference between two versions.
pub(super) struct Difference {
    ops: Vec<DiffOp>,
}

impl Difference {
    pub(super) fn between(old: &[&[u8]], new: &[&[u8]]) -> Self {
        let common = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(new.len()) - common;
        let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let (old_end, new_end) = (old.len() - end, new.len() - end);
        let mut ops = Vec::new();
        let equal = |old_index, new_index, len| DiffOp::Equal { old_index, new_index, len };
        if common > 0 {
            ops.push(equal(0, 0, common));
        }
        let (old_len, new_len) = (old_end - common, new_end - common);
        if old_len + new_len > MAX_COMPARED {
            ops.push(DiffOp::Replace { old_index: common, old_len, new_index: common, new_len });
        } else {
            let inner = capture_diff_slices(Algorithm::Myers, &old[common..old_end], &new[common..new_end]);
            ops.extend(inner.into_iter().map(|op| shifted(op, common)));
        }
        if end > 0 {
            ops.push(equal(old_end, new_end, end));
        }
        Self { ops }
    }

    /// Follows the lines `region` of `old` into `new`, the versions that this is the difference between.
    pub(super) fn follow(&self, old: &[&[u8]], new: &[&[u8]], region: Range<usize>) -> Followed {
        let region = region.start.min(old.len())..region.end.min(old.len());
        let mut span = region.clone();
        let mut touched = false;
        for op in self.ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
            let range = op.old_range();
            let meets = if range.is_empty() {
                // Lines that come in between belong to the place; at its edges they do not, unless nothing is left of it.
                (range.start > region.start && range.start < region.end)
                    || (region.is_empty() && range.start == region.start)
            } else {
                range.start < region.end && region.start < range.end
                    || region.is_empty() && range.start <= region.start && region.start <= range.end
            };
            if meets {
                touched = true;
                span = span.start.min(range.start)..span.end.max(range.end);
            }
        }
        let place = self.place(&span);
        if !touched {
            return Followed::Same(place);
        }
        let text = |lines: &[&[u8]]| normalise_code(&String::from_utf8_lossy(&lines.join(&b'\n')));
        if !span.is_empty() && text(&old[span.clone()]) == text(&new[place.clone()]) {
            return Followed::Same(place);
        }
        Followed::Changed { old: span, new: place }
    }

    /// Where a range whose edges lie in no difference, or on the edge of one that it holds, is in the new version.
    fn place(&self, span: &Range<usize>) -> Range<usize> {
        let mut start = None;
        let mut end = None;
        for op in &self.ops {
            let (old, new) = (op.old_range(), op.new_range());
            let is_equal = matches!(op, DiffOp::Equal { .. });
            if start.is_none() && span.start < old.end && is_equal && span.start >= old.start {
                start = Some(new.start + (span.start - old.start));
            }
            if start.is_none()
                && !is_equal
                && span.start == old.start
                && (span.end > span.start || old.is_empty())
            {
                // A difference before which the range begins belongs to it only if the range holds lines of it.
                if !old.is_empty() || span.is_empty() {
                    start = Some(new.start);
                }
            }
            if is_equal && span.end > old.start && span.end <= old.end {
                end = Some(new.start + (span.end - old.start));
            }
            if !is_equal && span.end == old.end && (!old.is_empty() || span.is_empty()) {
                end = Some(new.end);
            }
        }
        let last = self.ops.last().map_or(0, |op| op.new_range().end);
        let start = start.unwrap_or(last);
        start..end.unwrap_or(start).max(start)
    }

    /// The lines `old` and `new` that became each other, with a few around them.
    pub(super) fn shown(
        &self,
        (before, after): (&[&[u8]], &[&[u8]]),
        old: &Range<usize>,
        new: &Range<usize>,
    ) -> Hunk {
        let first = AROUND.min(old.start).min(new.start);
        let (old_start, new_start) = (old.start - first, new.start - first);
        let mut shown = Vec::new();
        let mut push = |sign, line: &[u8]| shown.push(HunkLine { sign, text: shortened(line) });
        for line in &before[old_start..old.start] {
            push(Sign::Same, line);
        }
        let inside = |range: &Range<usize>, of: &Range<usize>| {
            range.start.max(of.start)..range.end.min(of.end).max(range.start.max(of.start))
        };
        for op in &self.ops {
            let old_part = inside(&op.old_range(), old);
            let new_part = inside(&op.new_range(), new);
            match op {
                DiffOp::Equal { .. } => before[old_part].iter().for_each(|line| push(Sign::Same, line)),
                _ => {
                    before[old_part].iter().for_each(|line| push(Sign::Out, line));
                    after[new_part].iter().for_each(|line| push(Sign::In, line));
                }
            }
        }
        for line in before.iter().skip(old.end).take(AROUND) {
            push(Sign::Same, line);
        }
        let is_cut = shown.len() > MAX_SHOWN;
        shown.truncate(MAX_SHOWN);
        Hunk { old_start: number(old_start), new_start: number(new_start), lines: shown, is_cut }
    }
}

fn shifted(op: DiffOp, by: usize) -> DiffOp {
    match op {
        DiffOp::Equal { old_index, new_index, len } => {
            DiffOp::Equal { old_index: old_index + by, new_index: new_index + by, len }
        }
        DiffOp::Delete { old_index, old_len, new_index } => {
            DiffOp::Delete { old_index: old_index + by, old_len, new_index: new_index + by }
        }
        DiffOp::Insert { old_index, new_index, new_len } => {
            DiffOp::Insert { old_index: old_index + by, new_index: new_index + by, new_len }
        }
        DiffOp::Replace { old_index, old_len, new_index, new_len } => {
            DiffOp::Replace { old_index: old_index + by, old_len, new_index: new_index + by, new_len }
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

fn shortened(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(4 * MAX_WIDTH)]).into_owned();
    match text.char_indices().nth(MAX_WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// How alike two versions are: the share of lines, 0 to 100, of the larger one that the other has, too.
pub(super) fn likeness(old: &[&[u8]], new: &[&[u8]]) -> usize {
    let ops = Difference::between(old, new).ops;
    let same: usize =
        ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. })).map(|op| op.old_range().len()).sum();
    (100 * same).checked_div(old.len().max(new.len())).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(old: &str, new: &str, region: Range<usize>) -> Followed {
        let (old, new) = (lines(old.as_bytes()), lines(new.as_bytes()));
        Difference::between(&old, &new).follow(&old, &new, region)
    }

    #[test]
    fn lines_above_move_a_place() {
        assert_eq!(follow("a\nb\nc\n", "x\ny\na\nb\nc\n", 1..2), Followed::Same(3..4));
        assert_eq!(follow("a\nb\nc\n", "b\nc\n", 1..3), Followed::Same(0..2));
        assert_eq!(follow("a\nb\nc\n", "a\nx\nb\nc\n", 1..2), Followed::Same(2..3));
        assert_eq!(follow("a\nb\nc\n", "a\nb\nx\nc\n", 1..2), Followed::Same(1..2));
        assert_eq!(follow("a\nb\n", "a\nb\nx\n", 1..2), Followed::Same(1..2));
    }

    #[test]
    fn what_changes_is_seen() {
        assert_eq!(follow("a\nb\nc\n", "a\nB\nc\n", 1..2), Followed::Changed { old: 1..2, new: 1..2 });
        assert_eq!(follow("a\nb\nc\n", "a\nc\n", 1..2), Followed::Changed { old: 1..2, new: 1..1 });
        assert_eq!(follow("a\nb\nc\n", "a\nb\nx\nc\n", 1..3), Followed::Changed { old: 1..3, new: 1..4 });
        assert_eq!(follow("a\nb\nc\n", "", 1..2), Followed::Changed { old: 0..3, new: 0..0 });
        assert_eq!(follow("a\nb\nc", "a\nB1\nB2\nc", 1..2), Followed::Changed { old: 1..2, new: 1..3 });
    }

    #[test]
    fn formatting_is_no_change() {
        let old = "x = 1\nrun('a', debug=True)\ny = 2\n";
        let new = "x = 1\nrun(\n    \"a\",\n    debug=True,\n)\ny = 2\n";
        assert_eq!(follow(old, new, 1..2), Followed::Same(1..5));
        assert_eq!(follow("a\r\nb\r\n", "a\nb\n", 0..2), Followed::Same(0..2));
    }

    #[test]
    fn a_difference_is_shown_with_what_is_around_it() {
        let (old, new) = (lines(b"a\nb\nc\nd\ne\n"), lines(b"a\nb\nX\nd\ne\n"));
        let difference = Difference::between(&old, &new);
        let hunk = difference.shown((&old, &new), &(2..3), &(2..3));
        let text: String =
            hunk.lines.iter().map(|line| format!("{}{}\n", line.sign.as_char(), line.text)).collect();
        assert_eq!(text, " a\n b\n-c\n+X\n d\n e\n");
        assert_eq!((hunk.old_start, hunk.new_start, hunk.is_cut), (1, 1, false));
    }

    #[test]
    fn likeness_is_a_share_of_lines() {
        let of = |old: &str, new: &str| likeness(&lines(old.as_bytes()), &lines(new.as_bytes()));
        assert_eq!(of("a\nb\nc\nd\n", "a\nb\nc\nx\n"), 75);
        assert_eq!((of("", ""), of("a\n", "")), (100, 0));
    }
}
