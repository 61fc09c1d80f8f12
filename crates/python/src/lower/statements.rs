//! Statements, but for control flow and definitions.

use ruff_python_ast::{Expr, Stmt, StmtAnnAssign, StmtAssign, StmtAugAssign, StmtReturn};
use ruff_text_size::{Ranged, TextRange};

use crate::ir::{Annotation, Block, FactKind, Op, SyntaxFact, Value};

use super::Lowering;
use super::expressions::binary;

impl<'a> Lowering<'a> {
    /// Lowers statements one after another.
    pub(super) fn statements(&mut self, body: &'a [Stmt]) {
        let lowered = self.deeper(|this| {
            for statement in body {
                this.builder.ensure_open();
                // A handler sees the state before each statement that follows a call.
                if this.builder.handler.is_some() && this.builder.has_call {
                    this.builder.split();
                }
                this.statement(statement);
            }
        });
        if lowered.is_none() {
            let range = body.first().map(Ranged::range).unwrap_or_default();
            self.builder.emit(Op::Unknown, range);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(node) => self.function_definition(node),
            Stmt::ClassDef(node) => self.class_definition(node),
            Stmt::If(node) => self.if_statement(node),
            Stmt::For(node) => self.for_statement(node),
            Stmt::While(node) => self.while_statement(node),
            Stmt::With(node) => self.with_statement(node),
            Stmt::Match(node) => self.match_statement(node),
            Stmt::Try(node) => self.try_statement(node),
            simple => {
                self.note_depth(1);
                self.long_statement(simple.range());
                self.simple_statement(simple);
            }
        }
    }

