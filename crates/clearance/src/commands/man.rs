//! `clearance man`: the manual page.

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::{
    cli::Cli,
    console,
    exit::{Exit, Failure},
};

/// Writes the page, in roff, to standard output: the program, then every subcommand.
pub(crate) fn run() -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render(&mut page).map_err(Failure::Stdout)?;
    for subcommand in command.get_subcommands() {
        render_section(subcommand, &mut page).map_err(Failure::Stdout)?;
    }
    console::write_stdout(&page)?;
    Ok(Exit::Met)
}

fn render_section(command: &Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    use std::io::Write;
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_uppercase();
    writeln!(page, ".SH \"{name}\"")?;
    let man = Man::new(command.clone());
    let mut parts = Vec::new();
    man.render_description_section(&mut parts)?;
    man.render_options_section(&mut parts)?;
    for line in String::from_utf8_lossy(&parts).lines() {
        match line.strip_prefix(".SH ") {
            Some(section) => writeln!(page, ".SS {section}")?,
            None => writeln!(page, "{line}")?,
        }
    }
    for inner in command.get_subcommands() {
        render_section(inner, page)?;
    }
    Ok(())
}
