//! `.safety-policy.yml` of Safety: `security.ignore-vulnerabilities` of policies 1 and 2, and `report.dependency-vulnerabilities.auto-ignore-in-report.vulnerabilities` of
//! policy 3.
//!
//! Safety counts vulnerabilities by numbers of its own, which no other database knows; an entry by a CVE is matched like any other.

use std::sync::Arc;

use clearance_deploy::yaml::{self, Entry, Node, Problem};

use super::{End, Found, Ignored, day, reason};
use crate::config::origin::Place;

const TOOL: &str = "Safety";
/// Where the entries are, by version of the policy.
const WAYS: &[&[&str]] = &[
    &["security", "ignore-vulnerabilities"],
    &["report", "dependency-vulnerabilities", "auto-ignore-in-report", "vulnerabilities"],
];

/// Reads the file.
pub(crate) fn read(file: &Arc<str>, text: &str) -> Found {
    let mut found = Found::default();
    let parsed = yaml::parse(text);
    note_problem(&mut found, file, parsed.problem.as_ref());
    for document in parsed.documents.iter().take(1) {
        for way in WAYS {
            for entry in document.at(way).map_or(&[][..], Node::entries) {
                take(&mut found, file, text, entry);
            }
        }
    }
    found
}

fn take(found: &mut Found, file: &Arc<str>, text: &str, entry: &Entry) {
    let place = Place::in_text(file, text, entry.span.start);
    let id = entry.key.trim();
    if id.is_empty() || id.len() > 100 {
        return found.note(&place, "this is no id of a vulnerability");
    }
    let until = match entry.value.text_at("expires").filter(|text| !text.trim().is_empty()) {
        None => None,
        Some(given) => match day(given) {
            Some(day) => Some(End::Day(day)),
            None => {
                return found.note(&place, format_args!("`{}` is no day such as 2026-12-31", short(given)));
            }
        },
    };
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
    found.push(Ignored {
        reason: entry.value.text_at("reason").and_then(reason),
        until,
        elsewhere: is_number,
        ..Ignored::advisory(TOOL, id, place)
    });
}

/// Tells where a file was not read to its end.
pub(super) fn note_problem(found: &mut Found, file: &Arc<str>, problem: Option<&Problem>) {
    match problem {
        None => {}
        Some(Problem::Syntax(line, what)) => {
            found
                .notes
                .push(format!("{file}:{line}: not valid YAML: {}; the rest is passed over", short(what)));
        }
        Some(Problem::Bound(what)) => {
            found.notes.push(format!("{file}: not read to its end: {what}"));
        }
    }
}

/// The beginning of a text of the target, for a note.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_all_versions_are_read() {
        let text = "version: '2.0'\nsecurity:\n  ignore-vulnerabilities:\n    70612:\n      reason: not used\n      expires: '2026-10-10'\n    CVE-2024-1:\n";
        let found = read(&".safety-policy.yml".into(), text);
        assert_eq!(found.notes, Vec::<String>::new());
        let [first, second] = found.entries.as_slice() else { panic!("{:?}", found.entries) };
        assert_eq!((first.reason.as_deref(), first.elsewhere, first.place.line), (Some("not used"), true, 4));
        assert_eq!(first.until, "2026-10-10".parse().ok().map(End::Day));
        assert_eq!((second.advisory.as_deref(), second.elsewhere), (Some("CVE-2024-1"), false));
        let text = "version: '3.0'\nreport:\n  dependency-vulnerabilities:\n    enabled: true\n    auto-ignore-in-report:\n      vulnerabilities:\n        CVE-2024-2:\n          reason: x y\n";
        assert_eq!(read(&"p".into(), text).entries.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let text = "security:\n  ignore-vulnerabilities:\n    CVE-2024-1:\n      expires: never\n";
        let found = read(&"p.yml".into(), text);
        assert!(found.entries.is_empty());
        assert_eq!(found.notes, ["p.yml:3:5: `never` is no day such as 2026-12-31; passed over"]);
        let broken = read(&"p.yml".into(), "security: [\n}\n");
        assert!(broken.notes[0].starts_with("p.yml:"), "{:?}", broken.notes);
        for odd in ["security: 3", "- a", "security:\n  ignore-vulnerabilities: [1, 2]", ""] {
            assert!(read(&"p.yml".into(), odd).entries.is_empty(), "{odd}");
        }
    }
}