    fn simple_statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Expr(node) => {
                self.export_call(&node.value);
                self.expr(&node.value);
            }
            Stmt::Assign(node) => self.assign_statement(node),
            Stmt::AugAssign(node) => self.augmented_assignment(node),
            Stmt::AnnAssign(node) => self.annotated_assignment(node),
            Stmt::Return(node) => self.return_statement(node),
            Stmt::Raise(node) => {
                let exception = node.exc.as_ref().map_or(Value::NONE, |exception| self.expr(exception));
                let cause = node.cause.as_ref().map_or(Value::NONE, |cause| self.expr(cause));
                self.builder.emit_raising(Op::Raise { exception, cause }, node.range);
                self.builder.exit();
            }
            Stmt::Assert(node) => self.assert_statement(node),
            Stmt::Delete(node) => {
                for target in &node.targets {
                    self.delete(target);
                }
            }
            Stmt::Import(node) => self.import(node),
            Stmt::ImportFrom(node) => self.import_from(node),
            Stmt::TypeAlias(node) => self.type_alias(node),
            Stmt::Break(_) => self.leave_loop(true),
            Stmt::Continue(_) => self.leave_loop(false),
            Stmt::IpyEscapeCommand(node) => {
                self.builder.emit_raising(Op::Unknown, node.range);
            }
            // Compound statements do not come here.
            _ => {}
        }
    }

    fn assign_statement(&mut self, node: &'a StmtAssign) {
        self.export_assignment(&node.targets, &node.value);
        if let [target] = &*node.targets
            && self.assign_pairwise(target, &node.value)
        {
            return;
        }
        let value = self.expr(&node.value);
        for target in &node.targets {
            self.assign(target, value, node.range);
        }
    }

    fn augmented_assignment(&mut self, node: &'a StmtAugAssign) {
        self.export_addition(&node.target, &node.value);
        let op = binary(node.op);
        let in_place = |left, right| Op::Binary { op, in_place: true, left, right };
        match &*node.target {
            Expr::Attribute(target) => {
                let base = self.expr(&target.value);
                let name = self.intern(&target.attr.id);
                let left = self.builder.emit_raising(Op::Attr { base, name }, target.range);
                let right = self.expr(&node.value);
                let value = self.builder.emit_raising(in_place(left, right), node.range);
                self.builder.emit_raising(Op::StoreAttr { base, name, value }, node.range);
            }
            Expr::Subscript(target) => {
                let base = self.expr(&target.value);
                let key = self.expr(&target.slice);
                let left = self.builder.emit_raising(Op::Item { base, key }, target.range);
                let right = self.expr(&node.value);
                let value = self.builder.emit_raising(in_place(left, right), node.range);
                self.builder.emit_raising(Op::StoreItem { base, key, value }, node.range);
            }
            Expr::Name(target) => {
                let name = self.intern(&target.id);
                let left = self.read_name(name, target.range);
                let right = self.expr(&node.value);
                let value = self.builder.emit_raising(in_place(left, right), node.range);
                self.assign(&node.target, value, node.range);
            }
            other => {
                let left = self.expr(other);
                let right = self.expr(&node.value);
                self.builder.emit_raising(in_place(left, right), node.range);
            }
        }
    }

    fn annotated_assignment(&mut self, node: &'a StmtAnnAssign) {
        if let Some(value) = &node.value {
            self.export_assignment(std::slice::from_ref(&*node.target), value);
        }
        let annotation = self.expr(&node.annotation);
        let value = node.value.as_ref().map_or(Value::NONE, |value| self.expr(value));
        let target = match &*node.target {
            Expr::Name(target) => Some((Value::NONE, self.intern(&target.id))),
            Expr::Attribute(target) => {
                let base = self.expr(&target.value);
                let name = self.intern(&target.attr.id);
                if value != Value::NONE {
                    self.builder.emit_raising(Op::StoreAttr { base, name, value }, node.range);
                }
                Some((base, name))
            }
            _ => None,
        };
        if value != Value::NONE && !node.target.is_attribute_expr() {
            self.assign(&node.target, value, node.range);
        }
        if let Some((base, name)) = target
            && !self.is_copy
        {
            self.ir.annotations.push(Annotation {
                function: self.func,
                base,
                name,
                annotation,
                value,
                range: node.range,
            });
        }
    }

    fn return_statement(&mut self, node: &'a StmtReturn) {
        let value = match &node.value {
            Some(value) => self.expr(value),
            // Beside other values that go through the same `finally` it must be one.
            None if self.in_finally() => self.builder.emit(Op::None, node.range),
            None => Value::NONE,
        };
        self.leave_function(value, node.range);
    }

    fn assert_statement(&mut self, node: &'a ruff_python_ast::StmtAssert) {
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let passed = self.builder.join(mark, node.range);
        let failed = self.builder.join(mark, node.range);
        let outer = self.asserting.replace((node.range, passed, failed));
        self.condition(&node.test, passed, failed);
        self.asserting = outer;
        self.builder.undo(mark);
        self.builder.enter(failed);
        let exception = node.msg.as_ref().map_or(Value::NONE, |message| self.expr(message));
        let cause = Value::NONE;
        self.builder.emit_raising(Op::Raise { exception, cause }, node.range);
        self.builder.exit();
        self.builder.undo(mark);
        self.builder.restore_mark(before);
        self.builder.enter(passed);
        self.builder.drop_joins(joins);
    }

    /// Records what the syntax alone tells, once however often the statement is lowered.
    pub(super) fn fact(&mut self, kind: FactKind, range: TextRange) {
        if !self.is_copy {
            self.ir.facts.push(SyntaxFact {
                kind,
                range,
                function: self.func,
                block: Block(self.builder.current()),
            });
        }
    }

    /// Records a statement that spans several lines.
    pub(super) fn long_statement(&mut self, range: TextRange) {
        let bytes = &self.text.as_bytes()[usize::from(range.start()).min(self.text.len())..];
        let bytes = &bytes[..usize::from(range.len()).min(bytes.len())];
        if !self.is_copy && memchr::memchr2(b'\n', b'\r', bytes).is_some() {
            self.ir.long_statements.push(range);
        }
    }
}
