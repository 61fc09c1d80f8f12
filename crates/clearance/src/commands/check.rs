//! `clearance check`: examine a project and decide.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use clearance_attest::AdvisoryDatabase;
use clearance_report::{Format, RenderOptions};
use clearance_source::{File, Options, from_stdin, git_state};
use clearance_verdict::{Assessment, Baseline, BaselineEntry, PlaneStatus, Surroundings};

use super::probe;
use crate::{
    baseline,
    catalogue::Catalogue,
    cli::{CheckArgs, ColorChoice, ConsoleArgs, RuleArgs, WorkArgs},
    cli_probe::ProbeArgs,
    config::Sited,
    console,
    exit::{Exit, Failure},
    output::Output,
    run::{
        analyse::{UnmodelledCall, analyse},
        clock::Clock,
        command_line,
        judge::{About, Compared, judge},
        kept::{Cache, Leavings, Wish},
        live,
        plan::{self, Plan},
        previous,
        progress::Progress,
        render, secrets, since,
        target::Target,
        threads, unmodelled,
    },
    surroundings::Around,
    words::FailOn,
};

/// Most bytes that are taken from standard input; the limit for files comes after it.
const MAX_INPUT: u64 = 64 << 20;

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, args: &CheckArgs) -> Result<Exit, Failure> {
    let clock = Clock::start()?;
    check_outputs(&args.output)?;
    let earlier = args.previous.as_deref().map(|file| previous::read("--previous ", file)).transpose()?;
    let pool = threads::pool(args.work.threads)?;
    let progress = Progress::new(args.console.quiet);
    let examined = pool.install(|| examine(catalogue, args, Held::Configured, clock, &progress));
    progress.finish();
    let mut examined = examined?;
    if let Some(earlier) = earlier {
        let around = Around::new(&examined.inventory, &examined.options, &examined.base);
        let compared = examined.assessment.compared_with(earlier, &around);
        examined.assessment = compared;
    }
    let exit = tell(args, &examined);
    // Nobody waits for this but the shell.
    if let Some(leavings) = examined.leavings.take() {
        pool.install(|| leavings.write());
    }
    exit
}

/// Writes the reports, and gives the failure of one that cannot be written: it takes no other with it.
fn tell_assessment(
    assessment: &Assessment,
    base: &Path,
    (output, format): (&[Output], Format),
    console: ConsoleArgs,
) -> Result<Option<Failure>, Failure> {
    let mut unwritten = None;
    for output in output {
        if let Err(failure) = write_report(assessment, output) {
            unwritten.get_or_insert(failure);
        }
    }
    let reports = output.iter().map(|output| output.path.display().to_string()).collect();
    let look = render::look(console, base, reports);
    if !console.quiet {
        for notice in assessment.coverage.skipped.iter().filter(|notice| notice.path.is_empty()) {
            console::write_stderr("note", &notice.text);
        }
    }
    let page = render::page(format, assessment, console, &look);
    console::write_stdout(page.as_bytes())?;
    Ok(unwritten)
}

/// Writes the reports of a probe.
pub(super) fn tell_probe(
    args: &ProbeArgs,
    assessment: &Assessment,
    fail_on: FailOn,
) -> Result<Exit, Failure> {
    let unwritten = tell_assessment(assessment, Path::new("."), (&args.output, args.format), args.console)?;
    unwritten.map_or_else(|| Ok(exit_of(assessment, fail_on, args.exit_zero)), Err)
}

/// Writes the reports.
fn tell(args: &CheckArgs, examined: &Examined) -> Result<Exit, Failure> {
    let unwritten =
        tell_assessment(&examined.assessment, &examined.base, (&args.output, args.format), args.console)?;
    if args.explain_unknown {
        unmodelled::tell(args.format, &examined.unmodelled)?;
    }
    match unwritten {
        Some(failure) => Err(failure),
        None => Ok(exit(examined, args.exit_zero)),
    }
}

/// The JSON report of a run with these paths and rules.
pub(super) fn report(catalogue: &Catalogue, paths: &[PathBuf], rules: &RuleArgs) -> Result<String, Failure> {
    let assessment = assess_quietly(catalogue, paths, rules, None)?;
    Ok(as_json(&assessment))
}

/// The JSON report of `assessment`.
pub(super) fn as_json(assessment: &Assessment) -> String {
    clearance_report::render(Format::Json, assessment, &RenderOptions::default())
}

