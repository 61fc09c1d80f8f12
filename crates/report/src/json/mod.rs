//! The JSON report, contract `clearance/1`.

mod baseline;
mod build;
mod change;
mod escape;
mod read;
mod shapes;

use std::io;

use clearance_verdict::Assessment;
use serde::Serialize;

pub(crate) use escape::SafeFormatter;
pub use read::{NotAReport, read_earlier};

/// Writes the report, indented, straight to `out`.
pub(crate) fn write(assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    serialise(&shapes::Document::of(assessment), out)
}

/// Writes any shape the way all our JSON is written: indented, with everything escaped that could act where it is shown.
///
/// # Errors
/// Those of `out`.
pub fn serialise(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, SafeFormatter::default());
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}
