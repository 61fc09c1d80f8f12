//! The edits of a repair, several repairs beside each other, and the text that comes of them.

use std::{collections::BTreeMap, sync::Arc};

use clearance_finding::{Edit, Finding};

/// The edits that repair one finding, or several findings with the same edits.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The file.
    pub(crate) path: Arc<str>,
    /// What it does.
    pub(crate) title: String,
    /// Offsets into the decoded text of the file, ascending.
    pub(crate) edits: Vec<Edit>,
    /// The findings that it is for.
    pub(crate) findings: Vec<Finding>,
}

/// A repair that is not offered.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// The change.
    pub(crate) change: Change,
    /// Why, one clause.
    pub(crate) why: String,
}

impl Change {
    /// Lines (1-based, first and last) of `text` that the edits touch.
    pub(crate) fn lines(&self, text: &str) -> Vec<(u32, u32)> {
        let line = |offset: u32| {
            let before = text.as_bytes().iter().take(offset as usize);
            u32::try_from(before.filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX).saturating_add(1)
        };
        self.edits.iter().map(|edit| (line(edit.start), line(edit.end))).collect()
    }
}

/// Changes from the findings' repairs: equal edits are one change. In the order of place.
pub(crate) fn changes<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Change> {
    type Key = (Arc<str>, Vec<(u32, u32, String)>);
    let mut found: BTreeMap<Key, Change> = BTreeMap::new();
    for finding in findings {
        let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty()) else {
            continue;
        };
        let path = Arc::clone(&finding.location.path);
        let edits = fix.edits.iter().map(|edit| (edit.start, edit.end, edit.text.clone())).collect();
        let change = found.entry((Arc::clone(&path), edits)).or_insert_with(|| Change {
            path,
            title: fix.title.clone(),
            edits: fix.edits.clone(),
            findings: Vec::new(),
        });
        change.findings.push(finding.clone());
    }
    found.into_values().collect()
}

/// The changes that can be made together, the first by place before others, and those that must wait.
pub(crate) fn beside(changes: Vec<Change>) -> (Vec<Change>, Vec<Change>) {
    let mut taken: Vec<Change> = Vec::new();
    let mut waiting = Vec::new();
    for change in changes {
        let clashes = taken.iter().filter(|other| other.path == change.path).any(|other| {
            change.edits.iter().any(|edit| other.edits.iter().any(|before| clash(edit, before)))
        });
        if clashes { waiting.push(change) } else { taken.push(change) }
    }
    (taken, waiting)
}

/// Whether two edits cannot be made together. Equal ones are made once, so that two repairs can share an import.
fn clash(one: &Edit, other: &Edit) -> bool {
    one != other && (one.start == other.start || one.start.max(other.start) < one.end.min(other.end))
}

/// `text` with the edits of all changes, with the line ends of the file. None if an edit is not inside the text or two of them overlap.
pub(crate) fn edited<'c>(text: &str, changes: impl Iterator<Item = &'c Change>) -> Option<String> {
    let mut edits: Vec<&Edit> = changes.flat_map(|change| &change.edits).collect();
    edits.sort_by(|a, b| (a.start, a.end, &a.text).cmp(&(b.start, b.end, &b.text)));
    edits.dedup();
    let crlf = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.start as usize, edit.end as usize);
        if start > end {
            return None;
        }
        out.push_str(text.get(at..start)?);
        text.get(start..end)?;
        if crlf {
            out.push_str(&edit.text.replace("\r\n", "\n").replace('\n', "\r\n"));
        } else {
            out.push_str(&edit.text);
        }
        at = end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(edits: &[(u32, u32, &str)]) -> Change {
        let edit = |&(start, end, text): &(u32, u32, &str)| Edit { start, end, text: text.to_owned() };
        Change {
            path: Arc::from("a.py"),
            title: String::new(),
            edits: edits.iter().map(edit).collect(),
            findings: Vec::new(),
        }
    }

    #[test]
    fn the_first_by_place_goes_before_the_other() {
        let (taken, waiting) =
            beside(vec![change(&[(0, 4, "a")]), change(&[(2, 6, "b")]), change(&[(4, 6, "c")])]);
        assert_eq!((taken.len(), waiting.len()), (2, 1));
        assert_eq!(edited("xxxxyyz", taken.iter()).unwrap(), "acz");
    }

    #[test]
    fn an_edit_that_two_share_is_made_once() {
        let import = (0, 0, "import a\n");
        let (taken, waiting) = beside(vec![change(&[import, (2, 3, "1")]), change(&[import, (4, 5, "2")])]);
        assert!(waiting.is_empty());
        assert_eq!(edited("x\ny\nz", taken.iter()).unwrap(), "import a\nx\n1\n2");
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        let made = edited("x\r\ny\r\n", [change(&[(3, 4, "a\nb")])].iter()).unwrap();
        assert_eq!(made, "x\r\na\r\nb\r\n");
    }

    #[test]
    fn an_edit_outside_of_the_text_makes_nothing() {
        assert!(edited("abc", [change(&[(2, 9, "")])].iter()).is_none());
        assert!(edited("ä", [change(&[(1, 2, "")])].iter()).is_none());
    }
}
