//! Prints the findings of the code plane below a folder, one a line; `--audit` for all rules, `--time` for where the time goes.
#![allow(clippy::print_stdout, reason = "a tool for people")]

use std::{path::PathBuf, time::Instant};

use clearance_checks::{Settings, models, run};
use clearance_program::{ModuleInput, Program};
use clearance_python::{Input, lower_module};
use clearance_source::{FileKind, Options, inventory, read};
use rayon::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let (flags, roots): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
    let options = Options::default();
    let start = Instant::now();
    let inventory = inventory(&roots, &options).expect("an inventory");
    let listed = start.elapsed();
    let python: Vec<_> = inventory
        .files
        .iter()
        .filter(|file| matches!(file.kind, FileKind::Python | FileKind::Notebook))
        .collect();
    let inputs: Vec<ModuleInput> = python
        .par_iter()
        .filter_map(|file| {
            let text = read(file, &options).ok()?;
            let notebook = file.kind == FileKind::Notebook;
            let ir = lower_module(Input { text: &text.text, cells: text.cells.as_deref(), notebook });
            let role = clearance_source::role_from_content(file.role, &text.text);
            Some(ModuleInput {
                path: file.path.clone(),
                role,
                text: text.text,
                line_starts: text.line_starts,
                ir,
            })
        })
        .collect();
    let lowered = start.elapsed();
    let program = Program::build(inputs, models());
    let built = start.elapsed();
    let settings = if flags.iter().any(|flag| flag == "--audit") {
        Settings::all_rules()
    } else {
        Settings::default_rules()
    };
    let outcome = run(&program, &settings);
    let done = start.elapsed();
    for finding in &outcome.findings {
        let place = &finding.location;
        println!(
            "{}:{}:{} {} {} {} {}{}",
            place.path,
            place.start.line,
            place.start.column,
            finding.rule.id,
            finding.severity,
            finding.confidence,
            finding.message,
            if finding.severity_reason.is_empty() {
                String::new()
            } else {
                format!(" [{}]", finding.severity_reason)
            }
        );
    }
    if flags.iter().any(|flag| flag == "--time") {
        println!(
            "list {listed:?}, lower {:?}, build {:?}, rules {:?}",
            lowered - listed,
            built - lowered,
            done - built
        );
    }
}
