//! Detectors: the kinds of credentials that are known.

mod model;
mod starts;

use std::sync::LazyLock;

pub use model::{Detector, Form, parse};
pub use starts::literal_starts;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/detectors.bin"));

/// The detectors that come with the program, by id.
pub fn built_in() -> &'static [Detector] {
    static ALL: LazyLock<Vec<Detector>> = LazyLock::new(|| postcard::from_bytes(PACKED).unwrap_or_default());
    &ALL
}
