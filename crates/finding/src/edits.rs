//! Edits beside each other, and the text that comes of them.

use crate::{Edit, Fix, FixLine};

/// Lines of one repair that are kept for reports.
const MAX_LINES: usize = 60;
/// Bytes of one such line.
const MAX_WIDTH: usize = 400;

impl Fix {
    /// A repair of the finding's own file.
    pub fn new(title: impl Into<String>, safe: bool, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safe, edits, path: None, lines: Vec::new() }
    }

    /// Takes the lines that the edits touch out of the file's text, for reports; none where there are too many. `shown` says how a line may be shown, by its number
    /// and text; what it gives must be as long.
    pub fn look_at(&mut self, text: &str, shown: &dyn Fn(u32, &str) -> String) {
        self.lines.clear();
        let bytes = text.as_bytes();
        let mut number = 1u32;
        let mut start = 0usize;
        let touched = |from: usize, to: usize| {
            self.edits.iter().any(|edit| (edit.start as usize) <= to && from <= edit.end as usize)
        };
        let mut lines = Vec::new();
        loop {
            let end =
                bytes[start..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| start + at);
            if touched(start, end) {
                let line = text.get(start..end).unwrap_or_default().trim_end_matches('\r');
                let shown = shown(number, line);
                if lines.len() >= MAX_LINES || line.len() > MAX_WIDTH || shown.len() != line.len() {
                    return;
                }
                lines.push(FixLine { number, start: start as u32, text: shown });
            }
            if end >= bytes.len() {
                break;
            }
            number += 1;
            start = end + 1;
        }
        self.lines = lines;
    }
}

impl Edit {
    /// Whether two edits cannot be made together. Equal ones are made once, so that two repairs can share an import; lines that are added at one place stand
    /// below each other.
    pub fn clashes(&self, other: &Self) -> bool {
        let added = self.adds_lines() && other.adds_lines();
        self != other
            && ((self.start == other.start && !added)
                || self.start.max(other.start) < self.end.min(other.end))
    }

    fn adds_lines(&self) -> bool {
        self.start == self.end && self.text.ends_with('\n')
    }
}

/// `text` with the edits, with the line ends of the file. None if an edit is not inside the text or two of them overlap.
pub fn edited<'e>(text: &str, edits: impl Iterator<Item = &'e Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.collect();
    edits.sort_by(|a, b| (a.start, a.end, &a.text).cmp(&(b.start, b.end, &b.text)));
    edits.dedup();
    let crlf = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (number, edit) in edits.iter().enumerate() {
        let (start, end) = (edit.start as usize, edit.end as usize);
        if start > end {
            return None;
        }
        out.push_str(text.get(at..start)?);
        text.get(start..end)?;
        let mut new = edit.text.as_str();
        if edit.adds_lines() {
            // The blank line around added lines is one for all of them.
            let is_with = |other: Option<&&Edit>| {
                other.is_some_and(|other| other.adds_lines() && other.start == edit.start)
            };
            if is_with(number.checked_sub(1).and_then(|before| edits.get(before))) {
                new = new.strip_prefix('\n').unwrap_or(new);
            }
            if is_with(edits.get(number + 1)) && new.ends_with("\n\n") {
                new = &new[..new.len() - 1];
            }
        }
        if crlf {
            out.push_str(&new.replace("\r\n", "\n").replace('\n', "\r\n"));
        } else {
            out.push_str(new);
        }
        at = end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str, edits: &[(u32, u32, &str)]) -> Option<String> {
        let edit = |&(start, end, text): &(u32, u32, &str)| Edit { start, end, text: text.to_owned() };
        let edits: Vec<Edit> = edits.iter().map(edit).collect();
        edited(text, edits.iter())
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        assert_eq!(made("x\r\ny\r\n", &[(3, 4, "a\nb")]).unwrap(), "x\r\na\r\nb\r\n");
    }

    #[test]
    fn an_edit_outside_of_the_text_makes_nothing() {
        assert!(made("abc", &[(2, 9, "")]).is_none());
        assert!(made("ä", &[(1, 2, "")]).is_none());
        assert!(made("abc", &[(0, 2, ""), (1, 3, "")]).is_none());
    }

    #[test]
    fn added_lines_stand_below_each_other() {
        let (one, other) = (
            Edit { start: 0, end: 0, text: "import b\n\n".to_owned() },
            Edit { start: 0, end: 0, text: "import a\n\n".to_owned() },
        );
        assert!(!one.clashes(&other));
        assert_eq!(edited("x\n", [&one, &other].into_iter()).unwrap(), "import a\nimport b\n\nx\n");
        assert_eq!(made("x\n", &[(2, 2, "\nb\n"), (2, 2, "\na\n")]).unwrap(), "x\n\na\nb\n");
        let word = Edit { start: 0, end: 0, text: "a".to_owned() };
        assert!(word.clashes(&one));
    }
}
