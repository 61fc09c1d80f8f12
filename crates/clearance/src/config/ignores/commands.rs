//! Command lines of pip-audit and `uv audit` in pipelines, hooks and build files, and the input `ignore-vulns` of pip-audit's action.
//!
//! The file is not understood as what it is: the options are looked for where they stand. A line that is a comment is none.

use std::{collections::BTreeSet, sync::Arc};

use super::{End, Found, Ignored, is_id, reason, safety::short};
use crate::config::origin::Place;

/// Options with the id behind them: the option, the word that its command line must hold, the tool, and when it ends.
const OPTIONS: &[(&str, &str, &str, Option<End>)] = &[
    ("--ignore-vuln", "", "pip-audit", None),
    ("--ignore-until-fixed", "uv audit", "uv audit", Some(End::Fixed)),
    ("--ignore", "uv audit", "uv audit", None),
];
/// The input of `pypa/gh-action-pip-audit`: ids with space between them.
const INPUT: &str = "ignore-vulns:";
/// Lines that are put together to one command at most.
const MOST_JOINED: usize = 200;

/// Reads the file.
pub(crate) fn read(file: &Arc<str>, text: &str) -> Found {
    let mut found = Found::default();
    // Nearly every file has none of it.
    if !text.contains("--ignore") && !text.contains(INPUT) {
        return found;
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut seen = BTreeSet::new();
    for at in 0..lines.len() {
        if lines[at].trim_start().starts_with('#') {
            continue;
        }
        for &(option, command, tool, until) in OPTIONS {
            if !lines[at].contains(option) || !command.is_empty() && !in_command(&lines, at, command) {
                continue;
            }
            for (given, column) in values(&lines, at, option) {
                let place = Place { file: Arc::clone(file), line: at + 1, column };
                if !is_id(&given) {
                    found.note(
                        &place,
                        format_args!("`{option}` without an id that can be read: `{}`", short(&given)),
                    );
                } else if seen.insert((tool, given.clone(), until.is_some())) {
                    let reason = why(&lines, at);
                    found.push(Ignored { reason, until, ..Ignored::advisory(tool, &given, place) });
                }
            }
        }
        if let Some(begin) = lines[at].find(INPUT) {
            for (line, id) in input(&lines, at, begin) {
                let place = Place { file: Arc::clone(file), line: line + 1, column: 1 };
                if seen.insert(("pip-audit", id.to_owned(), false)) {
                    let reason = why(&lines, line);
                    found.push(Ignored { reason, ..Ignored::advisory("pip-audit", id, place) });
                }
            }
        }
    }
    found
}

/// Whether the command that line `at` belongs to holds `word`: the line itself, or those before it that end in a backslash.
fn in_command(lines: &[&str], at: usize, word: &str) -> bool {
    let first =
        (0..at).rev().take(MOST_JOINED).take_while(|&before| lines[before].trim_end().ends_with('\\')).last();
    lines[first.unwrap_or(at)..=at]
        .iter()
        .any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").contains(word))
}

/// What stands behind each `option` of line `at`, with its column: behind `=` or space, in quotes or not, or, in a list of YAML or TOML, as the next item.
fn values(lines: &[&str], at: usize, option: &str) -> Vec<(String, usize)> {
    let line = lines[at];
    let mut out = Vec::new();
    for (begin, _) in line.match_indices(option) {
        let rest = &line[begin + option.len()..];
        let is_whole = !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'))
            && !line[..begin].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '#'));
        if !is_whole || line[..begin].contains(" #") {
            continue;
        }
        let skip = |c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'' | ',' | '\\');
        let mut value = rest.trim_start_matches(skip);
        if value.is_empty() {
            // The next item of a list, or the next line of the command.
            let next = lines.get(at + 1).copied().unwrap_or_default();
            value = next.trim_start_matches(|c: char| skip(c) || c == '-');
        }
        let end = value.find(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']' | ')' | ';' | '\\' | '&' | '|' | '<')
        });
        let value = &value[..end.unwrap_or(value.len())];
        out.push((value.to_owned(), line[..begin].chars().count() + 1));
    }
    out
}

