//! Progress on standard error, for a person who waits.

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar that appears only on a terminal and only if the run takes its time.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    wanted: bool,
}

impl Progress {
    /// Prepares the bar.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { bar, started: Instant::now(), wanted: !quiet && io::stderr().is_terminal() }
    }

    /// Begins a phase of `steps` steps.
    pub(crate) fn phase(&self, name: &'static str, steps: usize) {
        self.bar.set_position(0);
        self.bar.set_length(steps as u64);
        self.bar.set_message(name);
        self.show();
    }

    /// One step is done. May be called from any thread.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
        if self.bar.position().is_multiple_of(64) {
            self.show();
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        if !self.wanted || !self.bar.is_hidden() || self.started.elapsed() < PATIENCE {
            return;
        }
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:32} {pos}/{len}") {
            self.bar.set_style(style);
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    }
}
