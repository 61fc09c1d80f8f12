//! From the command line to the exit code.

use std::{panic, process::ExitCode};

use clap::Parser;

use crate::{
    catalogue::Catalogue,
    cli::{Cli, Command},
    commands, console,
    exit::{Exit, Failure},
};

/// Runs the program. A wrong command line ends it here, with exit code 2. A defect of the program is a failed run, never a decision.
pub(crate) fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| console::write_stderr("internal error", &info.to_string())));
    let cli = Cli::parse();
    let exit = match panic::catch_unwind(|| dispatch(&cli.command)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            console::write_stderr("error", &failure.to_string());
            failure.exit()
        }
        Err(_) => Exit::Incomplete,
    };
    exit.into()
}

fn dispatch(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => commands::check::run(&Catalogue::complete(), args),
        Command::Accept(args) => commands::accept::run(&Catalogue::complete(), args),
        Command::Baseline(command) => commands::baseline::run(&Catalogue::complete(), command),
        Command::Explain(args) => commands::explain::run(&Catalogue::complete(), args),
        Command::Trace(args) => commands::trace::run(&Catalogue::complete(), args),
        Command::Detectors(args) => commands::detectors::run(args),
        Command::Attest(args) => commands::attest::run(&Catalogue::complete(), args),
        Command::Verify(args) => commands::verify::run(&Catalogue::complete(), args),
        Command::Claims(args) => commands::claims::run(&Catalogue::complete(), args),
        Command::Probe(args) => commands::probe::run(&Catalogue::complete(), args),
        Command::Fix(args) => commands::fix::run(&Catalogue::complete(), args),
        Command::Rules(args) => commands::rules::run(&Catalogue::complete(), args),
        Command::Config(command) => commands::config::run(&Catalogue::complete(), command),
        Command::Models(command) => commands::models::run(command),
        Command::Db(command) => commands::db::run(command),
        Command::Debug(command) => commands::debug::run(command),
        Command::Completions { shell } => commands::completions::run(*shell),
        Command::Man => commands::man::run(),
    }
}
