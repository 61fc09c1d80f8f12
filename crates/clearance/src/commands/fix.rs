//! `clearance fix`: shows the repairs that hold, or makes them.

use std::{collections::BTreeSet, fmt::Write, path::Path, sync::Arc};

use clearance_source::Inventory;

use crate::{
    catalogue::{Catalogue, Named},
    cli::{FixArgs, FixFormat},
    console,
    exit::{Exit, Failure},
    repair::{Change, Limits, Offer, Seen, Wanted, offer, patch, unified, write},
    run::{
        analyse::analyse,
        clock::Clock,
        command_line,
        judge::{About, Compared, judge},
        live, plan,
        progress::Progress,
        secrets::{Redactor, history},
        target::Target,
        threads,
    },
};

/// Repairs of one kind that do not hold and are named one by one.
const MAX_NAMED: usize = 20;

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, args: &FixArgs) -> Result<Exit, Failure> {
    let wanted = Wanted { rules: rules(catalogue, &args.only)?, unsafe_too: args.unsafe_too };
    if args.rules.history || args.rules.staged || args.rules.since.is_some() {
        return Err(Failure::Usage(
            "fix looks at the tree only: leave out --history, --since and --staged".to_owned(),
        ));
    }
    let target = Target::new(&args.paths)?;
    let progress = Progress::new(args.console.quiet);
    let found = threads::pool(None)?.install(|| examine(catalogue, args, &target, &wanted, &progress));
    progress.finish();
    let Found { offer, inventory, left } = found?;
    show(args, &offer)?;
    let unwritten = if args.apply { apply(&target.base, &inventory, &offer) } else { Vec::new() };
    if !args.console.quiet {
        tell(args, &offer, &left, unwritten.len());
    }
    for (path, why) in &unwritten {
        console::write_stderr("error", &format!("{path} is not written: {why}"));
    }
    Ok(if unwritten.is_empty() { Exit::Met } else { Exit::Incomplete })
}

/// The rules that names stand for; none means all.
fn rules(catalogue: &Catalogue, names: &[String]) -> Result<BTreeSet<&'static str>, Failure> {
    let mut rules = BTreeSet::new();
    for name in names {
        match catalogue.find(name) {
            Ok(Named::Rules { positions, .. }) => {
                rules.extend(positions.into_iter().map(|position| catalogue.rules()[position].id));
            }
            Ok(Named::RetiredInBandit | Named::Foreign) => {
                return Err(Failure::Usage(format!("--rule {name}: no rule stands for it")));
            }
            Err(unknown) => return Err(Failure::Usage(format!("--rule: {unknown}"))),
        }
    }
    Ok(rules)
}

/// What can be done, and what is left.
struct Found {
    offer: Offer,
    inventory: Inventory,
    left: Left,
}

/// Findings that were asked for and stay.
struct Left {
    /// Without a repair.
    without: usize,
    /// With a repair that needs `--unsafe`.
    held_back: usize,
}

fn examine(
    catalogue: &Catalogue,
    args: &FixArgs,
    target: &Target,
    wanted: &Wanted,
    progress: &Progress,
) -> Result<Found, Failure> {
    let clock = Clock::start()?;
    let mut plan = plan::plan(catalogue, target, &args.rules, None)?;
    if plan.inventory.files.is_empty() {
        return Err(Failure::NothingToScan(format!("no file in {}", target.shown())));
    }
    let past = history::read(&plan, &target.base)?;
    let mut inventory = plan.inventory.clone();
    let options = plan.options.clone();
    let mut analyse = |inventory: &mut Inventory| -> Result<Seen, Failure> {
        // The plan owns the list only while the analysis looks at it.
        std::mem::swap(&mut plan.inventory, inventory);
        let (mut analysis, _) = analyse(&plan, None, &past, progress);
        let blind = analysis.notices.iter().filter(|notice| notice.kind.is_blind_spot());
        let blind = blind.map(|notice| (Arc::clone(&notice.path), notice.kind)).collect();
        let failed = analysis.failed.is_some();
        let about = About {
            target: target.name(),
            git: None,
            command: command_line::shown(std::env::args_os()),
            clock,
        };
        let live = live::join(None, clock.begin, &mut analysis);
        let compared = Compared { baseline: None, new_only: false };
        let assessment = judge(catalogue, &plan, analysis, about, compared, live);
        std::mem::swap(&mut plan.inventory, inventory);
        Ok(Seen { findings: assessment?.0.findings, blind, failed })
    };
    let seen = analyse(&mut inventory)?;
    if seen.failed {
        return Err(Failure::File("the rules could not be run to their end: nothing is repaired".to_owned()));
    }
    let meant = seen.findings.iter().filter(|finding| wanted.is_meant(finding));
    let (mut without, mut held_back) = (0, 0);
    for finding in meant {
        match &finding.fix {
            None => without += 1,
            Some(fix) if !fix.safe && !wanted.unsafe_too => held_back += 1,
            Some(_) => {}
        }
    }
    let left = Left { without, held_back };
    let offer = offer(seen, &mut inventory, &options, wanted, Limits::default(), &mut analyse)?;
    Ok(Found { offer, inventory, left })
}

