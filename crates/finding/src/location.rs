//! Places in files.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A position: 1-based line and 1-based column in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column, counted in Unicode scalar values.
    pub column: u32,
}

/// A range in a file of the target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// First position.
    pub start: Position,
    /// One past the last position.
    pub end: Position,
    /// Byte offsets of the same range in the decoded UTF-8 text.
    pub bytes: (u32, u32),
    /// The source lines `start.line ..= end.line`, without line ends, at most [`Location::MAX_LINES`] of them, each cut to
    /// [`Location::MAX_WIDTH`] characters. Empty when the place is a file as a whole.
    pub code: Vec<CodeLine>,
}

/// One line of source as shown in a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodeLine {
    /// 1-based line number.
    pub number: u32,
    /// Its text, control characters replaced.
    pub text: String,
}

impl Location {
    /// Longest excerpt kept, in lines.
    pub const MAX_LINES: usize = 6;
    /// Longest line kept, in characters.
    pub const MAX_WIDTH: usize = 240;

    /// A place that stands for a whole file.
    pub fn file(path: Arc<str>) -> Self {
        let first = Position { line: 1, column: 1 };
        Self { path, start: first, end: first, bytes: (0, 0), code: Vec::new() }
    }

    /// Builds a location for the byte range `bytes` of `text`. `line_starts` are the byte offsets of the first byte of every
    /// line, ascending, beginning with 0. Offsets past the end, or inside a character, are moved to the nearest valid place before.
    pub fn in_text(path: Arc<str>, text: &str, line_starts: &[u32], bytes: (u32, u32)) -> Self {
        let start = position(text, line_starts, bytes.0);
        let end = position(text, line_starts, bytes.1.max(bytes.0));
        let code = (start.line..=end.line)
            .take(Self::MAX_LINES)
            .map(|number| CodeLine { number, text: shown_line(text, line_starts, number) })
            .collect();
        Self { path, start, end, bytes, code }
    }
}

/// One step of a trace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Where.
    pub location: Location,
    /// What happens there, a short clause (`"its default is \"0.0.0.0\""`).
    pub note: String,
}

fn position(text: &str, line_starts: &[u32], offset: u32) -> Position {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let line = line_starts.partition_point(|&start| start as usize <= offset).max(1);
    let start = line_starts.get(line - 1).map_or(0, |&start| start as usize);
    let before = &text[start.min(offset)..offset];
    Position { line: line as u32, column: before.chars().count() as u32 + 1 }
}

/// The line `number` (1-based) as it is shown: without its end, cut, control characters made visible.
fn shown_line(text: &str, line_starts: &[u32], number: u32) -> String {
    let index = number as usize - 1;
    let start = line_starts.get(index).map_or(text.len(), |&start| start as usize);
    let end = line_starts.get(index + 1).map_or(text.len(), |&end| end as usize);
    text[start..end]
        .trim_end_matches(['\n', '\r'])
        .chars()
        .take(Location::MAX_WIDTH)
        .map(|c| match c {
            '\t' => '\t',
            c if c.is_control() || is_bidi_control(c) => '\u{FFFD}',
            c => c,
        })
        .collect()
}

/// Characters that reorder what a reader sees (UAX #9 explicit directional formatting).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_are_cut_clean() {
        let text = "é = 1\nçà = évil\u{202E}()\n";
        let starts = [0, 7, 25];
        let at = text.find("évil").unwrap() as u32;
        let here = Location::in_text("a.py".into(), text, &starts, (at, at + 5));
        assert_eq!(here.start, Position { line: 2, column: 6 });
        assert_eq!(here.end, Position { line: 2, column: 10 });
        assert_eq!(here.code[0].text, "çà = évil\u{FFFD}()");
    }

    #[test]
    fn offsets_past_the_end_are_clamped() {
        let here = Location::in_text("a.py".into(), "x", &[0], (5, 9));
        assert_eq!(here.start, Position { line: 1, column: 2 });
    }
}
