//! Where a credential stands, with the code around it and the credential blacked out.

use std::{ops::Range, sync::Arc};

use clearance_finding::{CodeLine, Location, Position};

/// Shows that something was blacked out.
const MASK: char = '*';
/// Letters of a credential's own beginning that may be shown, where it is the same for all of the kind.
const MAX_HEAD: usize = 12;

/// Where a credential stands in `text`. The first `shown` bytes of it are the same for all of its kind. `lines_before` is the number of lines before the text, where
/// it is a part of a file.
pub(crate) fn place(
    path: &Arc<str>,
    text: &[u8],
    secret: &Range<usize>,
    shown: usize,
    hidden: &[Range<usize>],
    lines_before: u32,
) -> Location {
    let line_start = |at: usize| memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let first = line_start(secret.start);
    let number = memchr::memchr_iter(b'\n', &text[..first]).count();
    let number = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(lines_before).saturating_add(1);
    let last_line = line_start(secret.end.saturating_sub(1).max(secret.start));
    let extra = memchr::memchr_iter(b'\n', &text[first..last_line.max(first)]).count() as u32;
    let column = |from: usize, to: usize| {
        u32::try_from(String::from_utf8_lossy(&text[from..to]).chars().count())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    };
    let mut masked: Vec<Range<usize>> = hidden.to_vec();
    masked.push(secret.start + shown.min(MAX_HEAD).min(secret.len())..secret.end);
    let mut code = Vec::new();
    let mut from = first;
    for offset in 0..=extra {
        if code.len() == Location::MAX_LINES {
            break;
        }
        let end = memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |end| from + end);
        code.push(CodeLine {
            number: number.saturating_add(offset),
            text: shown_line(text, from..end, &masked),
        });
        from = (end + 1).min(text.len());
    }
    let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Location {
        path: Arc::clone(path),
        start: Position { line: number, column: column(first, secret.start) },
        end: Position { line: number.saturating_add(extra), column: column(last_line, secret.end) },
        bytes: (clamp(secret.start), clamp(secret.end)),
        code,
    }
}

/// A line, cut, without what is blacked out, control characters made visible.
fn shown_line(text: &[u8], line: Range<usize>, masked: &[Range<usize>]) -> String {
    // Much more than can be shown need not be looked at.
    let end = line.end.min(line.start + Location::MAX_WIDTH * 4);
    let mut blacked = text[line.start..end].to_vec();
    for range in masked {
        let from = range.start.clamp(line.start, end) - line.start;
        let to = range.end.clamp(line.start, end) - line.start;
        if from < to {
            // As many signs as there were characters, so that what stands beside it stays where it is.
            let characters = String::from_utf8_lossy(&blacked[from..to]).chars().count();
            let width = to - from;
            blacked[from..to].fill(0);
            blacked[from..from + characters.min(width)].fill(1);
        }
    }
    let kept: Vec<u8> = blacked.into_iter().filter(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&kept)
        .trim_end_matches('\r')
        .chars()
        .take(Location::MAX_WIDTH)
        .map(|c| match c {
            '\u{1}' => MASK,
            '\t' => '\t',
            c if c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}') => '\u{FFFD}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_is_blacked_out() {
        let text = "a = 1\nkey = \"tok_s3cret\" # é\n".as_bytes();
        let at = 13;
        let here = place(&"x.js".into(), text, &(at..at + 10), 4, &[], 0);
        assert_eq!(here.start, Position { line: 2, column: 8 });
        assert_eq!(here.end, Position { line: 2, column: 18 });
        assert_eq!(here.code[0].text, "key = \"tok_******\" # é");
    }

    #[test]
    fn several_lines_and_parts_of_files() {
        let text = b"-----BEGIN X-----\nabc\ndef\n-----END X-----\n";
        let here = place(&"k".into(), text, &(0..41), 0, &[], 100);
        assert_eq!((here.start.line, here.end.line), (101, 104));
        let shown: Vec<&str> = here.code.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(shown, ["*".repeat(17).as_str(), "***", "***", &"*".repeat(15)]);
    }
}
