//! The command line as a report shows it: ready to be typed again.

use std::ffi::OsString;

/// The command line from `args`, the program's own name first. Options that have no influence on what is found are left out, so that the same
/// run gives the same report whatever its speed and colours.
pub(crate) fn shown(args: impl Iterator<Item = OsString>) -> String {
    let mut words = vec!["clearance".to_owned()];
    let mut args = args.skip(1);
    while let Some(arg) = args.next() {
        let arg = arg.to_string_lossy();
        match arg.as_ref() {
            "--threads" | "--color" | "--cache-dir" | "--key" => {
                args.next();
            }
            "--no-cache" | "--quiet" | "-q" | "--verbose" | "-v" => {}
            other
                if ["--threads=", "--color=", "--cache-dir=", "--key="]
                    .iter()
                    .any(|name| other.starts_with(name)) => {}
            other => words.push(quoted(other)),
        }
    }
    words.join(" ")
}

/// Quotes a word for a POSIX shell if it needs that.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out() {
        let args =
            ["./clearance", "check", "--threads", "8", "my app", "--color=never", "-q", "--select", "B6,S1"];
        let shown = shown(args.iter().map(OsString::from));
        assert_eq!(shown, "clearance check 'my app' --select B6,S1");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
