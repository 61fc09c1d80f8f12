//! Repairs as reports show them: edits as lines and columns, and what they make of the lines that they touch.

use clearance_finding::{Edit, Finding, Fix, FixLine, Position};

/// An edit with the positions that it replaces.
pub(crate) struct Placed<'a> {
    /// First position replaced.
    pub(crate) start: Position,
    /// One past the last.
    pub(crate) end: Position,
    /// The new text.
    pub(crate) text: &'a str,
}

/// Lines that belong together: what goes and what comes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hunk {
    /// The first line, 1-based.
    pub(crate) number: u32,
    /// The lines that go.
    pub(crate) removed: Vec<String>,
    /// The lines that come.
    pub(crate) added: Vec<String>,
}

/// The file that the finding's repair edits.
pub(crate) fn path<'f>(finding: &'f Finding, fix: &'f Fix) -> &'f str {
    fix.path.as_deref().unwrap_or(&finding.location.path)
}

/// The edits of the repair with their positions, or nothing when one of them lies outside the lines that it carries.
pub(crate) fn placed(fix: &Fix) -> Option<Vec<Placed<'_>>> {
    fix.edits
        .iter()
        .map(|edit| {
            let (start, end) = (position(fix, edit.start)?, position(fix, edit.end)?);
            (start <= end).then_some(Placed { start, end, text: &edit.text })
        })
        .collect()
}

/// What the repair makes of the lines that it touches.
pub(crate) fn hunks(fix: &Fix) -> Option<Vec<Hunk>> {
    placed(fix).filter(|placed| !placed.is_empty())?;
    let mut hunks = Vec::new();
    let mut lines = fix.lines.as_slice();
    while let Some(first) = lines.first() {
        let next = |(at, line): (usize, &FixLine)| line.number as usize != first.number as usize + at;
        let length = lines.iter().enumerate().position(|(at, line)| next((at, line))).unwrap_or(lines.len());
        let (here, rest) = lines.split_at(length);
        hunks.extend(hunk(here, &fix.edits)?);
        lines = rest;
    }
    (!hunks.is_empty()).then_some(hunks)
}

/// The difference in lines that follow each other; nothing of those that stay.
fn hunk(lines: &[FixLine], edits: &[Edit]) -> Option<Option<Hunk>> {
    let (first, last) = (lines.first()?, lines.last()?);
    let end = last.start as usize + last.text.len();
    let mut text = String::new();
    // Line ends of two bytes leave a gap.
    let mut gaps: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        let offset = line.start as usize;
        let at = if text.is_empty() && line.number == first.number { 0 } else { text.len() + 1 };
        if at > 0 {
            text.push('\n');
        }
        gaps.push((offset, at));
        text.push_str(&line.text);
    }
    let place = |offset: u32| {
        let offset = offset as usize;
        let (start, at) = *gaps.iter().rev().find(|(start, _)| *start <= offset)?;
        Some((at + offset - start).min(text.len()))
    };
    let inside: Vec<&Edit> =
        edits.iter().filter(|edit| edit.start >= first.start && (edit.end as usize) <= end + 2).collect();
    let mut made = text.clone();
    for edit in inside.into_iter().rev() {
        let range = place(edit.start)?..place(edit.end)?;
        text.get(range.clone())?;
        made.replace_range(range, &edit.text.replace("\r\n", "\n"));
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (text.split('\n').collect(), made.split('\n').collect());
    let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let rest = before[same..].len().min(after[same..].len());
    let tail = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let own = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let (removed, added) = (own(&before[same..before.len() - tail]), own(&after[same..after.len() - tail]));
    let number = first.number + same as u32;
    Some((!removed.is_empty() || !added.is_empty()).then_some(Hunk { number, removed, added }))
}

fn position(fix: &Fix, offset: u32) -> Option<Position> {
    let index = fix.lines.partition_point(|line| line.start <= offset).checked_sub(1)?;
    let line = &fix.lines[index];
    let before = line.text.get(..(offset - line.start) as usize)?;
    Some(Position { line: line.number, column: u32::try_from(before.chars().count()).ok()? + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(text: &str, edits: &[(u32, u32, &str)]) -> Fix {
        let edits =
            edits.iter().map(|&(start, end, text)| Edit { start, end, text: text.to_owned() }).collect();
        let mut fix = Fix::new("x", true, edits);
        fix.look_at(text, &|_, line| line.to_owned());
        fix
    }

    fn shown(text: &str, edits: &[(u32, u32, &str)]) -> String {
        let mut out = String::new();
        for hunk in hunks(&fix(text, edits)).unwrap_or_default() {
            out.push_str(&format!("@{}", hunk.number));
            hunk.removed.iter().for_each(|line| out.push_str(&format!(" -{line}")));
            hunk.added.iter().for_each(|line| out.push_str(&format!(" +{line}")));
        }
        out
    }

    #[test]
    fn only_what_changes_is_shown() {
        assert_eq!(shown("a\nb\nc\n", &[(2, 3, "x")]), "@2 -b +x");
        assert_eq!(shown("a\nb\nc\n", &[(0, 0, "new\n"), (4, 5, "x")]), "@1 +new@3 -c +x");
        assert_eq!(shown("a\nb\nc\n", &[(2, 4, "")]), "@2 -b");
        assert_eq!(shown("a\nb\n", &[(4, 4, "c\n")]), "@3 +c");
        assert_eq!(shown("a\r\nb\r\n", &[(3, 4, "x")]), "@2 -b +x");
        assert_eq!(shown("a\nb", &[(3, 3, "\nc")]), "@3 +c");
        assert_eq!(shown("é = b", &[(5, 6, "x")]), "@1 -é = b +é = x");
    }

    #[test]
    fn positions_are_lines_and_columns() {
        let fix = fix("é = b\nc\n", &[(5, 6, "x"), (7, 9, "")]);
        let placed = placed(&fix).unwrap();
        let place = |position: Position| (position.line, position.column);
        assert_eq!((place(placed[0].start), place(placed[0].end)), ((1, 5), (1, 6)));
        assert_eq!((place(placed[1].start), place(placed[1].end)), ((2, 1), (3, 1)));
    }

    #[test]
    fn an_edit_outside_of_the_lines_has_no_place() {
        let mut fix = fix("a\n", &[(0, 1, "b")]);
        fix.edits[0].end = 99;
        assert!(placed(&fix).is_none() && hunks(&fix).is_none());
    }
}
