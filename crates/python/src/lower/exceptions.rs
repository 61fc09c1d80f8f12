//! `try`, and how `break`, `continue` and `return` leave loops and pass through `finally`.

use ruff_python_ast::{ExceptHandlerExceptHandler, Expr, Stmt, StmtTry};
use ruff_text_size::{Ranged, TextRange};

use crate::ir::{FactKind, HandlerBody, Op, Span, Value};

use super::Lowering;
use super::builder::Join;

/// `finally` bodies inside `finally` bodies deeper than this are lowered once, not once per way through them.
const FINALLY_DEPTH: u32 = 3;

/// What `break`, `continue` and `return` meet on their way out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// A loop.
    Loop { exit: Join, again: Join },
    /// A `try` with a `finally` clause.
    Finally(Ways),
}

/// The ways into a `finally` body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways {
    exception: Join,
    leave: Join,
    exit: Join,
    again: Join,
    /// The first `return` that passes.
    returned: Option<TextRange>,
}

/// How control goes on after a `finally` body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Onward {
    Raise,
    Return(Value, TextRange),
    Break,
    Continue,
}

impl<'a> Lowering<'a> {
    /// `break` or `continue`.
    pub(super) fn leave_loop(&mut self, is_break: bool) {
        match self.frames.last().copied() {
            Some(Frame::Loop { exit, again }) => self.builder.jump(if is_break { exit } else { again }),
            Some(Frame::Finally(ways)) => self.builder.jump(if is_break { ways.exit } else { ways.again }),
            // Outside a loop; the parser may not have said so.
            None => self.builder.exit(),
        }
    }

