//! What became of an earlier report.

use std::path::Path;

use clearance_finding::{Confidence, Severity};
use clearance_report::render_verification;
use clearance_verdict::{Profile, verify};

use super::{
    super::check::{self, Examined},
    past,
};
use crate::{
    catalogue::Catalogue,
    cli::RuleArgs,
    cli_life::VerifyArgs,
    console,
    exit::{Exit, Failure},
    run::previous,
    surroundings::Around,
};

/// Says what became of the report `file`.
pub(super) fn run(catalogue: &Catalogue, file: &Path, args: &VerifyArgs) -> Result<Exit, Failure> {
    let earlier = previous::read("", file)?;
    let mut check_args = check::silent(std::slice::from_ref(&args.path), &whole(&args.rules));
    // What blocks depends on it.
    if check_args.rules.profile.is_none() {
        check_args.rules.profile = earlier.profile.parse::<Profile>().ok();
    }
    check_args.work = args.work.clone();
    check_args.console = args.console;
    check::examine_for(catalogue, &check_args, |examined| {
        let Examined { assessment, base, inventory, options, .. } = examined;
        let around = Around::new(inventory, options, base);
        let mut verification = verify(assessment, earlier, &around);
        past::tell(&mut verification, examined, !args.no_history)?;
        console::write_stdout(render_verification(args.format, &verification, assessment).as_bytes())?;
        let failed = !assessment.coverage.failed.is_empty() || assessment.coverage.is_empty();
        Ok(match verification.exit_code() {
            1 => Exit::NotMet,
            0 if !failed => Exit::Met,
            _ => Exit::Incomplete,
        })
    })
}

/// No thresholds: what weighs less than then is still there.
fn whole(rules: &RuleArgs) -> RuleArgs {
    RuleArgs { severity: Some(Severity::Info), confidence: Some(Confidence::Low), ..rules.clone() }
}
