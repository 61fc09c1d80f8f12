//! Chores of the workspace: `cargo xtask new-rule FAMILY RULE-ID`. `--in FOLDER` works on another copy of the workspace.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people")]

mod new_rule;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["new-rule", family, id] => new_rule::run(&workspace(), family, id),
        ["new-rule", family, id, "--in", folder] => new_rule::run(Path::new(folder), family, id),
        _ => Err("usage: cargo xtask new-rule FAMILY RULE-ID [--in FOLDER]".to_owned()),
    };
    match result {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::from(2)
        }
    }
}

fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
