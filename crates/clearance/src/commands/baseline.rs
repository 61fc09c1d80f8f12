//! `clearance baseline`: the findings that stand today, in a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

use clearance_finding::{Confidence, Severity};
use clearance_verdict::{Assessment, Baseline};

use super::check;
use crate::{
    baseline,
    catalogue::Catalogue,
    cli::{BaselineCommand, RuleArgs},
    console,
    exit::{Exit, Failure},
};

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, command: &BaselineCommand) -> Result<Exit, Failure> {
    match command {
        BaselineCommand::Create { paths, file, rules } => create(catalogue, paths, file, rules),
        BaselineCommand::Update { paths, file, rules } => update(catalogue, paths, file, rules),
        BaselineCommand::Show { file } => show(file),
    }
}

fn create(catalogue: &Catalogue, paths: &[PathBuf], file: &Path, rules: &RuleArgs) -> Result<Exit, Failure> {
    baseline::check_name(file)?;
    let shown = file.display();
    if file.symlink_metadata().is_ok() {
        return Err(Failure::Usage(format!(
            "{shown} is there already; `clearance baseline update --file {shown}` brings it up to date"
        )));
    }
    let assessment = check::assess_quietly(catalogue, paths, &whole(rules), None)?;
    let taken = Baseline::of(shown.to_string(), assessment.findings.iter());
    baseline::write(file, &taken)?;
    console::write_stdout(
        format!("{}\n", console::safe(&format!("{shown}: {}", findings(taken.len())))).as_bytes(),
    )?;
    Ok(end(&assessment))
}

fn update(catalogue: &Catalogue, paths: &[PathBuf], file: &Path, rules: &RuleArgs) -> Result<Exit, Failure> {
    let old = baseline::read(file)?;
    let assessment = check::assess_quietly(catalogue, paths, &whole(rules), Some(old.clone()))?;
    let mut new = Baseline::of(old.file.clone(), assessment.findings.iter());
    let present: BTreeSet<_> = assessment.findings.iter().map(|finding| finding.fingerprint).collect();
    let Some(standing) = &assessment.baseline else {
        return Err(Failure::File(format!("{} was not compared", old.file)));
    };
    let moved: BTreeSet<_> = standing.moved.iter().map(|(entry, _)| entry.fingerprint).collect();
    let gone: BTreeMap<_, bool> =
        standing.gone.iter().map(|(entry, why)| (entry.fingerprint, why.is_some())).collect();
    let mut unseen = 0_u64;
    for entry in &old.entries {
        if present.contains(&entry.fingerprint) || moved.contains(&entry.fingerprint) {
            continue;
        }
        // What is neither shown nor gone is hidden by settings.
        if gone.get(&entry.fingerprint).is_none_or(|was_unseen| *was_unseen) {
            unseen += u64::from(entry.count);
            new.entries.push(entry.clone());
        }
    }
    new.entries.sort();
    // What moved is in the old list under one identity and in the new one under another, unless it was accepted.
    let followed = standing.moved.len() as u64;
    let kept: BTreeSet<_> = new.entries.iter().map(|entry| entry.fingerprint).collect();
    let kept = standing.moved.iter().filter(|(_, print)| kept.contains(print)).count() as u64;
    let added = beyond(&new, &old).saturating_sub(kept);
    let dropped = beyond(&old, &new).saturating_sub(kept);
    if new != old || !is_same_text(file, &new) {
        baseline::write(file, &new)?;
    }
    let mut line = format!("{}: {}, {added} added, {dropped} dropped", old.file, findings(new.len()));
    if followed > 0 {
        let _ = write!(line, ", {followed} in a file that was renamed");
    }
    if unseen > 0 {
        let _ = write!(line, ", {unseen} kept that this run could not see");
    }
    console::write_stdout(format!("{}\n", console::safe(&line)).as_bytes())?;
    Ok(end(&assessment))
}

fn is_same_text(file: &Path, baseline: &Baseline) -> bool {
    std::fs::read_to_string(file)
        .is_ok_and(|text| baseline::text(file, baseline).is_ok_and(|new| new == text))
}

/// How many findings of `one` are not in `other`.
fn beyond(one: &Baseline, other: &Baseline) -> u64 {
    let counts: BTreeMap<_, u32> =
        other.entries.iter().map(|entry| (entry.fingerprint, entry.count)).collect();
    let there = |print| counts.get(print).copied().unwrap_or(0);
    let many = one.entries.iter().map(|entry| entry.count.saturating_sub(there(&entry.fingerprint)));
    many.map(u64::from).sum()
}

fn show(file: &Path) -> Result<Exit, Failure> {
    let baseline = baseline::read(file)?;
    let mut text = String::new();
    for entry in &baseline.entries {
        let inside = if entry.symbol.is_empty() { String::new() } else { format!(" in {}", entry.symbol) };
        let count = if entry.count > 1 { format!(" × {}", entry.count) } else { String::new() };
        let print: String = entry.fingerprint.to_string().chars().take(12).collect();
        let line = format!("{print}  {}  {}{inside}{count}", entry.path, entry.rule);
        let _ = writeln!(text, "{}", console::safe(&line));
    }
    let _ = writeln!(text, "{}", console::safe(&format!("{}: {}", baseline.file, findings(baseline.len()))));
    console::write_stdout(text.as_bytes())?;
    Ok(Exit::Met)
}

/// No thresholds: a filter says what is shown, not what stands.
fn whole(rules: &RuleArgs) -> RuleArgs {
    RuleArgs { severity: Some(Severity::Info), confidence: Some(Confidence::Low), ..rules.clone() }
}

fn findings(number: u64) -> String {
    if number == 1 { "1 finding".to_owned() } else { format!("{number} findings") }
}

/// A run that did not see everything says so: what it missed will be new one day.
fn end(assessment: &Assessment) -> Exit {
    if assessment.is_complete() {
        return Exit::Met;
    }
    let paths = assessment.coverage.blind_paths();
    let named: Vec<&str> = paths.iter().copied().filter(|path| !path.is_empty()).take(5).collect();
    let named = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    console::write_stderr("note", &format!("not everything could be seen{named}"));
    Exit::Incomplete
}
