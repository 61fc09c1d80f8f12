//! `.trivyignore` and `.trivyignore.yaml` of Trivy, which also looks at images and at infrastructure: an entry that matches nothing here may be for those.

use std::sync::Arc;

use clearance_deploy::yaml::{self, Node};

use super::{
    End, Found, Ignored, day, is_id, reason,
    safety::{note_problem, short},
};
use crate::config::origin::Place;

const TOOL: &str = "Trivy";

/// Reads the lines: an id each, with `exp:2026-12-31` behind it perhaps. Comments right above an id, or behind it, are its reason.
pub(crate) fn read_lines(file: &Arc<str>, text: &str) -> Found {
    let mut found = Found::default();
    let mut comments: Vec<&str> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (content, comment) = match line.split_once('#') {
            Some((content, comment)) => (content.trim(), comment.trim()),
            None => (line.trim(), ""),
        };
        if content.is_empty() {
            match comment {
                "" => comments.clear(),
                // What is above is long when somebody means it to be.
                _ if comments.len() < 50 => comments.push(comment),
                _ => {}
            }
            continue;
        }
        let place = Place { file: Arc::clone(file), line: index + 1, column: 1 };
        let mut words = content.split_whitespace();
        let id = words.next().unwrap_or_default();
        let ends = words.find_map(|word| word.strip_prefix("exp:"));
        let said: &[&str] = if comment.is_empty() { &comments } else { std::slice::from_ref(&comment) };
        let why = reason(&said.join(" "));
        // Ids of misconfigurations and secrets are not for us; those of vulnerabilities stay with the comments of their paragraph.
        if !is_vulnerability(id) {
            continue;
        }
        let until = match ends {
            None => None,
            Some(given) => match day(given) {
                Some(day) => Some(End::Day(day)),
                None => {
                    found.note(&place, format_args!("`exp:{}` is no day such as 2026-12-31", short(given)));
                    continue;
                }
            },
        };
        found.push(Ignored { reason: why, until, elsewhere: true, ..Ignored::advisory(TOOL, id, place) });
    }
    found
}

fn is_vulnerability(id: &str) -> bool {
    let upper = id.to_ascii_uppercase();
    is_id(id) && !["AVD-", "KSV-", "DS-", "AWS-"].iter().any(|prefix| upper.starts_with(prefix))
}

/// Reads `vulnerabilities` of the YAML form. An entry for paths or packages of other ecosystems is left out.
pub(crate) fn read_yaml(file: &Arc<str>, text: &str) -> Found {
    let mut found = Found::default();
    let parsed = yaml::parse(text);
    note_problem(&mut found, file, parsed.problem.as_ref());
    let document = parsed.documents.first();
    for node in document.and_then(|root| root.get("vulnerabilities")).map_or(&[][..], |list| list.items()) {
        let place = Place::in_text(file, text, node.span.start);
        let Some(id) = node.text_at("id").map(str::trim).filter(|id| !id.is_empty() && id.len() <= 100)
        else {
            found.note(&place, "an entry needs an `id`");
            continue;
        };
        let until = match node.text_at("expired_at").filter(|text| !text.trim().is_empty()) {
            None => None,
            Some(given) => match day(given) {
                Some(day) => Some(End::Day(day)),
                None => {
                    found.note(&place, format_args!("`{}` is no day such as 2026-12-31", short(given)));
                    continue;
                }
            },
        };
        let whole = Ignored {
            reason: node.text_at("statement").and_then(reason),
            until,
            elsewhere: true,
            ..Ignored::advisory(TOOL, id, place)
        };
        let purls = node.get("purls").map_or(&[][..], |list| list.items());
        if !purls.is_empty() {
            for purl in purls.iter().take(100).filter_map(|purl| package(purl.text()?)) {
                let (ecosystem, name, version) = purl;
                found.push(Ignored {
                    package: Some(name),
                    ecosystem: Some(ecosystem.to_owned()),
                    version,
                    ..whole.clone()
                });
            }
        } else if node.get("paths").is_none_or(|paths| is_everywhere(paths)) {
            found.push(whole);
        } else {
            let place = &whole.place;
            found.note(place, "an entry for some `paths` of an image or folder is not understood here");
        }
    }
    found
}

