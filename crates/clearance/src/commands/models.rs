//! `clearance models`: model files of users.

use std::{fmt::Write, path::PathBuf};

use crate::{
    cli::ModelsCommand,
    config::{ModelFile, library, model_lines},
    console,
    exit::{Exit, Failure},
};

/// Runs the subcommand.
pub(crate) fn run(command: &ModelsCommand) -> Result<Exit, Failure> {
    match command {
        ModelsCommand::Check { files } => check(files),
        ModelsCommand::Schema => {
            console::write_stdout(clearance_models::schema().as_bytes())?;
            Ok(Exit::Met)
        }
    }
}

/// Tells of every file what it says, or what is wrong with it.
fn check(files: &[PathBuf]) -> Result<Exit, Failure> {
    let mut good = Vec::new();
    let mut exit = Exit::Met;
    for path in files {
        let file = path.display().to_string();
        match library(&file, path) {
            Ok(library) => good.push(ModelFile { file, library }),
            Err(error) => {
                console::write_stderr("error", &error.to_string());
                exit = Exit::Usage;
            }
        }
    }
    let mut out = String::new();
    for line in model_lines(&good) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", console::safe(&line));
    }
    console::write_stdout(out.as_bytes())?;
    Ok(exit)
}
