//! The calls that are not modelled, for who writes models.

use std::{fmt::Write, io};

use clearance_report::{Format, clean};

use super::analyse::UnmodelledCall;
use crate::{console, exit::Failure};

/// Places that are shown of one name.
const MAX_PLACES: usize = 3;

/// Lists the calls: after a report for people on standard output, else on standard error.
pub(crate) fn tell(format: Format, calls: &[UnmodelledCall]) -> Result<(), Failure> {
    let text = list(calls);
    if format == Format::Terminal {
        return console::write_stdout(text.as_bytes());
    }
    let written = io::Write::write_all(&mut io::stderr().lock(), text.as_bytes());
    // Nobody is told if standard error is gone.
    written.or(Ok(()))
}

fn list(calls: &[UnmodelledCall]) -> String {
    let mut out = String::from("\nnot modelled\n");
    // Writing to a string cannot fail.
    if calls.is_empty() {
        out.push_str("  every call that takes data from outside is modelled\n");
        return out;
    }
    let width = calls.iter().map(|call| call.name.chars().count()).max().unwrap_or(0).min(48);
    for call in calls {
        let places = call.places.iter().take(MAX_PLACES);
        let mut places: Vec<String> =
            places.map(|place| format!("{}:{}", place.path, place.start.line)).collect();
        if call.places.len() > MAX_PLACES {
            places.push("…".to_owned());
        }
        let (name, places) = (clean::line(&call.name), places.join(" "));
        let _ = writeln!(out, "  {:>5}  {name:width$}  {}", call.places.len(), clean::line(&places));
    }
    out.push_str("What goes into them is taken to come out again, as dangerous as before. A model says what they do: see CONTRIBUTING.md.\n");
    out
}
