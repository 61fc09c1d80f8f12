//! Settings in Python code: the line that switches one, or the line that is missing.

use std::sync::Arc;

use clearance_finding::{Finding, Fix, Location};
use clearance_program::Module;
use clearance_python::layout::statements;

use crate::{
    Deployment, Span,
    edit::{below, fix, indent},
    settings::{Application, Effective, Framework},
};

/// The repair of a setting in code: `new` in the place of the literal that decides, or a line where other settings of the application stand.
pub(crate) fn in_code(
    deployment: &Deployment<'_>,
    finding: &Finding,
    app: &Application,
    value: Option<&Effective>,
    (name, new): (&str, &str),
) -> Option<Fix> {
    let title = format!("Set {name} to {new}");
    match value {
        Some(_) => {
            let module = module(deployment, &finding.location)?;
            let literal = literal(module, &finding.location)?;
            fix(title, is_production(module, literal.start), [(literal, new.to_owned())])
        }
        None => {
            let (module, edit) =
                beside(deployment, app, name, new).or_else(|| made(deployment, app, name, new))?;
            let mut made = fix(title, false, [edit])?;
            made.path = (module.path != finding.location.path).then(|| Arc::clone(&module.path));
            Some(made)
        }
    }
}

fn module<'d>(deployment: &Deployment<'d>, location: &Location) -> Option<&'d Module> {
    let program = deployment.program;
    program
        .module_at(&location.path)
        .map(|id| program.module(id))
        .filter(|module| module.path.ends_with(".py"))
}

/// The literal that a place sets something to: the place itself, the end of an assignment, or what follows its target.
fn literal(module: &Module, location: &Location) -> Option<Span> {
    let words = ["True", "False", "None"];
    let (start, end) = (location.bytes.0 as usize, location.bytes.1 as usize);
    let text = module.text.get(start..end)?;
    if let Some(written) = words.into_iter().find(|word| text.ends_with(word)) {
        let before = text.strip_suffix(written)?.trim_end();
        let is_assigned = before.ends_with('=') && !before.ends_with("==");
        return (before.is_empty() || is_assigned).then(|| Span::new(end - written.len(), end));
    }
    let rest = module.text.get(end..crate::edit::line(&module.text, end).end)?;
    let value = rest.trim_start().strip_prefix('=')?.split('#').next()?.trim();
    let at = end + rest.find(value)?;
    words.contains(&value).then(|| Span::new(at, at + value.len()))
}

/// Whether the code around says that it is for production: the class, or the file.
fn is_production(module: &Module, at: usize) -> bool {
    let speaks = |name: &str| name.to_ascii_lowercase().contains("prod");
    let inside = |class: &&clearance_python::ir::ClassData| {
        (usize::from(class.range.start())..usize::from(class.range.end())).contains(&at)
    };
    let mut classes = module.ir.classes.iter().filter(inside).peekable();
    if classes.peek().is_some() {
        return classes.any(|class| speaks(module.ir.name(class.name)));
    }
    speaks(module.path.rsplit('/').next().unwrap_or(""))
}

/// A line below another setting of the application.
fn beside<'d>(
    deployment: &Deployment<'d>,
    app: &Application,
    name: &str,
    new: &str,
) -> Option<(&'d Module, (Span, String))> {
    let family = name.split('_').next().unwrap_or(name);
    let mut places: Vec<(bool, bool, &'d Module, usize)> = Vec::new();
    for (other, value) in &app.settings {
        let Some(step) = value.steps.first() else { continue };
        let Some(module) = module(deployment, &step.location) else { continue };
        let at = step.location.bytes.0 as usize;
        if is_setting(&module.text, at, other) {
            places.push((is_production(module, at), other.starts_with(family), module, at));
        }
    }
    // Where production is spoken of, then beside what is alike, then below everything.
    places.sort_by(|a, b| (a.0, a.1, &a.2.path, a.3).cmp(&(b.0, b.1, &b.2.path, b.3)));
    let (_, _, module, at) = places.pop()?;
    let line = format!("{}{name} = {new}", indent(&module.text, at));
    let end = end_of_statement(module, at)?;
    Some((module, below(&module.text, end, &line)))
}

/// Whether a line is a plain assignment of the setting: `NAME = …`.
fn is_setting(text: &str, at: usize, name: &str) -> bool {
    let whole = crate::edit::line(text, at);
    let Some(line) = text.get(whole.start..whole.end) else { return false };
    line.trim_start()
        .strip_prefix(name)
        .is_some_and(|rest| rest.trim_start().starts_with('=') || rest.trim_start().starts_with(':'))
}

/// A byte on the last line of the statement at a place.
fn end_of_statement(module: &Module, at: usize) -> Option<usize> {
    let text = &module.text;
    let size = clearance_python::TextSize::try_from(at).ok()?;
    let top = statements(text)?.into_iter().find(|statement| statement.range.contains_inclusive(size))?;
    let own = crate::edit::line(text, at);
    if crate::edit::line(text, usize::from(top.range.start())).start == own.start {
        return Some(usize::from(top.range.end()));
    }
    // In a class: only where the line is whole by itself.
    let line = text.get(own.start..own.end)?.split('#').next()?.trim_end();
    let balanced = ['(', '[', '{'].iter().all(|open| !line.contains(*open)) && !line.ends_with('\\');
    (balanced && !line.contains("\"\"\"") && !line.contains("'''")).then_some(own.start)
}

/// `app.config["NAME"] = …` below the line that makes the application.
fn made<'d>(
    deployment: &Deployment<'d>,
    app: &Application,
    name: &str,
    new: &str,
) -> Option<(&'d Module, (Span, String))> {
    if app.framework != Framework::Flask {
        return None;
    }
    let module = module(deployment, &app.location)?;
    let text = &module.text;
    let (start, end) = (app.location.bytes.0 as usize, app.location.bytes.1 as usize);
    let line = crate::edit::line(text, start);
    let before = text.get(line.start..start)?;
    let after = text.get(end..crate::edit::line(text, end).end)?.split('#').next()?;
    let written = text.get(start..end)?;
    // The place is the call, or the whole assignment.
    let (bound, call) = match before.trim().is_empty() {
        true => written.split_once('=')?,
        false => (before.trim().strip_suffix('=')?, written),
    };
    let bound = bound.split(':').next()?.trim();
    let is_name = !bound.is_empty() && bound.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if !is_name || !call.trim_end().ends_with(')') || !after.trim().is_empty() {
        return None;
    }
    let mut line = format!("{}{bound}.config[\"{name}\"] = {new}", indent(text, start));
    // The quotes are those of the file.
    if text.matches('\'').count() > text.matches('"').count() {
        line = line.replace('"', "'");
    }
    Some((module, below(text, end, &line)))
}
