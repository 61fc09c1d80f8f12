//! Small programs from text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "each test file uses what it needs")]
pub(crate) mod entries;

use std::sync::Arc;

use clearance_models::{Models, builtin};
use clearance_program::{Document, Evaluator, Known, ModuleInput, Program, Resolver, Site};
use clearance_python::{Input, ir::Op, lower_module};
use clearance_source::Role;

/// Builds a program from files, with the built-in models and these further paths.
pub(crate) fn program(files: &[(&str, &str)], paths: &[&str]) -> Program {
    program_with(files, Vec::new(), paths)
}

/// The same with data files.
pub(crate) fn program_with(files: &[(&str, &str)], documents: Vec<Document>, paths: &[&str]) -> Program {
    let models =
        Models::new(&builtin(), paths.iter().copied().chain(Program::own_paths().map(|path: &str| path)));
    let inputs = files
        .iter()
        .map(|(path, text)| {
            let mut line_starts = vec![0];
            line_starts
                .extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1));
            ModuleInput {
                path: (*path).into(),
                role: Role::Application,
                text: (*text).to_owned(),
                line_starts,
                ir: lower_module(Input { text, cells: None, notebook: false }),
            }
        })
        .collect();
    Program::build_with(inputs, documents, Arc::new(models))
}

/// The first argument of the call `probe(…)` in a file.
pub(crate) fn probe(program: &Program, path: &str) -> Site {
    let module = program.module_at(path).unwrap();
    let ir = &program.module(module).ir;
    let found = (0..ir.insts.len() as u32).map(clearance_python::ir::Value).find_map(|value| match ir.op(value) {
        Op::Call { callee, args } if matches!(ir.op(callee), Op::Global(name) if ir.name(name) == "probe") => {
            Some(ir.args(args)[0].value)
        }
        _ => None,
    });
    Site { module, value: found.expect("a call of probe") }
}

/// The names of what `probe(…)` gets.
#[allow(dead_code, reason = "each test file uses what it needs")]
pub(crate) fn names(files: &[(&str, &str)], paths: &[&str]) -> Vec<String> {
    let program = program(files, paths);
    let site = probe(&program, files[0].0);
    let mut resolver = Resolver::new(&program);
    resolver.entities(site).into_iter().map(|entity| program.entity_name(entity)).collect()
}

/// What `probe(…)` gets, and the lines of the trail.
#[allow(dead_code, reason = "each test file uses what it needs")]
pub(crate) fn known(files: &[(&str, &str)]) -> (Known, Vec<String>) {
    let program = program(files, &[]);
    let site = probe(&program, files[0].0);
    let mut resolver = Resolver::new(&program);
    let mut evaluator = Evaluator::new(&mut resolver);
    let known = evaluator.evaluate(site);
    let trail = program.steps(&evaluator.trail());
    (known, trail.iter().map(|step| format!("{}:{}", step.location.path, step.location.start.line)).collect())
}
