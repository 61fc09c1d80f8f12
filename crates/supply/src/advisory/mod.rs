//! Advisories: what is known against packages.
//!
//! Records in the OSV format become one compact file, the *index* ([`Builder`]), which a run opens and asks ([`Database`]). Records of one vulnerability (PyPA's, GitHub's, and the CVE id
//! that they share) are one advisory. Nothing here goes to the network; who fetches archives hands them over as files.

mod archive;
mod builder;
mod compile;
mod database;
mod error;
mod evaluate;
mod format;
mod index;
pub mod limits;
mod lists;
mod merge;
mod meta;
mod model;
mod osv;
mod range;
mod record;
mod severity;
mod yaml;

pub use builder::{Builder, Imported, Mode};
pub use database::{Database, format, write};
pub use error::{DatabaseError, ImportError};
pub use meta::{Counted, List, Meta, Source, Tally};
pub use model::{
    Advisory, Cvss, End, Epss, Exploitation, Interval, Matched, Outcome, RangeMatch, RangeOutcome, Reach,
    Severity, Unclear, Undecided,
};
pub use severity::band;
