//! Delimiters of templates that the code sets: `Environment(block_start_string="<%")`, `app.jinja_options = {"variable_start_string": "[["}`,
//! `app.jinja_env.variable_start_string = "[["`.

use clearance_python::ir::{ArgKind, ModuleIr, Op, Value};
use clearance_template::{Delimiters, parse_with};

use crate::{Module, TemplateFile};

/// Sets of delimiters that are kept.
const MAX_SETS: usize = 8;

/// Options of which a module that sets delimiters names at least one.
const OPTIONS: &[&str] = &[
    "block_start_string",
    "variable_start_string",
    "comment_start_string",
    "line_statement_prefix",
    "line_comment_prefix",
];

/// Reads those templates again that are written with delimiters that the code sets.
pub(crate) fn read_again(modules: &[Module], files: &mut [TemplateFile]) {
    let sets = set_by(modules);
    if sets.is_empty() {
        return;
    }
    for file in files {
        if let Some(delimiters) = sets.iter().find(|set| set.are_used_in(&file.text)) {
            file.template = parse_with(&file.text, delimiters);
        }
    }
}

fn set_by(modules: &[Module]) -> Vec<Delimiters> {
    let mut found: Vec<Delimiters> = Vec::new();
    for module in modules {
        let ir = &module.ir;
        let is_named = OPTIONS.iter().any(|option| ir.names.find(option).is_some());
        if !is_named && !has_text(ir) {
            continue;
        }
        // What is set one by one belongs together.
        let mut single = Delimiters::default();
        for inst in &ir.insts {
            let mut set = Delimiters::default();
            match inst.op {
                Op::Call { args, .. } => {
                    for arg in ir.args(args) {
                        if let ArgKind::Keyword(name) = arg.kind {
                            take(ir, &mut set, ir.name(name), arg.value);
                        }
                    }
                }
                Op::Dict(span) => {
                    for pair in ir.list(span).chunks_exact(2) {
                        if let Some(Op::Str(key)) = pair[0].some().map(|key| ir.op(key)) {
                            take(ir, &mut set, ir.text(key), pair[1]);
                        }
                    }
                }
                Op::StoreAttr { name, value, .. } => take(ir, &mut single, ir.name(name), value),
                Op::StoreItem { key, value, .. } => {
                    if let Op::Str(key) = ir.op(key) {
                        take(ir, &mut single, ir.text(key), value);
                    }
                }
                _ => {}
            }
            found.push(set);
            keep(&mut found);
        }
        found.push(single);
        keep(&mut found);
    }
    found
}

/// Keeps the last one only where it says something new.
fn keep(found: &mut Vec<Delimiters>) {
    if let Some(last) = found.pop()
        && last != Delimiters::default()
        && !found.contains(&last)
        && found.len() < MAX_SETS
    {
        found.push(last);
    }
}

fn take(ir: &ModuleIr, set: &mut Delimiters, option: &str, value: Value) {
    if let Op::Str(mark) = ir.op(value) {
        set.set(option, ir.text(mark));
    }
}

fn has_text(ir: &ModuleIr) -> bool {
    (0..ir.texts.len()).any(|number| {
        let text = ir.texts.get(clearance_python::ir::Text(number as u32));
        text.len() < 24 && OPTIONS.contains(&text)
    })
}
