//! Clearance says whether a Python web application may go to production, with evidence.

mod advisories;
mod app;
mod baseline;
mod catalogue;
mod cli;
mod cli_attest;
mod cli_db;
mod cli_life;
mod cli_probe;
mod commands;
mod config;
mod console;
mod exit;
mod folders;
mod output;
mod repair;
mod run;
mod surroundings;
mod words;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    app::main()
}
