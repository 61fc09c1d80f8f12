//! The command line of `clearance verify` and `clearance claims`: what became of what a report says.

use std::path::PathBuf;

use clap::Args;
use clearance_report::LifeFormat;

use crate::{
    cli::{ConsoleArgs, RuleArgs, WorkArgs, words},
    cli_attest::ExpectedArgs,
};

pub(crate) const VERIFY_EXIT_CODES: &str = "Exit codes, of a report:
  0  nothing that blocked then still does: each finding that blocked is fixed,
     accepted or weighs less now, and each blocking control that failed does not
  1  something that blocked then still does
  2  the command line, a configuration file or the report is wrong
  3  the run failed, or cannot say whether something that blocked then still does

Exit codes, of a signed statement:
  0  the statement is what was asked for
  1  it is not, or cannot be read
  2  the command line or the public key is wrong";

pub(crate) const CLAIMS_EXIT_CODES: &str = "Exit codes:
  0  no claim is contradicted
  1  a claim is contradicted
  2  the command line, a configuration file or the report is wrong
  3  the run failed or could not see everything, and no claim is contradicted";

/// `clearance verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The earlier report, as `clearance check --format json` wrote it
    #[arg(value_name = "REPORT.json", required_unless_present = "attestation")]
    pub(crate) report: Option<PathBuf>,

    /// The project
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,

    /// Format of what is said; markdown is a record of what was fixed, how, and what says so
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = words(LifeFormat::ALL))]
    pub(crate) format: LifeFormat,

    /// Do not look for the commits that fixed what is fixed
    #[arg(long)]
    pub(crate) no_history: bool,

    /// The signed statement
    #[arg(
        long,
        value_name = "FILE",
        requires = "public_key",
        requires = "about",
        conflicts_with_all = ["report", "format", "no_history", "RuleArgs", "WorkArgs", "ConsoleArgs"],
        help_heading = "Signed statements"
    )]
    pub(crate) attestation: Option<PathBuf>,

    #[command(flatten, next_help_heading = "Signed statements")]
    pub(crate) expected: ExpectedArgs,

    #[command(flatten, next_help_heading = "The run")]
    pub(crate) rules: RuleArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,

    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

/// `clearance claims`.
#[derive(Debug, Args)]
pub(crate) struct ClaimsArgs {
    /// The report, in Markdown
    #[arg(value_name = "REPORT.md")]
    pub(crate) report: PathBuf,

    /// The project
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,

    /// Format of what is said
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = words(LifeFormat::ALL))]
    pub(crate) format: LifeFormat,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,

    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}
