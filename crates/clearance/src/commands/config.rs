//! `clearance config`: the configuration in force.

use std::path::Path;

use crate::{
    catalogue::Catalogue,
    cli::{ConfigCommand, RuleArgs},
    config::describe,
    console,
    exit::{Exit, Failure},
    run::{plan, target::Target},
};

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, command: &ConfigCommand) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show { path, rules } => show(catalogue, path, rules),
    }
}

fn show(catalogue: &Catalogue, path: &Path, rules: &RuleArgs) -> Result<Exit, Failure> {
    let is_file = path.is_file();
    let target = if is_file { Target::around_file(path)? } else { Target::new(&[path.to_owned()])? };
    let settings = plan::settings_for(catalogue, &target, rules, None)?;
    let inside = if is_file { target.relative(path)? } else { String::new() };
    let mut text = format!("target {}\n\n", target.shown());
    text.push_str(&describe(&settings, catalogue, &inside));
    let safe: String = text.lines().map(|line| format!("{}\n", console::safe(line))).collect();
    console::write_stdout(safe.as_bytes())?;
    Ok(Exit::Met)
}
