//! Which settings the code of the application reads.

use clearance_program::Program;
use clearance_python::ir::{Op, Value};
use clearance_source::Role;
use rustc_hash::FxHashSet;

use super::flask::is_setting_name;

/// Names that are read somewhere.
pub(crate) struct Reads<'p> {
    names: FxHashSet<&'p str>,
    /// Attributes that are read, in any spelling.
    attributes: FxHashSet<&'p str>,
    /// The whole configuration is handed to something, which may read anything.
    pub(crate) whole_config: bool,
}

impl<'p> Reads<'p> {
    pub(crate) fn new(program: &'p Program) -> Self {
        let mut found =
            Self { names: FxHashSet::default(), attributes: FxHashSet::default(), whole_config: false };
        for (_, module) in program.modules() {
            if matches!(module.role, Role::Test | Role::Documentation) {
                continue;
            }
            let ir = &module.ir;
            let text = |value: Value| match value.some().map(|value| ir.op(value)) {
                Some(Op::Str(text)) => Some(ir.text(text)),
                _ => None,
            };
            for (number, inst) in ir.insts.iter().enumerate() {
                match inst.op {
                    Op::Item { key, .. } => {
                        if let Some(name) = text(key).filter(|name| is_setting_name(name)) {
                            found.names.insert(name);
                        }
                    }
                    Op::Attr { name, .. } => {
                        let name = ir.name(name);
                        if is_setting_name(name) {
                            found.names.insert(name);
                        } else {
                            found.attributes.insert(name);
                        }
                    }
                    Op::Call { callee, args } => {
                        let args = ir.args(args);
                        let method = matches!(ir.op(callee), Op::Attr { name, .. }
                            if matches!(ir.name(name), "get" | "pop" | "setdefault" | "get_namespace" | "getattr"));
                        let function = matches!(ir.op(callee), Op::Global(name)
                            if matches!(ir.name(name), "getattr" | "hasattr" | "get_setting" | "get_config"));
                        if method || function {
                            for name in args
                                .iter()
                                .filter_map(|arg| text(arg.value))
                                .filter(|name| is_setting_name(name))
                            {
                                found.names.insert(name);
                            }
                        }
                        let hands = args.iter().any(|arg| {
                            arg.value.some().is_some_and(
                                |value| matches!(ir.op(value), Op::Attr { name, .. } if ir.name(name) == "config"),
                            )
                        });
                        // What a function of the program reads of it is seen there.
                        found.whole_config |=
                            hands && !module.edges.iter().any(|edge| edge.value == Value(number as u32));
                    }
                    Op::Compare { left, .. } => {
                        if let Some(name) = text(left).filter(|name| is_setting_name(name)) {
                            found.names.insert(name);
                        }
                    }
                    _ => {}
                }
            }
        }
        for (_, template) in program.templates() {
            for start in ["config.", "settings.", "config['", "config[\""] {
                for (at, _) in template.text.match_indices(start) {
                    let rest = &template.text[at + start.len()..];
                    let end =
                        rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                    if is_setting_name(&rest[..end]) {
                        found.names.insert(&rest[..end]);
                    }
                }
            }
        }
        found
    }

    pub(crate) fn reads(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(crate) fn reads_field(&self, name: &str) -> bool {
        self.names.contains(name) || self.attributes.contains(name)
    }
}
