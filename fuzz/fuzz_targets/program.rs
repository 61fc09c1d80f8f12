//! Programs made from bytes: building the program, following data and running every rule neither panics nor takes long, and says the same on one thread
//! and on several.

#![no_main]

#[path = "../python.rs"]
mod python;

use std::{fmt::Write, sync::LazyLock, time::Duration};

use clearance_checks::{Settings, flow_models, run};
use clearance_program::{ModuleInput, Program, TemplateFile};
use clearance_python::{Input, lower_module};
use clearance_source::Role;
use libfuzzer_sys::fuzz_target;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Processor time that one program may take.
const LIMIT: Duration = Duration::from_secs(5);

static ONE: LazyLock<ThreadPool> = LazyLock::new(|| pool(1));
static SEVERAL: LazyLock<ThreadPool> = LazyLock::new(|| pool(3));

fuzz_target!(|bytes: &[u8]| {
    let files = python::program(bytes);
    let begin = processor_time();
    let first = ONE.install(|| told(&files));
    let taken = processor_time().saturating_sub(begin);
    assert!(taken < LIMIT, "it took {taken:?} of processor time:\n{}", shown(&files));
    let second = SEVERAL.install(|| told(&files));
    assert_eq!(first, second, "threads decide what is found:\n{}", shown(&files));
});

/// Everything that is found, as text.
fn told(files: &[(String, String)]) -> String {
    let (pages, code): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| path.ends_with(".html"));
    let modules = code.into_iter().map(|(path, text)| module(path, text)).collect();
    let templates = pages.into_iter().map(|(path, text)| template(path, text)).collect();
    let program = Program::build(modules, flow_models()).with_templates(templates);
    let analysis = clearance_flow::analyse(&program);
    let settings = Settings { flow: true, ..Settings::all_rules() };
    let outcome = run(&program, &settings);
    // Where a bound was hit, it is told.
    assert_eq!(analysis.truncated.len(), outcome.truncated.len());
    let mut out = String::new();
    for finding in outcome.findings.iter().chain(&outcome.silent) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} {:?} {:?}", finding.fingerprint, finding.judged, finding.trace);
    }
    let _ = writeln!(out, "{:?} {:?} {:?}", outcome.truncated, analysis.harmless, analysis.judged);
    out
}

fn module(path: &str, text: &str) -> ModuleInput {
    let ir = lower_module(Input { text, cells: None, notebook: false });
    assert!(ir.errors.is_empty(), "the generator made a syntax error: {:?}\n{text}", ir.errors);
    let line_starts = line_starts(text);
    ModuleInput { path: path.into(), role: Role::Application, text: text.to_owned(), line_starts, ir }
}

fn template(path: &str, text: &str) -> TemplateFile {
    TemplateFile {
        path: path.into(),
        role: Role::Application,
        template: clearance_template::parse(text),
        line_starts: line_starts(text),
        text: text.to_owned(),
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect()
}

fn shown(files: &[(String, String)]) -> String {
    files.iter().map(|(path, text)| format!("# {path}\n{text}\n")).collect()
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).stack_size(64 << 20).build().expect("a pool of threads")
}

/// Processor time of this process so far: a busy machine does not count. Zero where the system does not say.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
