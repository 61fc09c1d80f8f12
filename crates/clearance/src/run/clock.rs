//! The one clock of a run, which `SOURCE_DATE_EPOCH` stops.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::exit::Failure;

/// The time of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// When it began.
    pub(crate) begin: Timestamp,
    started: Option<Instant>,
}

impl Clock {
    /// Starts the clock. With `SOURCE_DATE_EPOCH` (seconds since 1970, <https://reproducible-builds.org/specs/source-date-epoch/>) the time is
    /// that, and every duration is 0, so that two runs give the same bytes.
    pub(crate) fn start() -> Result<Self, Failure> {
        let Some(given) = std::env::var_os("SOURCE_DATE_EPOCH") else {
            return Ok(Self { begin: Timestamp::now(), started: Some(Instant::now()) });
        };
        let seconds = given.to_str().and_then(|text| text.trim().parse::<i64>().ok());
        match seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
            Some(begin) => Ok(Self { begin, started: None }),
            None => Err(Failure::Usage(
                "the environment variable SOURCE_DATE_EPOCH is not a number of seconds; correct or unset it"
                    .to_owned(),
            )),
        }
    }

    /// Time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.started.map_or(Duration::ZERO, |started| started.elapsed())
    }
}
