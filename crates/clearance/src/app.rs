//! From the command line to the exit code.

use std::process::ExitCode;

use clap::Parser;

use crate::{
    catalogue::Catalogue,
    cli::{Cli, Command},
    commands, console,
    exit::{Exit, Failure},
};

/// Runs the program. A wrong command line ends it here, with exit code 2.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = dispatch(&cli.command).unwrap_or_else(|failure| {
        console::write_stderr("error", &failure.to_string());
        failure.exit()
    });
    exit.into()
}

fn dispatch(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => commands::check::run(&Catalogue::complete(), args),
        Command::Explain(args) => commands::explain::run(&Catalogue::complete(), args),
        Command::Rules(args) => commands::rules::run(&Catalogue::complete(), args),
        Command::Config(command) => commands::config::run(&Catalogue::complete(), command),
        Command::Debug(command) => commands::debug::run(command),
        Command::Completions { shell } => commands::completions::run(*shell),
        Command::Man => commands::man::run(),
    }
}
