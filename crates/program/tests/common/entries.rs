//! Entry points in short words.

use clearance_models::flow::Kinds;
use clearance_program::{EntryKind, ParamSource, Program};

/// `function(param: what, …)` of each entry point of a kind (or of all), in order.
pub(crate) fn entries(files: &[(&str, &str)], kind: Option<EntryKind>) -> Vec<String> {
    entries_of(&super::program(files, &[]), kind)
}

/// The same of a program.
pub(crate) fn entries_of(program: &Program, kind: Option<EntryKind>) -> Vec<String> {
    program
        .entry_points()
        .iter()
        .filter(|point| kind.is_none_or(|kind| kind == point.kind))
        .map(|point| {
            let data = program.function(point.function);
            let ir = &program.module(point.function.module).ir;
            let params: Vec<String> = point
                .params
                .iter()
                .map(|param| {
                    let name = ir.name(data.params[param.index as usize].name);
                    format!("{name}: {}", shown(program, param.what))
                })
                .collect();
            format!("{}({})", program.function_name(point.function), params.join(", "))
        })
        .collect()
}

/// A word for what a parameter is.
pub(crate) fn shown(program: &Program, what: ParamSource) -> String {
    match what {
        ParamSource::Clean => "clean".to_owned(),
        ParamSource::Instance(path) => program.models.text(path),
        ParamSource::Returned(function) => format!("from {}", program.function_name(function)),
        ParamSource::Made(class) => format!("made {}", program.class_name(class)),
        ParamSource::Model { class, .. } => format!("model {}", program.class_name(class)),
        ParamSource::Tainted { origin, not, .. } => {
            let mut word = format!("{origin:?}").to_lowercase();
            // Text is no document: true of nearly everything, and not worth a word.
            let not = not.without(Kinds::NOSQL);
            if not == Kinds::PATH {
                word.push_str(" segment");
            } else if not.meets(Kinds::SQL) {
                word.push_str(" word");
            } else if !not.is_empty() {
                word.push_str(" narrowed");
            }
            word
        }
    }
}

/// The routes: methods, path, handler.
pub(crate) fn routes(files: &[(&str, &str)]) -> Vec<String> {
    routes_of(&super::program(files, &[]))
}

/// The same of a program.
pub(crate) fn routes_of(program: &Program) -> Vec<String> {
    program
        .routes()
        .iter()
        .map(|route| {
            let problem = if route.problem.is_some() { " (not registered)" } else { "" };
            format!("{} {} → {}{problem}", route.methods.join(","), route.path, route.handler)
                .trim()
                .to_owned()
        })
        .collect()
}
