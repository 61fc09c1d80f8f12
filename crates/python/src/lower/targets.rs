//! What is assigned to and deleted.

use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use crate::ir::{Binding, BindingScope, FunctionKind, Name, Op, Value};

use super::Lowering;
use super::builder::UNBOUND;
use super::scopes::Place;

impl<'a> Lowering<'a> {
    /// Assigns a value to a target; `range` is the statement.
    pub(super) fn assign(&mut self, target: &'a Expr, value: Value, range: TextRange) {
        match target {
            Expr::Name(node) => {
                let name = self.intern(&node.id);
                self.bind(name, value, node.range);
            }
            Expr::Attribute(node) => {
                let base = self.expr(&node.value);
                let name = self.intern(&node.attr.id);
                self.builder.emit_raising(Op::StoreAttr { base, name, value }, range);
            }
            Expr::Subscript(node) => {
                let base = self.expr(&node.value);
                let key = self.expr(&node.slice);
                self.builder.emit_raising(Op::StoreItem { base, key, value }, range);
            }
            Expr::Tuple(node) => self.unpack(&node.elts, value, range),
            Expr::List(node) => self.unpack(&node.elts, value, range),
            Expr::Starred(node) => {
                self.deeper(|this| this.assign(&node.value, value, range));
            }
            // Not a target; the parser has said so.
            other => {
                self.expr(other);
            }
        }
    }

    /// Assigns to a target that is not a statement's.
    pub(super) fn assign_plain(&mut self, target: &'a Expr, value: Value) {
        self.assign(target, value, target.range());
    }

    fn unpack(&mut self, targets: &'a [Expr], value: Value, range: TextRange) {
        self.note_depth(2);
        self.deeper(|this| {
            let star = targets.iter().position(Expr::is_starred_expr);
            for (position, target) in targets.iter().enumerate() {
                let after = targets.len() - position - 1;
                let op = match star {
                    Some(star) if position == star => {
                        Op::UnpackRest { value, before: position as u32, after: after as u32 }
                    }
                    Some(star) if position > star => Op::Unpack { value, index: -(after as i32) - 1 },
                    _ => Op::Unpack { value, index: position as i32 },
                };
                let item = this.builder.emit_raising(op, target.range());
                this.assign(target, item, range);
            }
        });
    }

    /// `a, b = b, a`: assigns item by item without the tuple. False if the two sides do not have that form.
    pub(super) fn assign_pairwise(&mut self, target: &'a Expr, value: &'a Expr) -> bool {
        let (Expr::Tuple(targets), Expr::Tuple(values)) = (target, value) else {
            return false;
        };
        let starred = targets.elts.iter().chain(&values.elts).any(Expr::is_starred_expr);
        if starred || targets.elts.len() != values.elts.len() {
            return false;
        }
        self.note_depth(2);
        let base = self.values.len();
        for value in &values.elts {
            let value = self.expr(value);
            self.values.push(value);
        }
        for (position, target) in targets.elts.iter().enumerate() {
            let value = self.values[base + position];
            self.assign(target, value, target.range());
        }
        self.values.truncate(base);
        true
    }

    /// Binds a name to a value in whatever scope it belongs to.
    pub(super) fn bind(&mut self, name: Name, value: Value, range: TextRange) {
        self.bind_definition(name, value, range);
        if let FunctionKind::Def | FunctionKind::Lambda = self.kind
            && let Place::Variable(var) = self.place(name)
            && var.0 < self.first_temporary.0
        {
            self.builder.emit(Op::Bind { name, value }, range);
        }
    }

    /// Binds a name to what a definition or an import made.
    pub(super) fn bind_definition(&mut self, name: Name, value: Value, range: TextRange) {
        let place = self.place_of_binding(name);
        if let Place::Variable(var) = place
            && var.0 >= self.first_temporary.0
        {
            self.builder.write(var, value);
            if matches!(self.kind, FunctionKind::Def | FunctionKind::Lambda) {
                self.record(name, value, BindingScope::Own);
            }
            return;
        }
        // A handler may see the name as it was before.
        if self.builder.handler.is_some() && self.builder.may_raise {
            self.builder.split();
        }
        match place {
            Place::Variable(var) => {
                if !self.builder.degraded {
                    self.builder.write(var, value);
                }
                if matches!(self.kind, FunctionKind::Module | FunctionKind::Class(_)) {
                    self.builder.emit(Op::StoreName { name, value }, range);
                }
                self.record(name, value, BindingScope::Own);
            }
            Place::DeclaredGlobal => {
                self.builder.emit(Op::StoreName { name, value }, range);
                self.record(name, value, BindingScope::Global);
            }
            Place::DeclaredNonlocal => {
                self.builder.emit(Op::StoreName { name, value }, range);
                self.record(name, value, BindingScope::Enclosing);
            }
            // The scan of the scope finds every binding, except in trees that syntax errors have bent.
            Place::Global | Place::Free => {
                self.builder.emit(Op::StoreName { name, value }, range);
                self.record(name, value, BindingScope::Own);
            }
        }
    }

    /// Where a binding goes: not past the class body, even inside a comprehension.
    fn place_of_binding(&mut self, name: Name) -> Place {
        match self.scopes.known(name) {
            Some(place) => place,
            None => self.place(name),
        }
    }

    fn record(&mut self, name: Name, value: Value, scope: BindingScope) {
        self.ir.bindings.push(Binding { name, value, scope });
    }

    /// Takes a name away without an instruction, as at the end of `except … as name`.
    pub(super) fn unbind(&mut self, name: Name) {
        if let Place::Variable(var) = self.place_of_binding(name) {
            self.builder.write(var, UNBOUND);
        }
    }

    /// `del target`
    pub(super) fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(node) => {
                let name = self.intern(&node.id);
                if self.builder.handler.is_some() && self.builder.may_raise {
                    self.builder.split();
                }
                self.builder.emit_raising(Op::DeleteName(name), node.range);
                self.unbind(name);
            }
            Expr::Attribute(node) => {
                let base = self.expr(&node.value);
                let name = self.intern(&node.attr.id);
                self.builder.emit_raising(Op::DeleteAttr { base, name }, node.range);
            }
            Expr::Subscript(node) => {
                let base = self.expr(&node.value);
                let key = self.expr(&node.slice);
                self.builder.emit_raising(Op::DeleteItem { base, key }, node.range);
            }
            Expr::Tuple(node) => self.delete_all(&node.elts),
            Expr::List(node) => self.delete_all(&node.elts),
            other => {
                self.expr(other);
            }
        }
    }

    fn delete_all(&mut self, targets: &'a [Expr]) {
        self.note_depth(2);
        self.deeper(|this| {
            for target in targets {
                this.delete(target);
            }
        });
    }
}
