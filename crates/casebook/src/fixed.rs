//! What repairs make of a case.

use std::fmt::Write as _;

use clearance_finding::{Edit, Finding, edited};

use crate::{Case, Fixed, differences};

/// Repairs that overlap others wait for the next round.
const ROUNDS: usize = 8;

/// How the case with its repairs differs from what the page says of it, or what is still found there. `None` if it does not. `found` analyses a case.
pub fn repaired(case: &Case, found: &dyn Fn(&Case) -> Vec<Finding>) -> Option<String> {
    let mut problems = String::new();
    for unsafe_too in [false, true] {
        let expected: Vec<&Fixed> =
            case.fixed.iter().filter(|fixed| fixed.unsafe_too == unsafe_too).collect();
        if expected.is_empty() {
            continue;
        }
        let mut made = plain(case);
        for _ in 0..ROUNDS {
            let findings = found(&made);
            let mut changed = false;
            for file in &mut made.files {
                let mut edits: Vec<&Edit> = Vec::new();
                let fixes = findings.iter().filter_map(|finding| {
                    let fix = finding.fix.as_ref()?;
                    let edited = fix.path.as_ref().unwrap_or(&finding.location.path);
                    (**edited == *file.path).then_some(fix)
                });
                for fix in fixes.filter(|fix| fix.safe || unsafe_too) {
                    if fix.edits.iter().all(|edit| edits.iter().all(|other| !edit.clashes(other))) {
                        edits.extend(&fix.edits);
                    }
                }
                changed |= !edits.is_empty();
                match edited(&file.text, edits.into_iter()) {
                    Some(text) => file.text = text,
                    None => problems.push_str("the edits do not fit the file\n"),
                }
            }
            if !changed {
                break;
            }
        }
        for Fixed { file, .. } in expected {
            let text = made.files.iter().find(|made| made.path == file.path).map_or("", |made| &made.text);
            if text != without_markers(&file.text) {
                let _ = writeln!(problems, "{}: repaired, it is\n{text}", file.path);
            }
            for made in made.files.iter_mut().filter(|made| made.path == file.path) {
                made.expected.clone_from(&file.expected);
            }
        }
        if let Some(left) = differences(&made, &found(&made)) {
            let _ = writeln!(problems, "once repaired: {left}");
        }
    }
    (!problems.is_empty()).then_some(problems)
}

/// The case without the markers: they are about the text before the repairs.
fn plain(case: &Case) -> Case {
    let mut plain = case.clone();
    for file in &mut plain.files {
        let is_repaired = case.fixed.iter().any(|fixed| fixed.file.path == file.path);
        if is_repaired {
            file.text = without_markers(&file.text);
        }
    }
    plain
}

/// The text without the comments that announce findings.
pub fn without_markers(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let Some(at) = line.find("# finding:") else {
            out.push_str(line);
            continue;
        };
        let kept = line[..at].trim_end().trim_end_matches("{").trim_end();
        out.push_str(kept);
        if let Some((_, rest)) = line[at..].split_once("#}") {
            out.push_str(rest.trim_end());
        }
        out.push('\n');
    }
    out
}
