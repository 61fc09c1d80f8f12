//! Standard output and standard error: safe text, colours, and readers that go away.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use crate::{cli::ColorChoice, exit::Failure};

/// Writes `text` to standard output. A reader that has gone away (`| head -1`) is no failure.
pub(crate) fn write_stdout(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Stdout(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a line to standard error, where nobody is told if that fails.
pub(crate) fn write_stderr(kind: &str, text: &str) {
    let mut stderr = io::stderr().lock();
    for (index, line) in text.lines().enumerate() {
        let prefix = if index == 0 { format!("{kind}: ") } else { "  ".to_owned() };
        let _ = writeln!(stderr, "{prefix}{}", safe(line));
    }
}

/// `line` without characters that could steer a terminal, and without the start of a workflow command (`::`) that a
/// continuous integration service would obey.
pub(crate) fn safe(line: &str) -> Cow<'_, str> {
    let is_bad = |c: char| {
        (c.is_control() && c != '\t') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let starts_command = line.trim_start().starts_with("::") || line.trim_start().starts_with("##[");
    if !starts_command && !line.contains(is_bad) {
        return Cow::Borrowed(line);
    }
    let cleaned = line.replace(is_bad, "\u{FFFD}");
    Cow::Owned(if starts_command { format!("| {cleaned}") } else { cleaned })
}

/// Whether standard output gets colours. `NO_COLOR` and `CLICOLOR_FORCE` count unless the user has said.
pub(crate) fn stdout_has_colors(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            if is_set("NO_COLOR") {
                false
            } else if std::env::var_os("CLICOLOR_FORCE")
                .is_some_and(|value| !value.is_empty() && value != "0")
            {
                true
            } else {
                io::stdout().is_terminal() && !is_dumb
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_give_orders() {
        assert_eq!(safe("plain"), "plain");
        assert_eq!(safe("::error::x"), "| ::error::x");
        assert_eq!(safe("a\rb\u{1b}[2J"), "a\u{FFFD}b\u{FFFD}[2J");
    }
}
