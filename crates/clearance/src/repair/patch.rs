//! Differences between two texts in the unified format.

use std::fmt::Write;

use similar::{Algorithm, TextDiff};

/// Lines around a difference.
const CONTEXT: usize = 3;

/// A unified difference without file names: what stands after `+++`. Line ends are those of the texts.
pub(crate) fn unified(before: &str, after: &str) -> String {
    let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<&str>>();
    let (before, after) = (lines(before), lines(after));
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .newline_terminated(true)
        .diff_slices(&before, &after);
    let mut unified = diff.unified_diff();
    unified.context_radius(CONTEXT).to_string()
}

/// A patch of one file for `git apply`, names included.
pub(crate) fn patch(path: &str, before: &str, after: &str) -> String {
    let (old, new) = (name('a', path), name('b', path));
    // After a name with a space the tool expects a tab, where no quotes say where it ends.
    let end = |name: &str| if name.contains(' ') && !name.starts_with('"') { "\t" } else { "" };
    let mut out = format!("diff --git {old} {new}\n");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "--- {old}{}\n+++ {new}{}", end(&old), end(&new));
    out.push_str(&unified(before, after));
    out
}

/// A name as git writes it: in quotes where it holds quotes, backslashes or control characters.
fn name(side: char, path: &str) -> String {
    let plain = format!("{side}/{path}");
    if !plain.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
        return plain;
    }
    let mut quoted = String::from("\"");
    for byte in plain.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            0x20..=0x7e => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_git_does() {
        assert_eq!(name('a', "x y.py"), "a/x y.py");
        assert_eq!(name('b', "t\t\"q\".py"), "\"b/t\\011\\\"q\\\".py\"");
    }

    #[test]
    fn a_missing_last_line_end_is_told() {
        let patch = patch("a.py", "x\ny", "x\nz");
        assert_eq!(
            patch,
            "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n"
        );
    }
}
