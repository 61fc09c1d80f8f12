//! Values and taint over a whole program.
//!
//! In: a [`Program`] with its models. Out: an [`Analysis`]: the ways on which data from outside reaches places where it does harm. Nothing here knows a
//! rule, a template's syntax tree or a report; a rule is a name that models give to sinks.

mod analyse;
mod graph;
mod heap;
mod interp;
mod known;
mod probe;
mod sensitive;
mod sight;
mod store;
mod taint;
mod value;

pub use analyse::{Analysis, FirstHalf, Flow, FlowStep, Shown, analyse, own_paths};
pub use probe::{Unmodelled, unmodelled, watch};
pub use sight::{From, Seen, SeenLabel, Sight, kind_words};
