//! `clearance debug`: what the analysis sees.

use std::{fmt::Write, path::Path};

use clearance_program::{ModuleInput, Program, Site};
use clearance_source::{FileKind, Inventory, Options, inventory, read};

use crate::{
    cli::DebugCommand,
    console,
    exit::{Exit, Failure},
    run::{front, target::Target, threads},
};

/// Runs the subcommand.
pub(crate) fn run(command: &DebugCommand) -> Result<Exit, Failure> {
    let text = match command {
        DebugCommand::Ir { file } => ir(file)?,
        DebugCommand::Callgraph { path } => threads::pool(None)?.install(|| call_graph(path))?,
        DebugCommand::Flow { place, path } => {
            threads::pool(None)?.install(|| super::debug_flow::flow(place, path.as_deref()))?
        }
    };
    console::write_stdout(text.as_bytes())?;
    Ok(Exit::Met)
}

/// The IR of a file, function by function.
fn ir(file: &Path) -> Result<String, Failure> {
    let modules = modules(&Target::new(&[file.to_owned()])?)?;
    let Some(module) = modules.into_iter().next() else {
        return Err(Failure::File(format!("{}: not a Python file", file.display())));
    };
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = clearance_python::dump(&module.ir, &mut out);
    Ok(out)
}

/// Who calls whom, by module and symbol.
fn call_graph(path: &Path) -> Result<String, Failure> {
    let program = Program::build(modules(&Target::new(&[path.to_owned()])?)?, clearance_checks::models());
    let mut out = String::new();
    for (id, module) in program.modules() {
        for callee in &module.externals {
            let caller = shown(&module.dotted, &program.symbol(id, callee.function));
            let _ = writeln!(out, "{caller} -> {} (external)", program.models.text(callee.path));
        }
        for edge in &module.edges {
            let site = Site { module: id, value: edge.value };
            let function = module.ir.function_of(site.value);
            let caller = shown(&module.dotted, &program.symbol(id, function));
            let callee = edge.callee;
            let target =
                shown(&program.module(callee.module).dotted, &program.symbol(callee.module, callee.func));
            let by_name = if edge.by_name { " (by name)" } else { "" };
            let _ = writeln!(out, "{caller} -> {target}{by_name}");
        }
    }
    Ok(out)
}

fn shown(module: &str, symbol: &str) -> String {
    if symbol.is_empty() { module.to_owned() } else { format!("{module}:{symbol}") }
}

/// The Python files of `target`, lowered. What cannot be read is told on standard error.
fn modules(target: &Target) -> Result<Vec<ModuleInput>, Failure> {
    let options = Options::default();
    Ok(lowered(&inventory(&target.roots, &options)?, &options))
}

/// The Python files of a list, lowered. What cannot be read is told on standard error.
pub(super) fn lowered(inventory: &Inventory, options: &Options) -> Vec<ModuleInput> {
    let mut modules = Vec::new();
    for file in
        inventory.files.iter().filter(|file| file.kind.is_python() && file.kind != FileKind::PythonStub)
    {
        match read(file, options) {
            Ok(text) => modules.push(ModuleInput {
                path: file.path.clone(),
                role: file.role,
                ir: front::lower(&text),
                text: text.text,
                line_starts: text.line_starts,
            }),
            Err(notice) => console::write_stderr("note", &format!("{}: {}", notice.path, notice.text)),
        }
    }
    modules
}
