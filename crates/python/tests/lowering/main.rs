//! What Python text becomes.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod control;
mod exceptions;
mod hostile;
mod patterns;
mod scopes;
mod syntax;
mod values;

use clearance_python::ir::ModuleIr;
use clearance_python::{Input, dump, lower_module, verify};

/// Lowers and verifies.
fn lower(text: &str) -> ModuleIr {
    let module = lower_module(Input { text, ..Input::default() });
    if let Err(error) = verify(&module) {
        panic!("{error}\n{}", listing(&module));
    }
    module
}

/// A module's listing without byte ranges.
fn listing(module: &ModuleIr) -> String {
    let mut out = String::new();
    dump(module, &mut out).unwrap();
    out.lines().map(|line| line.split("  @").next().unwrap_or(line).to_owned() + "\n").collect()
}

/// Compares the listing of a module with what is expected.
#[track_caller]
fn check_module(text: &str, expected: &str) {
    let actual = listing(&lower(text.trim_start_matches('\n')));
    assert!(actual.trim() == expected.trim(), "{text}\nbecomes\n{actual}");
}

/// Compares the listing of a module with what is expected, but for the module's own body.
#[track_caller]
fn check(text: &str, expected: &str) {
    let all = listing(&lower(text.trim_start_matches('\n')));
    let body = all.lines().skip(1).skip_while(|line| line.starts_with("  "));
    let actual: Vec<&str> = body.collect();
    assert!(actual.join("\n").trim() == expected.trim(), "{text}\nbecomes\n{}", actual.join("\n"));
}
