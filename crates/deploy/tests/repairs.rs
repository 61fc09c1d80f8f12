//! What repairs make of files of deployment: each is made, the file is read again, and the finding is gone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "repairs/cases.rs"]
mod cases;

use clearance_casebook::{cases as pages, program_of};
use clearance_deploy::{DeployFile, paths, run};
use clearance_finding::{Edit, Finding};
use clearance_program::Program;
use clearance_source::{FileKind, Options, inventory, role_of_path, text_of};

/// A file before and after the repairs of a rule.
pub(crate) struct Before {
    pub(crate) rule: &'static str,
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
    pub(crate) after: &'static str,
    pub(crate) safe: bool,
    /// Some findings have no repair.
    pub(crate) stays: bool,
}

fn kind_of(path: &str) -> FileKind {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "\n").unwrap();
    let found = inventory(&[folder.path().to_owned()], &Options::default()).unwrap();
    found.files.first().map_or(FileKind::Other, |file| file.kind)
}

fn program() -> Program {
    let page = "## Code\n\n`app.py`\n```python\nimport os\nDEBUG = os.environ.get(\"DEBUG\")\n```\n";
    program_of(&pages(page).unwrap()[0], paths())
}

fn findings(program: &Program, path: &str, text: &str, rule: &str) -> Vec<Finding> {
    let kind = kind_of(path);
    let source = text_of(path.into(), text.as_bytes().to_vec(), kind).unwrap();
    let file = DeployFile {
        path: path.into(),
        kind,
        role: role_of_path(path),
        text: source.text,
        line_starts: source.line_starts,
        tracked: None,
        mode: None,
    };
    let outcome = run(program, &[file]);
    outcome.plane.findings.into_iter().filter(|finding| finding.rule.id == rule).collect()
}

/// The text with edits that do not overlap; equal ones are made once.
fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.start, edit.end));
    edits.dedup();
    let mut out = text.to_owned();
    for edit in edits.iter().rev() {
        out.replace_range(edit.start as usize..edit.end as usize, &edit.text);
    }
    out
}

/// The text after all repairs of a rule, one after another, and whether all were safe.
fn repaired(program: &Program, case: &Before) -> (String, bool, usize) {
    let mut text = case.text.trim_start_matches('\n').to_owned();
    let mut safe = true;
    for _ in 0..12 {
        let found = findings(program, case.path, &text, case.rule);
        let Some(fix) = found.iter().find_map(|finding| finding.fix.clone()) else {
            return (text, safe, found.len());
        };
        safe &= fix.safe;
        text = edited(&text, fix.edits);
    }
    (text, safe, usize::MAX)
}

#[test]
fn repairs_make_what_they_say() {
    let program = program();
    let only = std::env::var("CLEARANCE_RULE").unwrap_or_default();
    let mut problems = String::new();
    for case in cases::CASES.iter().filter(|case| case.rule.contains(&only)) {
        let (after, safe, left) = repaired(&program, case);
        let expected = case.after.trim_start_matches('\n');
        if after.trim_start_matches('\n') != expected
            || safe != case.safe
            || (left > 0 && case.text != case.after && !case.stays)
        {
            problems.push_str(&format!(
                "{} in {} (safe: {safe}, {left} left):\n{after}\n--- expected (safe: {}):\n{expected}\n",
                case.rule, case.path, case.safe
            ));
        }
        // Line ends stay those of the file where edits add none; without a last line end it stays so.
        let bare = Before { text: case.text.trim_end(), ..*case };
        let (after, _, _) = repaired(&program, &bare);
        if after.trim_end() != case.after.trim_end().trim_start_matches('\n')
            && !after.trim_start().eq(case.after.trim())
        {
            problems.push_str(&format!("{} in {} without a last line end:\n{after}\n", case.rule, case.path));
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}