/// A run with these paths and rules, compared with `held`; nothing is written.
pub(super) fn assess_quietly(
    catalogue: &Catalogue,
    paths: &[PathBuf],
    rules: &RuleArgs,
    held: Option<Baseline>,
) -> Result<Assessment, Failure> {
    let args = silent(paths, rules);
    let clock = Clock::start()?;
    let progress = Progress::new(false);
    let examined =
        threads::pool(None)?.install(|| examine(catalogue, &args, Held::Given(held), clock, &progress));
    progress.finish();
    Ok(examined?.assessment)
}

/// Examines, and hands `take` what came of it before it is kept for the next run.
pub(super) fn examine_for<T>(
    catalogue: &Catalogue,
    args: &CheckArgs,
    take: impl FnOnce(&Examined) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let clock = Clock::start()?;
    let pool = threads::pool(args.work.threads)?;
    let progress = Progress::new(args.console.quiet);
    let examined = pool.install(|| examine(catalogue, args, Held::Configured, clock, &progress));
    progress.finish();
    let mut examined = examined?;
    let taken = take(&examined);
    if let Some(leavings) = examined.leavings.take() {
        pool.install(|| leavings.write());
    }
    taken
}

/// Arguments of a run that tells nothing itself.
pub(super) fn silent(paths: &[PathBuf], rules: &RuleArgs) -> CheckArgs {
    CheckArgs {
        paths: paths.to_vec(),
        rules: rules.clone(),
        format: Format::Json,
        output: Vec::new(),
        previous: None,
        baseline: None,
        new_only: false,
        live: None,
        fail_on: None,
        exit_zero: false,
        stdin_filename: None,
        explain_unknown: false,
        work: WorkArgs::default(),
        console: ConsoleArgs { quiet: true, verbose: false, color: ColorChoice::Never },
    }
}

/// What came of a run.
pub(super) struct Examined {
    pub(super) assessment: Assessment,
    /// The folder that paths are relative to.
    pub(super) base: PathBuf,
    /// Everything that was there to be examined.
    pub(super) inventory: Vec<File>,
    /// How it is read.
    pub(super) options: Options,
    /// Names of the configuration and model files in force, relative to it, each once.
    pub(super) configuration: BTreeSet<String>,
    /// The advisories that dependencies were compared with.
    pub(super) database: Option<AdvisoryDatabase>,
    fail_on: FailOn,
    /// For the next run.
    leavings: Option<Leavings>,
    unmodelled: Vec<UnmodelledCall>,
}

/// Which baseline a run is compared with.
enum Held {
    /// The one that options or the configuration name.
    Configured,
    /// This one, or none.
    Given(Option<Baseline>),
}

impl Held {
    fn read(
        self,
        catalogue: &Catalogue,
        args: &CheckArgs,
        plan: &mut Plan,
        progress: &Progress,
    ) -> Result<Option<Baseline>, Failure> {
        let since = args.rules.since.as_deref();
        if since.is_some() && args.baseline.is_some() && !args.rules.history {
            return Err(Failure::Usage(
                "findings are compared with one thing: give --baseline or --since".to_owned(),
            ));
        }
        let held = match self {
            Self::Given(_) if since.is_some() && !args.rules.history => {
                return Err(Failure::Usage(
                    "only `clearance check` compares with a revision: leave out --since".to_owned(),
                ));
            }
            Self::Given(held) => held,
            Self::Configured if since.is_some() && args.baseline.is_none() => {
                since.map(|revision| since::findings_at(catalogue, plan, revision, progress)).transpose()?
            }
            Self::Configured => match (&args.baseline, &plan.settings.run.baseline) {
                (Some(file), _) => Some(baseline::read(file)?),
                (None, Some(named)) => {
                    let held = baseline::read(&named.inside()?)?;
                    // The report is the same wherever the project lies.
                    Some(Baseline { file: named.file.value.clone(), ..held })
                }
                (None, None) => None,
            },
        };
        if args.new_only && held.is_none() {
            return Err(Failure::Usage(
                "--new-only needs something to compare with: give --baseline FILE, --since REV, or `baseline` in the configuration"
                    .to_owned(),
            ));
        }
        Ok(held)
    }
}

/// Why a run could not have seen an entry of a baseline, as far as that lies in how it was started.
fn unseen(entry: &BaselineEntry, plan: &Plan, base: &Path, looked: bool) -> Option<String> {
    if entry.path.contains("://") {
        return (!looked).then(|| "the running server was not looked at".to_owned());
    }
    if !plan.settings.run.flow.value && clearance_checks::is_flow_rule(&entry.rule) {
        return Some("data was not followed".to_owned());
    }
    if let Some(why) = secrets_unseen(entry, &plan.past) {
        return Some(why.to_owned());
    }
    let is_listed = plan.inventory.files.iter().any(|file| *file.path == *entry.path);
    (!is_listed && base.join(&entry.path).is_file()).then(|| "its file was not examined".to_owned())
}

