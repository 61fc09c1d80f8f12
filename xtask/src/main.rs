//! Chores of the workspace: `cargo xtask new-rule FAMILY RULE-ID`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people")]

mod new_rule;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["new-rule", family, id] => new_rule::run(&workspace(), family, id),
        _ => Err("usage: cargo xtask new-rule FAMILY RULE-ID".to_owned()),
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

fn workspace() -> std::path::PathBuf {
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