/// Writes the differences to standard output, file by file.
fn show(args: &FixArgs, offer: &Offer) -> Result<(), Failure> {
    let colors = args.format == FixFormat::Diff && console::stdout_has_colors(args.console.color);
    let mut out = String::new();
    for (path, after) in &offer.tree.texts {
        let Some(original) = offer.tree.original(path) else { continue };
        let mark = if original.marked { "\u{FEFF}" } else { "" };
        let (before, after) = (format!("{mark}{}", original.text), format!("{mark}{after}"));
        if args.format == FixFormat::Patch {
            out.push_str(&patch(path, &before, &after));
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        for change in offer.made.iter().filter(|change| change.path == *path) {
            for line in titles(change) {
                let _ = writeln!(out, "# {}", console::safe(&line));
            }
        }
        let _ = writeln!(out, "--- a/{0}\n+++ b/{0}", console::safe(path));
        // A patch has to be exact; what is only looked at shows no credential.
        let redactor = Redactor::for_text(path, &before);
        let mut shown = unified(&before, &after);
        redactor.text(&mut shown);
        for line in shown.lines() {
            let line = console::safe(line.trim_start_matches('\u{FEFF}'));
            let color = match line.as_bytes().first() {
                Some(b'+') if colors => "\u{1b}[32m",
                Some(b'-') if colors => "\u{1b}[31m",
                Some(b'@') if colors => "\u{1b}[36m",
                _ => "",
            };
            let end = if color.is_empty() { "" } else { "\u{1b}[0m" };
            let _ = writeln!(out, "{color}{line}{end}");
        }
    }
    console::write_stdout(out.as_bytes())
}

/// A line for each rule that the change is for.
fn titles(change: &Change) -> BTreeSet<String> {
    let line = |finding: &clearance_finding::Finding| {
        let unsafe_word = if finding.fix.as_ref().is_some_and(|fix| fix.safe) { "" } else { " (unsafe)" };
        format!("{}: {}{unsafe_word}", finding.rule.id, change.title)
    };
    change.findings.iter().map(line).collect()
}

/// Writes the changed files; those that cannot be written, and why.
fn apply(base: &Path, inventory: &Inventory, offer: &Offer) -> Vec<(Arc<str>, String)> {
    let mut unwritten = Vec::new();
    for (path, after) in &offer.tree.texts {
        let file = inventory.files.iter().find(|file| file.path == *path);
        let (Some(file), Some(original)) = (file, offer.tree.original(path)) else { continue };
        if let Err(why) = write(base, &file.absolute, &original.bytes, &original.with_text(after)) {
            unwritten.push((Arc::clone(path), why));
        }
    }
    unwritten
}

/// What came of it, on standard error.
fn tell(args: &FixArgs, offer: &Offer, left: &Left, unwritten: usize) {
    for refused in offer.refused.iter().take(MAX_NAMED) {
        let change = &refused.change;
        let Some(finding) = change.findings.first() else { continue };
        let place = format!("{}:{}", change.path, finding.location.start.line);
        console::write_stderr(
            "left out",
            &format!("{}@{place} ({}): {}", finding.rule.id, change.title, refused.why),
        );
    }
    if offer.refused.len() > MAX_NAMED {
        console::write_stderr("left out", &format!("and {} more", offer.refused.len() - MAX_NAMED));
    }
    let findings: usize = offer.made.iter().map(|change| change.findings.len()).sum();
    let files = offer.tree.texts.len();
    let mut said = match (findings, args.apply) {
        (0, _) => "no repair to offer".to_owned(),
        (_, true) => {
            format!("repaired {}, {} written", count(findings, "finding"), count(files - unwritten, "file"))
        }
        (_, false) => format!(
            "repairs for {} in {}, analysed again with them; --apply writes them",
            count(findings, "finding"),
            count(files, "file")
        ),
    };
    if left.held_back > 0 {
        let _ = write!(said, "; {} more with --unsafe", left.held_back);
    }
    if left.without > 0 {
        let _ = write!(said, "; {} without a repair", count(left.without, "finding"));
    }
    if args.console.verbose {
        let _ = write!(said, "; {} of changed trees", count(offer.analyses, "analysis"));
    }
    console::write_stderr("fix", &said);
}

fn count(number: usize, word: &str) -> String {
    match (number, word) {
        (1, _) => format!("1 {word}"),
        (_, "analysis") => format!("{number} analyses"),
        _ => format!("{number} {word}s"),
    }
}
