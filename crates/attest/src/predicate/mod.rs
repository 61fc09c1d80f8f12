//! What a statement says: one file for each predicate.

mod svr;
mod test_result;
mod vulns;

use clearance_finding::words;
use clearance_verdict::Assessment;
use serde_json::Value;

use crate::statement::{CannotAttest, Occasion};

pub(crate) use svr::{APPROVED, NOT_BLOCKED};
pub(crate) use test_result::RUN;

words! {
    /// The predicates that can be written and checked.
    Predicate {
        /// The decision and how each control stands: `test-result/v0.1`.
        TestResult = "test-result",
        /// Known vulnerabilities of the dependencies: `vulns/v0.2`.
        Vulns = "vulns",
        /// What was verified, and nothing else: `svr/v0.1`.
        Svr = "svr",
        /// The same in the next version of that predicate: `svr/v0.2`.
        Svr02 = "svr-0.2",
    }
}

impl Predicate {
    /// Its `predicateType`.
    pub fn uri(self) -> &'static str {
        match self {
            Self::TestResult => "https://in-toto.io/attestation/test-result/v0.1",
            Self::Vulns => "https://in-toto.io/attestation/vulns/v0.2",
            Self::Svr => "https://in-toto.io/attestation/svr/v0.1",
            Self::Svr02 => "https://in-toto.io/attestation/svr/v0.2",
        }
    }

    /// Whether it says how the decision came out.
    pub fn has_result(self) -> bool {
        !matches!(self, Self::Vulns)
    }

    /// The predicate itself.
    pub(crate) fn of(self, assessment: &Assessment, occasion: &Occasion) -> Result<Value, CannotAttest> {
        match self {
            Self::TestResult => Ok(test_result::predicate(assessment, occasion)),
            Self::Vulns => vulns::predicate(assessment, occasion),
            Self::Svr => Ok(svr::predicate(assessment, false)),
            Self::Svr02 => Ok(svr::predicate(assessment, true)),
        }
    }
}

/// The address that stands for this program: a package URL without a registry.
fn tool(assessment: &Assessment) -> String {
    format!("pkg:generic/clearance@{}", assessment.header.tool_version)
}