/// Why a search for credentials could not have come to an entry.
fn secrets_unseen(entry: &BaselineEntry, past: &secrets::Past) -> Option<&'static str> {
    if entry.rule == clearance_secrets::rules::leak::credential_in_history::RULE.id {
        return match past {
            secrets::Past::History(None) => None,
            secrets::Past::History(Some(_)) => Some("only a part of the history was searched"),
            secrets::Past::None | secrets::Past::Staged => Some("the history was not searched"),
        };
    }
    let is_secret = clearance_secrets::catalogue().iter().any(|rule| rule.id == entry.rule);
    (is_secret && *past == secrets::Past::Staged)
        .then_some("what is staged was searched in place of the tree")
}

fn examine(
    catalogue: &Catalogue,
    args: &CheckArgs,
    held: Held,
    clock: Clock,
    progress: &Progress,
) -> Result<Examined, Failure> {
    let started = Instant::now();
    let Prepared { target, mut plan, name, on_disk } = prepare(catalogue, args)?;
    if args.explain_unknown {
        plan.settings.run.flow = Sited::option(true, "--explain-unknown");
        plan.explain_unknown = true;
    }
    tell_configuration(&plan, args.console);
    let saved = args.live.as_deref().map(probe::read_saved).transpose()?;
    if plan.past == secrets::Past::Staged && on_disk {
        since::stage(&mut plan)?;
    }
    let held = held.read(catalogue, args, &mut plan, progress)?;
    // What is asked for and installed can be judged without the code that uses it.
    let says_something = |file: &File| {
        plan.secrets.only || file.kind.is_python() || clearance_supply::manifest::names_packages(&file.path)
    };
    let beside = plan.environment.is_some() || (plan.secrets.only && plan.past != secrets::Past::None);
    if !beside && !plan.inventory.files.iter().any(says_something) {
        return Err(Failure::NothingToScan(why_nothing(&target, &plan)));
    }
    let listed = started.elapsed();
    let is_tree = plan.past != secrets::Past::Staged;
    let cached = on_disk && is_tree && !args.work.no_cache && plan.is_cacheable();
    let wish = Wish { folder: args.work.cache_dir.clone(), verbose: args.console.verbose };
    let past = secrets::history::read(&plan, &target.base)?;
    let ((mut analysis, leavings), git) = rayon::join(
        || analyse(&plan, cached.then(|| Cache::open(&wish, &target)).flatten(), &past, progress),
        || on_disk.then(|| git_state(&target.base)).flatten(),
    );
    let analysed = started.elapsed();
    let live = live::join(saved, clock.begin, &mut analysis);
    let looked = live.status == PlaneStatus::Run;
    let unmodelled = std::mem::take(&mut analysis.unmodelled);
    let database = analysis.database.take();
    let files = plan.settings.files.iter().map(|read| read.file.to_string());
    let configuration = files.chain(plan.models.iter().map(|model| model.file.clone())).collect();
    let about = About { target: name, git, command: command_line::shown(std::env::args_os()), clock };
    let (mut assessment, comparison) = {
        let around = Around::new(&plan.inventory.files, &plan.options, &target.base);
        let baseline = held.as_ref().map(|held| (held, &around as &dyn Surroundings));
        judge(catalogue, &plan, analysis, about, Compared { baseline, new_only: args.new_only }, live)?
    };
    if let Some(comparison) = comparison {
        assessment = assessment.told_apart(comparison, |entry| unseen(entry, &plan, &target.base, looked));
    }
    if args.console.verbose {
        let times = format!(
            "listed {} files in {listed:.1?}, analysed in {:.1?}, judged in {:.1?}",
            plan.inventory.files.len(),
            analysed.saturating_sub(listed),
            started.elapsed().saturating_sub(analysed),
        );
        console::write_stderr("time", &times);
    }
    Ok(Examined {
        assessment,
        base: target.base,
        configuration,
        database,
        inventory: plan.inventory.files,
        options: plan.options,
        fail_on: plan.settings.run.fail_on.value,
        leavings,
        unmodelled,
    })
}

/// What is to be examined.
struct Prepared {
    target: Target,
    plan: Plan,
    /// The name that the report gives it.
    name: String,
    /// Whether it is what git would know, and not text from standard input.
    on_disk: bool,
}

