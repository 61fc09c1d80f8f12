//! The report of an earlier run, to compare with.

use std::{fs, io::Read, path::Path};

use clearance_report::read_earlier;
use clearance_verdict::Earlier;

use crate::exit::Failure;

/// Most bytes of a report that is read.
const MAX_REPORT: u64 = 1 << 30;

/// Reads the JSON report `file`; `option` is what named it, with a space, or nothing.
pub(crate) fn read(option: &str, file: &Path) -> Result<Earlier, Failure> {
    let shown = file.display().to_string();
    let unreadable = |why: String| Failure::Usage(format!("{option}{shown}: {why}"));
    let mut text = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_REPORT + 1).read_to_end(&mut text))
        .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    if text.len() as u64 > MAX_REPORT {
        return Err(unreadable("is larger than any report".to_owned()));
    }
    read_earlier(&shown, &text).map_err(|error| {
        let place = error.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
        Failure::Usage(format!(
            "{option}{shown}{place}: not a report of `clearance check --format json`: {error}"
        ))
    })
}
