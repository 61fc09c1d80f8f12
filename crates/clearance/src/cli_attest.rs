//! The command line of `clearance attest`, and of `clearance verify` for what it has signed.

use std::{path::PathBuf, str::FromStr};

use clap::Args;
use clearance_attest::{Predicate, Requirement};
use jiff::SignedDuration;

use crate::{
    cli::{ConsoleArgs, RuleArgs, WorkArgs, words},
    words::FailOn,
};

pub(crate) const ATTEST_EXIT_CODES: &str = "Exit codes:
  0  the statement was written, and the decision is good enough for --fail-on
  1  it was written, and the decision is not
  2  the command line, a configuration file or the key is wrong, or there is
     nothing that could be attested
  3  the run failed; nothing was written";

/// `clearance attest`.
#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// The project
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,

    /// The private key: Ed25519 or ECDSA P-256, PKCS#8 in PEM, without a password. Keys that cosign has encrypted are not supported
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) key: PathBuf,

    /// What to say: the decision with all controls (test-result), the known vulnerabilities of the dependencies (vulns), or only what was verified (svr; svr-0.2 in the next version of
    /// that format)
    #[arg(long, value_name = "PREDICATE", default_value = "test-result", value_parser = words(Predicate::ALL))]
    pub(crate) predicate: Predicate,

    /// Also speak of FILE, which was built from the project. May be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) subject: Vec<PathBuf>,

    /// Where to write the statement [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Also attest a work tree that differs from its commit: then only of the files that --subject names, and the statement says so
    #[arg(long)]
    pub(crate) allow_dirty: bool,

    /// The best decision that ends with exit code 1 although the statement was written [default: never]
    #[arg(long, value_name = "DECISION", value_parser = words(FailOn::ALL))]
    pub(crate) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,

    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

/// What is expected of a signed statement.
#[derive(Debug, Args)]
pub(crate) struct ExpectedArgs {
    /// The public key of whoever must have signed it: Ed25519 or ECDSA P-256, in PEM
    #[arg(long, value_name = "PUB.pem", requires = "attestation")]
    pub(crate) public_key: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) about: AboutArgs,

    /// What it must say
    #[arg(long, value_name = "PREDICATE", default_value = "test-result", requires = "attestation", value_parser = words(Predicate::ALL))]
    pub(crate) predicate: Predicate,

    /// The worst result to take: passed (approved), or warned (conditional) [default: warned; a vulns statement has no result]
    #[arg(long, value_name = "RESULT", requires = "attestation", value_parser = words(Requirement::ALL))]
    pub(crate) require: Option<Requirement>,

    /// How old it may be: a number of seconds (s), minutes (m), hours (h), days (d) or weeks (w), such as 7d [default: any age, but not from the future]
    #[arg(long, value_name = "AGE", requires = "attestation")]
    pub(crate) max_age: Option<MaxAge>,

    /// Also take a statement over a work tree that differed from its commit
    #[arg(long, requires = "attestation")]
    pub(crate) allow_dirty: bool,
}

/// What a signed statement must be about.
#[derive(Debug, Args)]
#[group(id = "about", multiple = true)]
pub(crate) struct AboutArgs {
    /// The file that it must be about. May be repeated: it must be about all of them
    #[arg(long, value_name = "FILE", requires = "attestation")]
    pub(crate) subject: Vec<PathBuf>,

    /// The commit that it must be about, in full
    #[arg(long, value_name = "SHA", requires = "attestation")]
    pub(crate) commit: Option<String>,
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MaxAge(pub(crate) SignedDuration);

/// A text that is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number and a unit: 90s, 30m, 12h, 7d or 2w")]
pub(crate) struct NotAnAge;

impl FromStr for MaxAge {
    type Err = NotAnAge;

    fn from_str(given: &str) -> Result<Self, NotAnAge> {
        let unit = given.chars().next_back().ok_or(NotAnAge)?;
        let seconds: i64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return Err(NotAnAge),
        };
        let number = &given[..given.len() - 1];
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAnAge);
        }
        let number: i64 = number.parse().map_err(|_| NotAnAge)?;
        number.checked_mul(seconds).map(|seconds| Self(SignedDuration::from_secs(seconds))).ok_or(NotAnAge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_unit() {
        let seconds = |given: &str| given.parse::<MaxAge>().map(|age| age.0.as_secs());
        assert_eq!(seconds("7d"), Ok(604_800));
        assert_eq!(seconds("0s"), Ok(0));
        for bad in ["", "7", "d", "-1d", "1.5h", "7 d", "99999999999999999d", "7é"] {
            assert_eq!(seconds(bad), Err(NotAnAge), "{bad}");
        }
    }
}