/// The ids of the input: on its own line, or on the lines below that are indented further.
fn input<'t>(lines: &[&'t str], at: usize, begin: usize) -> Vec<(usize, &'t str)> {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let own = &lines[at][begin + INPUT.len()..];
    let depth = indentation(lines[at]);
    let below = lines[at + 1..]
        .iter()
        .enumerate()
        .take(MOST_JOINED)
        .take_while(|(_, line)| line.trim().is_empty() || indentation(line) > depth)
        .map(|(index, line)| (at + 1 + index, *line));
    std::iter::once((at, own))
        .chain(below)
        .flat_map(|(line, text)| {
            let text = text.split(" #").next().unwrap_or_default();
            let text = if text.trim_start().starts_with('#') { "" } else { text };
            text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','))
                .map(move |word| (line, word))
        })
        .filter(|(_, word)| is_id(word))
        .collect()
}

/// The comment behind what stands on a line, or else those right above it.
fn why(lines: &[&str], at: usize) -> Option<String> {
    if let Some((_, comment)) = lines[at].split_once(" #") {
        return reason(comment);
    }
    let above: Vec<&str> = lines[..at]
        .iter()
        .rev()
        .take(10)
        .map(|line| line.trim())
        .take_while(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    reason(&above.into_iter().rev().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        read(&"f".into(), text).entries.into_iter().filter_map(|one| one.advisory).collect()
    }

    #[test]
    fn options_are_found_in_every_form() {
        assert_eq!(
            ids("audit:\n\tpip-audit --ignore-vuln PYSEC-2024-1 --ignore-vuln=GHSA-aaaa-bbbb-cccc\n"),
            ["PYSEC-2024-1", "GHSA-aaaa-bbbb-cccc"]
        );
        assert_eq!(
            ids(
                "      - run: |\n          pip-audit \\\n            --ignore-vuln \\\n            CVE-2024-7 \\\n            -r x.txt\n"
            ),
            ["CVE-2024-7"]
        );
        assert_eq!(
            ids("        args: [\"--ignore-vuln\", \"GHSA-x1\", '--ignore-vuln', 'GHSA-x2']\n"),
            ["GHSA-x1", "GHSA-x2"]
        );
        assert_eq!(ids("        args:\n          - --ignore-vuln\n          - GHSA-x1\n"), ["GHSA-x1"]);
        assert_eq!(ids("session.run(\"pip-audit\", \"--ignore-vuln\", \"PYSEC-2024-2\")"), ["PYSEC-2024-2"]);
        assert_eq!(ids("uv audit --ignore CVE-2024-1 --ignore-until-fixed CVE-2024-2\n").len(), 2);
        assert_eq!(
            ids("flake8 --ignore E501-1\nnpm --ignore-scripts ci\n# pip-audit --ignore-vuln CVE-2024-9\n"),
            Vec::<String>::new()
        );
        assert_eq!(
            ids(
                "with:\n  inputs: .\n  ignore-vulns: |\n    GHSA-a1\n    # why\n    PYSEC-2024-3 # not used\n  other: CVE-2024-5\n"
            ),
            ["GHSA-a1", "PYSEC-2024-3"]
        );
        assert_eq!(ids("  ignore-vulns: GHSA-a1 GHSA-a2\n"), ["GHSA-a1", "GHSA-a2"]);
    }

    #[test]
    fn reasons_are_comments_and_ends_are_kept() {
        let text = "# no debugger in production\npip-audit --ignore-vuln CVE-2024-1\n\npip-audit --ignore-vuln CVE-2024-2 # behind\npip-audit --ignore-vuln CVE-2024-3\nuv audit \\\n  --ignore-until-fixed CVE-2024-4\n";
        let found = read(&"Makefile".into(), text);
        let shown: Vec<_> =
            found.entries.iter().map(|one| (one.place.line, one.reason.as_deref(), one.until)).collect();
        assert_eq!(
            shown,
            [
                (2, Some("no debugger in production"), None),
                (4, Some("behind"), None),
                (5, None, None),
                (7, None, Some(End::Fixed))
            ]
        );
    }

    #[test]
    fn what_is_no_id_is_told_with_its_place() {
        let found = read(&"ci.yml".into(), "x:\n  run: pip-audit --ignore-vuln $VULN\n");
        assert!(found.entries.is_empty());
        assert_eq!(
            found.notes,
            ["ci.yml:2:18: `--ignore-vuln` without an id that can be read: `$VULN`; passed over"]
        );
        assert_eq!(read(&"f".into(), "--ignore-vuln").notes.len(), 1);
    }
}
