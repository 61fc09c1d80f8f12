//! How much is asked, how fast, and for how long.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::net::Trouble;

/// Bounds on a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most requests in a second.
    pub rate: f64,
    /// Most connections in the whole run.
    pub requests: u32,
    /// Longest wait for a connection, or for more of an answer.
    pub wait: Duration,
    /// Longest whole run.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rate: 20.0, requests: 400, wait: Duration::from_secs(10), whole: Duration::from_secs(300) }
    }
}

/// An exchange may take this many times the longest wait.
const WAITS: u32 = 2;
/// After so many exchanges in a row that ran out of time, the server is left alone.
const MOST_LATE: u32 = 3;

/// What is left of the bounds.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    end: Instant,
    made: u32,
    next: Instant,
    late: u32,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self { limits, end: now + limits.whole, made: 0, next: now, late: 0 }
    }

    /// Waits for a turn; gives the moment at which the exchange must be over.
    pub(crate) fn turn(&mut self) -> Result<Instant, Trouble> {
        if self.late >= MOST_LATE {
            return Err(Trouble::Spent(format!("not asked: {MOST_LATE} requests in a row ran out of time")));
        }
        if self.made >= self.limits.requests {
            return Err(Trouble::Spent(format!(
                "not asked: the bound of {} requests is reached",
                self.limits.requests
            )));
        }
        let now = Instant::now();
        if self.next.max(now) >= self.end {
            return Err(Trouble::Spent(format!(
                "not asked: the bound of {} s for the whole run is reached",
                self.limits.whole.as_secs()
            )));
        }
        thread::sleep(self.next.saturating_duration_since(now));
        self.made += 1;
        let now = Instant::now();
        if self.limits.rate > 0.0 {
            self.next = now + Duration::from_secs_f64(1.0 / self.limits.rate);
        }
        Ok((now + self.limits.wait * WAITS).min(self.end))
    }

    /// What came of the exchange.
    pub(crate) fn done(&mut self, trouble: Option<&Trouble>) {
        match trouble {
            Some(Trouble::Late(_)) => self.late += 1,
            Some(Trouble::Spent(_)) => {}
            _ => self.late = 0,
        }
    }

    pub(crate) fn wait(&self) -> Duration {
        self.limits.wait
    }

    pub(crate) fn made(&self) -> u32 {
        self.made
    }
}