fn is_everywhere(paths: &Node) -> bool {
    paths.items().iter().any(|path| matches!(path.text(), Some("**" | "**/*" | "*" | "." | "./")))
}

/// Ecosystem, name and version of a package URL of PyPI or npm.
fn package(purl: &str) -> Option<(&'static str, String, Option<String>)> {
    let rest = purl.trim().strip_prefix("pkg:")?;
    let rest = rest.split(['?', '#']).next()?;
    let (kind, rest) = rest.split_once('/')?;
    let ecosystem = match kind.to_ascii_lowercase().as_str() {
        "pypi" => "PyPI",
        "npm" => "npm",
        _ => return None,
    };
    let (name, version) = match rest.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() => (name, Some(decoded(version))),
        _ => (rest, None),
    };
    let name = decoded(name);
    (!name.is_empty()).then_some((ecosystem, name, version.filter(|version| !version.is_empty())))
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_their_reasons() {
        let text = "# Instructions.\n\n# no debugger\n# in production\nCVE-2024-34069 exp:2026-12-31\nGHSA-2g68-c3qc-8985 # behind it\n\nCVE-2024-2\nAVD-DS-0002\nCVE-2024-3 exp:soon\nsecret-key\n";
        let found = read_lines(&".trivyignore".into(), text);
        let shown: Vec<_> = found
            .entries
            .iter()
            .map(|one| (one.place.line, one.reason.as_deref(), one.until.is_some()))
            .collect();
        assert_eq!(
            shown,
            [(5, Some("no debugger in production"), true), (6, Some("behind it"), false), (8, None, false)]
        );
        assert_eq!(found.notes, [".trivyignore:10:1: `exp:soon` is no day such as 2026-12-31; passed over"]);
        assert!(found.entries.iter().all(|one| one.elsewhere));
    }

    #[test]
    fn the_yaml_form_is_read() {
        let text = "vulnerabilities:\n  - id: CVE-2022-1\n    statement: Accept the risk\n    expired_at: 2026-12-31\n  - id: CVE-2023-2\n    purls:\n      - \"pkg:deb/debian/libssl1.1\"\n      - pkg:npm/%40babel/core@7.0.0\n  - id: CVE-2023-3\n    paths: [\"usr/x\"]\n  - statement: no id\n  - id: CVE-2023-4\n    expired_at: later\nmisconfigurations:\n  - id: AVD-1\n";
        let found = read_yaml(&"t.yaml".into(), text);
        let [first, second] = found.entries.as_slice() else { panic!("{:?}", found.entries) };
        assert_eq!(
            (first.reason.as_deref(), first.until),
            (Some("Accept the risk"), "2026-12-31".parse().ok().map(End::Day))
        );
        assert_eq!(
            (second.package.as_deref(), second.version.as_deref()),
            (Some("@babel/core"), Some("7.0.0"))
        );
        assert_eq!(found.notes.len(), 3, "{:?}", found.notes);
        assert!(found.notes[2].starts_with("t.yaml:12:"), "{:?}", found.notes);
    }

    #[test]
    fn package_urls_are_read() {
        assert_eq!(
            package("pkg:pypi/django@4.2"),
            Some(("PyPI", "django".to_owned(), Some("4.2".to_owned())))
        );
        assert_eq!(package("pkg:npm/%40a/b"), Some(("npm", "@a/b".to_owned(), None)));
        for odd in ["", "pkg:", "pkg:pypi/", "pkg:gem/x", "django", "pkg:pypi/%"] {
            assert!(package(odd).is_none_or(|found| found.1 == "%"), "{odd}");
        }
    }
}
