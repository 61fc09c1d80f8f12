//! How a report is to look, and its bytes.

use std::{
    fmt::Write,
    io::{self, IsTerminal},
    path::Path,
};

use clearance_report::{Format, RenderOptions};
use clearance_verdict::Assessment;

use crate::{
    cli::{ColorChoice, ConsoleArgs},
    console,
};

/// Narrowest and widest page for the terminal, in columns.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=140;

/// The look of the report on standard output. `base` is the folder that paths are relative to.
pub(crate) fn look(args: ConsoleArgs, base: &Path, reports: Vec<String>) -> RenderOptions {
    let mut options = RenderOptions {
        colour: console::stdout_has_colors(args.color),
        reports,
        all: args.verbose,
        ..RenderOptions::default()
    };
    if io::stdout().is_terminal() {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<usize>().ok());
        let columns = columns.filter(|columns| *columns > 0).or_else(terminal_columns);
        options.width = columns.unwrap_or(options.width).clamp(*WIDTHS.start(), *WIDTHS.end());
        if args.color != ColorChoice::Never {
            options.link_base = Some(file_address(base));
        }
    }
    options
}

/// The width of the terminal on standard output; nothing where it does not say.
fn terminal_columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0)).filter(|width| *width > 0)
}

/// The report on standard output. With `--quiet`, a terminal gets one line.
pub(crate) fn page(
    format: Format,
    assessment: &Assessment,
    args: ConsoleArgs,
    options: &RenderOptions,
) -> String {
    if format == Format::Terminal && args.quiet {
        let reason = assessment.reasons.first().map_or("", |reason| &reason.text);
        let line = format!("{}: {reason}", assessment.decision);
        return format!("{}\n", console::safe(&line));
    }
    clearance_report::render(format, assessment, options)
}

/// `file:` address of a folder, with a slash at its end (RFC 8089).
fn file_address(folder: &Path) -> String {
    let mut address = String::from("file://");
    for byte in folder.to_string_lossy().bytes() {
        match byte {
            b'\\' => address.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                address.push(byte as char)
            }
            other => {
                let _ = write!(address, "%{other:02X}");
            }
        }
    }
    if !address.ends_with('/') {
        address.push('/');
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encoded() {
        assert_eq!(file_address(Path::new("/srv/my shop")), "file:///srv/my%20shop/");
        assert_eq!(file_address(Path::new("/")), "file:///");
    }
}
