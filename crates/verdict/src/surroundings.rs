//! What a comparison with an earlier run asks about the target, beside what was found there.

use clearance_finding::{Finding, Fingerprint};

/// How a file stands now that a finding was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It was among the files to be examined.
    Listed,
    /// It is there, and was left out.
    LeftOut,
    /// It is not there any more.
    Gone,
    /// Nobody knows.
    Unknown,
}

/// What is known of the target beside the findings.
pub trait Surroundings {
    /// How the file at `path`, relative to the target, stands.
    fn presence(&self, path: &str) -> Presence;

    /// The identity that `finding` would have if its file were called `path`. Nothing, if that cannot be said, or if the path is no part
    /// of it.
    fn identity_at(&self, finding: &Finding, path: &str) -> Option<Fingerprint>;
}

/// Nothing is known of the target: what has moved to another file is not recognised.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unknown;

impl Surroundings for Unknown {
    fn presence(&self, _: &str) -> Presence {
        Presence::Unknown
    }

    fn identity_at(&self, _: &Finding, _: &str) -> Option<Fingerprint> {
        None
    }
}