    /// `return value`
    pub(super) fn leave_function(&mut self, value: Value, range: TextRange) {
        let finally = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Finally(ways) => Some(ways),
            Frame::Loop { .. } => None,
        });
        match finally {
            Some(ways) => {
                ways.returned.get_or_insert(range);
                self.builder.jump_with(ways.leave, value);
            }
            None => {
                self.builder.emit(Op::Return(value), range);
                self.builder.exit();
            }
        }
    }

    /// Whether `return` passes through a `finally` body.
    pub(super) fn in_finally(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame, Frame::Finally(_)))
    }

    pub(super) fn try_statement(&mut self, node: &'a StmtTry) {
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let after = self.builder.join(mark, node.range);
        let outer = self.builder.handler;
        // The body has blocks of its own: exceptions come only from there.
        if self.builder.has_instructions() {
            self.builder.split();
        }
        if node.finalbody.is_empty() {
            self.try_and_handlers(node, mark, after);
            self.meet(after, mark, before);
            self.builder.drop_joins(joins);
            return;
        }
        let ways = Ways {
            exception: self.builder.join(mark, node.range),
            leave: self.builder.valued_join(mark, node.range),
            exit: self.builder.join(mark, node.range),
            again: self.builder.join(mark, node.range),
            returned: None,
        };
        self.frames.push(Frame::Finally(ways));
        self.builder.handler = Some(ways.exception);
        self.try_and_handlers(node, mark, after);
        let ways = match self.frames.pop() {
            Some(Frame::Finally(ways)) => ways,
            _ => ways,
        };
        self.builder.handler = outer;
        self.builder.undo(mark);
        self.finally(node, ways, after, mark, before);
        self.builder.drop_joins(joins);
    }

    /// Lowers everything but `finally`. The way past it leads to `after`, or stays open.
    fn try_and_handlers(&mut self, node: &'a StmtTry, mark: u32, after: Join) {
        let outer = self.builder.handler;
        let dispatch = self.builder.join(mark, node.range);
        if !node.handlers.is_empty() {
            self.builder.handler = Some(dispatch);
        }
        self.statements(&node.body);
        if !node.handlers.is_empty() && !self.builder.may_raise && self.builder.edge_count(dispatch) == 0 {
            // Nothing here raises by itself; still, handlers of a body that ends are not dead code.
            self.builder.exception_edge(dispatch);
        }
        if node.orelse.is_empty() {
            self.builder.jump(after);
            self.builder.handler = outer;
        } else {
            self.builder.split();
            self.builder.handler = outer;
            self.builder.ensure_open();
            self.statements(&node.orelse);
            self.builder.jump(after);
        }
        self.builder.undo(mark);
        if node.handlers.is_empty() {
            return;
        }
        self.builder.enter(dispatch);
        self.handlers(node, after);
    }

    /// Lowers handlers from the open dispatch block on.
    fn handlers(&mut self, node: &'a StmtTry, after: Join) {
        let catches_all = node.handlers.iter().any(|handler| {
            let types = handler.as_except_handler().and_then(|handler| handler.type_.as_deref());
            types.is_none_or(|types| matches!(types, Expr::Name(name) if name.id == "BaseException"))
        });
        if let Some(outer) = self.builder.handler
            && (!catches_all || node.is_star)
        {
            self.builder.exception_edge(outer);
        }
        let (mark, before) = self.builder.mark();
        let entries = self.builder.join_count();
        for handler in &node.handlers {
            self.builder.join(mark, handler.range());
        }
        let first = Join(entries as u32);
        for position in 1..node.handlers.len() {
            self.builder.exception_edge(Join((entries + position) as u32));
        }
        // The edge to whatever is around is made above; it is not made again.
        let outer = self.builder.handler.take();
        self.builder.jump(first);
        self.builder.handler = outer;
        for (position, handler) in node.handlers.iter().enumerate() {
            self.builder.undo(mark);
            self.builder.enter(Join((entries + position) as u32));
            if let Some(handler) = handler.as_except_handler() {
                self.handler(handler);
            }
            self.builder.jump(after);
        }
        self.builder.undo(mark);
        self.builder.restore_mark(before);
    }

    fn handler(&mut self, node: &'a ExceptHandlerExceptHandler) {
        let end = node.type_.as_ref().map_or(node.range.start(), |types| types.range().end());
        self.header(node.range.start(), end);
        self.builder.ensure_open();
        let types = node.type_.as_ref().map_or(Value::NONE, |types| self.expr(types));
        let body = handler_body(&node.body);
        self.fact(FactKind::Handler { types, body }, node.range);
        let caught_at = node.name.as_ref().map_or(node.range, |name| name.range);
        let caught = self.builder.emit(Op::Caught { types }, caught_at);
        if let Some(name) = &node.name {
            let id = self.intern(&name.id);
            self.bind(id, caught, name.range);
        }
        self.statements(&node.body);
        if let Some(name) = &node.name {
            let id = self.intern(&name.id);
            self.unbind(id);
        }
    }

    /// Lowers a `finally` body, for each way into it or for all at once.
    fn finally(&mut self, node: &'a StmtTry, ways: Ways, after: Join, mark: u32, before: u32) {
        let ordered = [
            (ways.exception, Onward::Raise),
            (ways.leave, Onward::Return(Value::NONE, ways.returned.unwrap_or(node.range))),
            (ways.exit, Onward::Break),
            (ways.again, Onward::Continue),
        ];
        let used = ordered.iter().filter(|(way, _)| self.builder.edge_count(*way) > 0).count();
        let normal = usize::from(self.builder.edge_count(after) > 0);
        let length = body_range(&node.finalbody).map_or(0, |range| i64::from(u32::from(range.len())));
        let cost = length * (used + normal).saturating_sub(1) as i64;
        let was_copy = self.is_copy;
        self.finally_depth += 1;
        if self.finally_depth > FINALLY_DEPTH || cost > self.copy_budget {
            self.finally_once(node, &ordered, after, mark, before);
        } else {
            self.copy_budget -= cost;
            for (way, onward) in ordered {
                if self.builder.edge_count(way) == 0 {
                    continue;
                }
                let value = self.builder.enter(way);
                self.statements(&node.finalbody);
                self.onward(with_value(onward, value), node);
                self.builder.undo(mark);
                self.is_copy = true;
            }
            self.builder.restore_mark(before);
            if normal > 0 || !self.is_copy {
                self.builder.enter(after);
                self.builder.ensure_open();
                self.statements(&node.finalbody);
            }
        }
        self.finally_depth -= 1;
        self.is_copy = was_copy;
    }

    /// Lowers a `finally` body once: all ways into it meet before it and part after it.
    fn finally_once(
        &mut self,
        node: &'a StmtTry,
        ordered: &[(Join, Onward)],
        after: Join,
        mark: u32,
        before: u32,
    ) {
        let all = self.builder.join(mark, node.range);
        for (way, _) in ordered.iter().chain([&(after, Onward::Raise)]) {
            if self.builder.edge_count(*way) > 0 {
                self.builder.enter(*way);
                self.builder.jump(all);
                self.builder.undo(mark);
            }
        }
        self.builder.restore_mark(before);
        self.builder.enter(all);
        self.builder.ensure_open();
        self.statements(&node.finalbody);
        for (way, onward) in ordered {
            if self.builder.edge_count(*way) == 0 {
                continue;
            }
            self.builder.ensure_open();
            let range = TextRange::empty(node.range.end());
            let (mark, before) = self.builder.mark();
            let leave = self.builder.join(mark, range);
            let stay = self.builder.join(mark, range);
            let unknown = self.builder.emit(Op::Unknown, range);
            self.builder.branch(unknown, leave, stay, Span::default());
            self.builder.enter(leave);
            let value = self.builder.emit(Op::Unknown, range);
            self.onward(with_value(*onward, value), node);
            self.builder.undo(mark);
            self.builder.restore_mark(before);
            self.builder.enter(stay);
        }
    }

    /// Leaves a `finally` body the way it was entered.
    fn onward(&mut self, onward: Onward, node: &StmtTry) {
        if !self.builder.is_open() {
            return;
        }
        let range = TextRange::empty(node.range.end());
        match onward {
            Onward::Raise => {
                let op = Op::Raise { exception: Value::NONE, cause: Value::NONE };
                self.builder.emit_raising(op, range);
                self.builder.exit();
            }
            Onward::Return(value, range) => self.leave_function(value, range),
            Onward::Break => self.leave_loop(true),
            Onward::Continue => self.leave_loop(false),
        }
    }
}

fn with_value(onward: Onward, value: Value) -> Onward {
    match onward {
        Onward::Return(_, range) => Onward::Return(value, range),
        other => other,
    }
}

fn body_range(body: &[Stmt]) -> Option<TextRange> {
    let (first, last) = (body.first()?, body.last()?);
    (first.range().start() <= last.range().end())
        .then(|| TextRange::new(first.range().start(), last.range().end()))
}

fn handler_body(body: &[Stmt]) -> HandlerBody {
    let is_nothing = |statement: &Stmt| match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(node) => matches!(&*node.value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)),
        _ => false,
    };
    match body {
        [Stmt::Continue(_)] => HandlerBody::Continue,
        _ if body.iter().all(is_nothing) => HandlerBody::Pass,
        _ => HandlerBody::Other,
    }
}
