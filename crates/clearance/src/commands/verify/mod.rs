//! `clearance verify`: what became of an earlier report, or whether a signed statement is what is asked for.

mod attestation;
mod past;
mod report;

use crate::{
    catalogue::Catalogue,
    cli_life::VerifyArgs,
    exit::{Exit, Failure},
};

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, args: &VerifyArgs) -> Result<Exit, Failure> {
    match (&args.attestation, &args.report) {
        (Some(file), _) => attestation::run(file, &args.expected),
        (None, Some(file)) => report::run(catalogue, file, args),
        (None, None) => {
            Err(Failure::Usage("name the report, or a signed statement with --attestation".to_owned()))
        }
    }
}
