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
        let path = Arc::clone(fix.path.as_ref().unwrap_or(&finding.location.path));
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
            change.edits.iter().any(|edit| other.edits.iter().any(|before| edit.clashes(before)))
        });
        if clashes { waiting.push(change) } else { taken.push(change) }
    }
    (taken, waiting)
}

/// `text` with the edits of all changes. None if one of them does not fit.
pub(crate) fn edited<'c>(text: &str, changes: impl Iterator<Item = &'c Change>) -> Option<String> {
    clearance_finding::edited(text, changes.flat_map(|change| &change.edits))
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
}
