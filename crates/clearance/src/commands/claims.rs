//! `clearance claims`: a report that somebody wrote, held against the project.

use std::{fs, io::Read, path::Path};

use clearance_claims::{MAX_REPORT, Verdict, hold, render};
use clearance_finding::{Confidence, Severity};

use super::check;
use crate::{
    catalogue::Catalogue,
    cli::RuleArgs,
    cli_life::ClaimsArgs,
    console,
    exit::{Exit, Failure},
};

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, args: &ClaimsArgs) -> Result<Exit, Failure> {
    let text = read(&args.report)?;
    let mut check_args = check::silent(std::slice::from_ref(&args.path), &whole(&args.rules));
    check_args.work = args.work.clone();
    check_args.console = args.console;
    check::examine_for(catalogue, &check_args, |examined| {
        let assessment = &examined.assessment;
        let held = hold(&args.report.display().to_string(), &text, assessment);
        console::write_stdout(render(args.format, &held, assessment).as_bytes())?;
        if held.claims.is_empty() && !args.console.quiet {
            console::write_stderr(
                "note",
                "no claim was found: boxes, status tables and plain sentences in English are read",
            );
        }
        Ok(match (held.count(Verdict::Contradicted), assessment.is_complete()) {
            (0, true) => Exit::Met,
            (0, false) => Exit::Incomplete,
            _ => Exit::NotMet,
        })
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    let shown = file.display();
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_REPORT + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::Usage(format!("{shown}: cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_REPORT {
        return Err(Failure::Usage(format!("{shown}: is larger than {} MiB", MAX_REPORT >> 20)));
    }
    let is_json =
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'['));
    if is_json && serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok() {
        return Err(Failure::Usage(format!(
            "{shown}: is JSON, and this reads Markdown; `clearance verify` reads the JSON reports of `clearance check`"
        )));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// No thresholds: a claim is contradicted by what a filter would hide, too.
fn whole(rules: &RuleArgs) -> RuleArgs {
    RuleArgs { severity: Some(Severity::Info), confidence: Some(Confidence::Low), ..rules.clone() }
}