fn prepare(catalogue: &Catalogue, args: &CheckArgs) -> Result<Prepared, Failure> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    let wants_stdin = args.stdin_filename.is_some() || args.paths.iter().any(is_stdin);
    if !wants_stdin {
        let target = Target::new(&args.paths)?;
        let plan = plan::plan(catalogue, &target, &args.rules, args.fail_on)?;
        return Ok(Prepared { name: target.name(), target, plan, on_disk: true });
    }
    let only_stdin = args.paths.iter().all(|path| is_stdin(path) || path.as_os_str() == ".");
    if !only_stdin {
        return Err(Failure::Usage(
            "standard input cannot be combined with other paths; give either `-` or paths".to_owned(),
        ));
    }
    let target = Target::new(&[PathBuf::from(".")])?;
    let name = target.name_inside(args.stdin_filename.as_deref().unwrap_or("stdin.py"));
    let mut bytes = Vec::new();
    let input = io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut bytes);
    input.map_err(Failure::Input)?;
    let inventory = from_stdin(&name, bytes);
    let plan = plan::plan_stdin(catalogue, &target, &args.rules, args.fail_on, inventory)?;
    Ok(Prepared { target, plan, name, on_disk: false })
}

/// Notes on the configuration, on standard error.
fn tell_configuration(plan: &Plan, console: ConsoleArgs) {
    if !console.verbose {
        return;
    }
    for file in &plan.settings.files {
        console::write_stderr("configuration", &format!("{} {}", file.file, file.part));
    }
    for note in &plan.settings.notes {
        console::write_stderr("note", note);
    }
}

fn why_nothing(target: &Target, plan: &Plan) -> String {
    let inventory = &plan.inventory;
    let what = if plan.secrets.only { "no file" } else { "no Python file and no list of packages" };
    let mut why = format!("{what} in {}", target.shown());
    let mut reasons = Vec::new();
    if inventory.excluded > 0 {
        reasons.push(format!("{} excluded by configuration or options", inventory.excluded));
    }
    if inventory.ignored > 0 {
        reasons.push(format!("{} ignored by git", inventory.ignored));
    }
    if inventory.stubs_skipped > 0 {
        reasons.push(format!("{} type stubs", inventory.stubs_skipped));
    }
    if !inventory.notices.is_empty() {
        reasons.push(format!("{} that could not be listed", inventory.notices.len()));
    }
    if !reasons.is_empty() {
        why.push_str(&format!(" (not counted: {})", reasons.join(", ")));
    }
    why.push_str("; name the folder of the application");
    for notice in inventory.notices.iter().take(3) {
        why.push_str(&format!("\n{}: {}", notice.path, notice.text));
    }
    why
}

/// Refuses report files that cannot be written, or that would overwrite each other, before the work begins.
pub(super) fn check_outputs(outputs: &[Output]) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for output in outputs {
        let folder = match output.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(Failure::Usage(format!(
                "--output {}: the folder {} does not exist; create it first",
                output.path.display(),
                folder.display()
            )));
        }
        if output.path.is_dir() {
            return Err(Failure::Usage(format!(
                "--output {}: this is a folder; name a file in it",
                output.path.display()
            )));
        }
        let name = output.path.file_name().unwrap_or_default();
        let file = folder.canonicalize().map_or_else(|_| output.path.clone(), |folder| folder.join(name));
        let is_regular = file.metadata().map_or(true, |file| file.is_file());
        if is_regular && !seen.insert(file.canonicalize().unwrap_or(file)) {
            return Err(Failure::Usage(format!(
                "--output {}: the file is named twice; each report needs its own",
                output.path.display()
            )));
        }
    }
    Ok(())
}

fn write_report(assessment: &Assessment, output: &Output) -> Result<(), Failure> {
    let text = clearance_report::render(output.format, assessment, &RenderOptions::default());
    match fs::File::create(&output.path).and_then(|mut file| file.write_all(text.as_bytes())) {
        // A pipe whose reader has gone away.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(cause) => Err(Failure::Output { path: output.path.clone(), cause }),
        Ok(()) => Ok(()),
    }
}

/// The exit code. `--exit-zero` and `never` forgive any decision and files that were seen in part, but not a run that failed or that saw nothing.
pub(super) fn exit(examined: &Examined, exit_zero: bool) -> Exit {
    exit_of(&examined.assessment, examined.fail_on, exit_zero)
}

fn exit_of(assessment: &Assessment, fail_on: FailOn, exit_zero: bool) -> Exit {
    if exit_zero || fail_on == FailOn::Never {
        let failed = !assessment.coverage.failed.is_empty() || assessment.coverage.is_empty();
        return if failed { Exit::Incomplete } else { Exit::Met };
    }
    match assessment.exit_code(assessment.policy.fail_on) {
        0 => Exit::Met,
        1 => Exit::NotMet,
        _ => Exit::Incomplete,
    }
}
