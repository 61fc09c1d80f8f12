//! `if`, `while`, `for` and `with`.

use ruff_python_ast::{StmtFor, StmtIf, StmtWhile, StmtWith};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::ir::Op;

use super::Lowering;
use super::builder::{Join, OpenLoop};
use super::exceptions::Frame;

impl<'a> Lowering<'a> {
    pub(super) fn if_statement(&mut self, node: &'a StmtIf) {
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let after = self.builder.join(mark, node.range);
        self.header(node.range.start(), node.test.range().end());
        let mut test = &*node.test;
        let mut body = &node.body[..];
        let mut clauses = node.elif_else_clauses.iter();
        loop {
            let then = self.builder.join(mark, node.range);
            let otherwise = self.builder.join(mark, node.range);
            self.condition(test, then, otherwise);
            self.builder.undo(mark);
            self.builder.enter(then);
            self.statements(body);
            self.builder.jump(after);
            self.builder.undo(mark);
            let Some(clause) = clauses.next() else {
                // Where nothing is refined, the condition leads straight to what follows.
                if self.builder.would_refine(otherwise) || self.builder.edge_count(after) == 0 {
                    self.builder.enter(otherwise);
                } else {
                    self.builder.merge(otherwise, after);
                }
                break;
            };
            self.builder.enter(otherwise);
            match &clause.test {
                Some(next) => {
                    self.header(clause.range.start(), next.range().end());
                    test = next;
                    body = &clause.body;
                }
                None => {
                    self.statements(&clause.body);
                    break;
                }
            }
        }
        self.meet(after, mark, before);
        self.builder.drop_joins(joins);
    }

    /// Goes on after a statement: in the open block if it is the only one that gets here, else at the join.
    pub(super) fn meet(&mut self, after: Join, mark: u32, before: u32) {
        self.builder.restore_mark(before);
        if self.builder.is_open() && self.builder.edge_count(after) == 0 {
            return;
        }
        self.builder.jump(after);
        self.builder.undo(mark);
        self.builder.enter(after);
    }

    pub(super) fn while_statement(&mut self, node: &'a StmtWhile) {
        let joins = self.builder.join_count();
        self.header(node.range.start(), node.test.range().end());
        let open = self.open_loop(node.range);
        let (mark, before) = self.builder.mark();
        let exit = self.builder.join(mark, node.range);
        let body = self.builder.join(mark, node.range);
        let done = if node.orelse.is_empty() { exit } else { self.builder.join(mark, node.range) };
        self.condition(&node.test, body, done);
        self.builder.undo(mark);
        self.builder.enter(body);
        self.loop_body(&node.body, open, exit);
        self.end_loop(open, exit, done, &node.orelse, mark, before);
        self.builder.drop_joins(joins);
    }

    pub(super) fn for_statement(&mut self, node: &'a StmtFor) {
        let joins = self.builder.join_count();
        self.header(node.range.start(), node.iter.range().end());
        let iterable = self.expr(&node.iter);
        let open = self.open_loop(node.range);
        let (mark, before) = self.builder.mark();
        let exit = self.builder.join(mark, node.range);
        let body = self.builder.join(mark, node.range);
        let done = if node.orelse.is_empty() { exit } else { self.builder.join(mark, node.range) };
        self.builder.iterate(body, done);
        self.builder.enter(body);
        let op = Op::Element { iterable, is_async: node.is_async };
        let element = self.builder.emit_raising(op, node.target.range());
        self.assign_plain(&node.target, element);
        self.loop_body(&node.body, open, exit);
        self.end_loop(open, exit, done, &node.orelse, mark, before);
        self.builder.drop_joins(joins);
    }

    fn open_loop(&mut self, range: TextRange) -> OpenLoop {
        let assigned = self.scopes.loop_assignments(range.start());
        let assigned = self.scopes.assigned[assigned].iter().copied();
        self.builder.open_loop(assigned, range)
    }

    fn loop_body(&mut self, body: &'a [ruff_python_ast::Stmt], open: OpenLoop, exit: Join) {
        self.frames.push(Frame::Loop { exit, again: open.again });
        self.statements(body);
        self.frames.pop();
        self.builder.jump(open.again);
    }

    fn end_loop(
        &mut self,
        open: OpenLoop,
        exit: Join,
        done: Join,
        otherwise: &'a [ruff_python_ast::Stmt],
        mark: u32,
        before: u32,
    ) {
        self.builder.undo(mark);
        self.builder.close_loop(open);
        if exit == done {
            self.builder.restore_mark(before);
            self.builder.enter(exit);
            return;
        }
        self.builder.enter(done);
        self.statements(otherwise);
        self.meet(exit, mark, before);
    }

    pub(super) fn with_statement(&mut self, node: &'a StmtWith) {
        let end = node.items.last().map_or(node.range.start(), |item| item.range.end());
        self.header(node.range.start(), end);
        for item in &node.items {
            let manager = self.expr(&item.context_expr);
            let op = Op::Enter { manager, is_async: node.is_async };
            self.builder.has_call = true;
            let entered = self.builder.emit_raising(op, item.context_expr.range());
            if let Some(target) = &item.optional_vars {
                self.assign_plain(target, entered);
            }
        }
        self.statements(&node.body);
    }

    /// Records the header of a compound statement if it spans several lines. `end` is the end of its last expression.
    pub(super) fn header(&mut self, start: TextSize, end: TextSize) {
        if start <= end {
            let seen = TextRange::new(start, end);
            let before = self.ir.long_statements.len();
            self.long_statement(seen);
            if self.ir.long_statements.len() > before {
                let end = super::comments::colon_after(self.text, end);
                self.ir.long_statements[before] = TextRange::new(start, end);
            }
        }
    }
}
