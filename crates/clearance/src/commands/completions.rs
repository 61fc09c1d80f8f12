//! `clearance completions`: a completion script for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{
    cli::Cli,
    console,
    exit::{Exit, Failure},
};

/// Writes the script to standard output.
pub(crate) fn run(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "clearance", &mut script);
    console::write_stdout(&script)?;
    Ok(Exit::Met)
}
