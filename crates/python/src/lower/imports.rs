//! Imports, and what `__all__` exports.

use ruff_python_ast::{Alias, Expr, ExprStringLiteral, Operator, StmtImport, StmtImportFrom};
use ruff_text_size::TextRange;

use crate::ir::{Import, ImportId, Imported, Name, Op, Text};

use super::Lowering;

/// How many additions of displays are followed.
const MOST_ADDITIONS: u32 = 8;

/// What is known of `__all__` so far.
#[derive(Debug, Default)]
pub(super) struct Exports {
    names: Option<Vec<Name>>,
    /// Something else than literals went into it.
    is_open: bool,
}

impl Exports {
    /// The names, if all are known.
    pub(super) fn known(self) -> Option<Vec<Name>> {
        if self.is_open { None } else { self.names }
    }
}

impl<'a> Lowering<'a> {
    pub(super) fn import(&mut self, node: &'a StmtImport) {
        for alias in &node.names {
            let module = self.ir.texts.push(&alias.name.id);
            let top = alias.name.id.split('.').next().unwrap_or("");
            let (what, bound) = match &alias.asname {
                Some(name) => (Imported::Module, name.id.as_str()),
                None => (Imported::Top, top),
            };
            self.import_one(alias, module, 0, what, bound, node.range);
        }
    }

    pub(super) fn import_from(&mut self, node: &'a StmtImportFrom) {
        let module = self.ir.texts.push(node.module.as_ref().map_or("", |module| &module.id));
        for alias in &node.names {
            let what = match alias.name.as_str() {
                "*" => Imported::Star,
                name => Imported::Member(self.intern(name)),
            };
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.import_one(alias, module, node.level, what, bound, node.range);
        }
    }

    fn import_one(
        &mut self,
        alias: &Alias,
        module: Text,
        level: u32,
        what: Imported,
        bound: &str,
        statement: TextRange,
    ) {
        let name = self.intern(bound);
        let start = alias.range.start();
        let known = if self.is_copy { self.defined.get(&start).copied() } else { None };
        let import = known.map(ImportId).unwrap_or_else(|| {
            self.ir.imports.push(Import {
                module,
                level,
                what,
                bound: name,
                range: alias.range,
                statement,
                function: self.func,
            });
            ImportId(self.ir.imports.len() as u32 - 1)
        });
        if self.finally_depth > 0 {
            self.defined.insert(start, import.0);
        }
        self.builder.has_call = true;
        let value = self.builder.emit_raising(Op::Import(import), alias.range);
        if what != Imported::Star {
            self.bind_definition(name, value, alias.range);
        }
    }

    /// `__all__ = …`
    pub(super) fn export_assignment(&mut self, targets: &'a [Expr], value: &'a Expr) {
        if self.is_module() && targets.iter().any(is_all) {
            let mut names = Vec::new();
            let known = self.literals(value, &mut names, 0);
            self.exports.is_open = !known;
            self.exports.names = Some(names);
        }
    }

    /// `__all__ += …`
    pub(super) fn export_addition(&mut self, target: &'a Expr, value: &'a Expr) {
        if self.is_module() && is_all(target) {
            self.export_more(value);
        }
    }

    /// `__all__.extend(…)`, `__all__.append(…)`, `__all__.remove(…)`
    pub(super) fn export_call(&mut self, expression: &'a Expr) {
        let Expr::Call(call) = expression else { return };
        let Expr::Attribute(method) = &*call.func else {
            return;
        };
        if !self.is_module() || !is_all(&method.value) {
            return;
        }
        match (method.attr.as_str(), &*call.arguments.args) {
            ("extend", [value]) => self.export_more(value),
            ("append", [Expr::StringLiteral(name)]) => {
                let name = self.exported(name);
                self.exports.names.get_or_insert_default().push(name);
            }
            ("remove", [Expr::StringLiteral(name)]) => {
                let name = self.exported(name);
                self.exports.names.get_or_insert_default().retain(|known| *known != name);
            }
            _ => self.exports.is_open = true,
        }
    }

    fn export_more(&mut self, value: &'a Expr) {
        let mut names = self.exports.names.take().unwrap_or_default();
        let known = self.literals(value, &mut names, 0);
        self.exports.is_open |= !known;
        self.exports.names = Some(names);
    }

    /// Adds the strings of a display of string literals. False if there is anything else in it.
    fn literals(&mut self, value: &'a Expr, names: &mut Vec<Name>, depth: u32) -> bool {
        let elements = match value {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::Set(set) => &set.elts,
            Expr::BinOp(sum) if sum.op == Operator::Add && depth < MOST_ADDITIONS => {
                return self.literals(&sum.left, names, depth + 1)
                    && self.literals(&sum.right, names, depth + 1);
            }
            _ => return false,
        };
        let mut known = true;
        for element in elements {
            match element {
                Expr::StringLiteral(name) => names.push(self.exported(name)),
                _ => known = false,
            }
        }
        known
    }

    fn exported(&mut self, name: &ExprStringLiteral) -> Name {
        self.intern(name.value.to_str())
    }
}

fn is_all(expression: &Expr) -> bool {
    matches!(expression, Expr::Name(name) if name.id == "__all__")
}
