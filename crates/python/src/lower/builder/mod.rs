//! Building the blocks and SSA values of one function.
//!
//! Python has no `goto`, so SSA form is built in one pass over the syntax, without dominance frontiers: the environment maps each variable
//! to its value at the current point, a trail remembers what to undo, and every edge to a join records what changed since the join's mark
//! (Brandis and Mössenböck, "Single-Pass Generation of Static Single-Assignment Form for Structured Languages", 1994). Phis at loop heads
//! are made for the variables that the loop assigns, which the scan of the scope lists beforehand. Phis and sigmas are *virtual* while
//! the function is built; only those in use become instructions (see `finish`).

mod loops;
mod merge;

pub(in crate::lower) use loops::OpenLoop;

use ruff_text_size::TextRange;

use crate::ir::{Inst, Name, Op, Span, Terminator, Value};

/// A variable of the function being lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) struct Var(pub(in crate::lower) u32);

/// A place where edges meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) struct Join(pub(in crate::lower) u32);

/// No block, no edge, no join.
pub(in crate::lower) const NOTHING: u32 = u32::MAX;
/// The number of a virtual value has this bit set.
pub(in crate::lower) const VIRTUAL: u32 = 0x8000_0000;
/// The value of a variable that is not bound.
pub(in crate::lower) const UNBOUND: Value = Value(u32::MAX - 1);

/// A phi, a sigma, or the value that a variable has at the function's entry.
#[derive(Debug, Clone, Copy)]
pub(in crate::lower) struct Virtual {
    /// `Phi` (of a span of `phi_operands`), `Sigma`, or what the entry holds.
    pub(in crate::lower) op: Op,
    pub(in crate::lower) range: TextRange,
    /// What stands for it, if it turned out to be another value.
    pub(in crate::lower) forward: Value,
    pub(in crate::lower) used: bool,
    /// Its number in the module, given at the end.
    pub(in crate::lower) place: u32,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::lower) struct BlockRecord {
    pub(in crate::lower) first: u32,
    pub(in crate::lower) end: u32,
    /// A range of `preds`.
    pub(in crate::lower) preds: Span,
    /// The virtual values at its head.
    pub(in crate::lower) virtuals: Span,
    pub(in crate::lower) terminator: Terminator,
    /// The block that took its place; for a filled one its number in the module, given at the end.
    pub(in crate::lower) number: u32,
    filled: bool,
}

impl BlockRecord {
    /// Whether it was opened; if not, another block took its place.
    pub(in crate::lower) fn is_filled(&self) -> bool {
        self.filled
    }
}

#[derive(Debug, Clone, Copy)]
struct Variable {
    value: Value,
    /// Its last entry in the trail.
    entry: u32,
    /// Its value at the function's entry, once asked for.
    initial: Value,
    stamp: u32,
    /// Where it is in the merge that `stamp` belongs to.
    row: u32,
}

#[derive(Debug, Clone, Copy)]
struct TrailEntry {
    var: Var,
    value: Value,
    entry: u32,
}

#[derive(Debug, Clone, Copy)]
struct JoinRecord {
    /// Edges record what changed since here.
    mark: u32,
    block: u32,
    first: u32,
    last: u32,
    count: u32,
    range: TextRange,
    /// Edges carry a value (of a conditional expression, a `return` through `finally`).
    valued: bool,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    from: u32,
    next: u32,
    changes: Span,
    value: Value,
    condition: Value,
    truth: bool,
    /// Variables that the condition mentions.
    mentioned: Span,
}

#[derive(Debug, Default)]
pub(in crate::lower) struct Builder {
    pub(in crate::lower) insts: Vec<Inst>,
    pub(in crate::lower) blocks: Vec<BlockRecord>,
    /// The blocks in the order in which they were filled.
    pub(in crate::lower) order: Vec<u32>,
    pub(in crate::lower) virtuals: Vec<Virtual>,
    /// Virtual values that stand at the function's entry.
    pub(in crate::lower) initials: Vec<u32>,
    pub(in crate::lower) phi_operands: Vec<Value>,
    pub(in crate::lower) preds: Vec<u32>,
    /// What each variable is at the function's entry.
    pub(in crate::lower) entry_ops: Vec<Op>,
    variables: Vec<Variable>,
    trail: Vec<TrailEntry>,
    /// A variable saved in the trail from here on need not be saved again.
    active: u32,
    joins: Vec<JoinRecord>,
    edges: Vec<Edge>,
    changes: Vec<(Var, Value)>,
    mentioned: Vec<Var>,
    loop_variables: Vec<Var>,
    matrix: Vec<Value>,
    rows: Vec<Var>,
    stamp: u32,
    current: u32,
    /// Where an exception goes, if anywhere in this function.
    pub(in crate::lower) handler: Option<Join>,
    /// The open block may raise.
    pub(in crate::lower) may_raise: bool,
    /// The open block has a call.
    pub(in crate::lower) has_call: bool,
    /// Has back edges, so that phis may turn out to be trivial later.
    pub(in crate::lower) has_loops: bool,
    /// Steps that merging may still take; below zero, variables are no longer followed.
    budget: i64,
    pub(in crate::lower) degraded: bool,
}

impl Builder {
    /// Starts a function. `budget` bounds the steps of merging variables.
    pub(in crate::lower) fn start(&mut self, budget: i64) {
        self.insts.clear();
        self.blocks.clear();
        self.order.clear();
        self.virtuals.clear();
        self.initials.clear();
        self.phi_operands.clear();
        self.preds.clear();
        self.entry_ops.clear();
        self.variables.clear();
        self.trail.clear();
        self.active = 0;
        self.joins.clear();
        self.edges.clear();
        self.changes.clear();
        self.mentioned.clear();
        self.loop_variables.clear();
        self.stamp = 0;
        self.handler = None;
        self.has_loops = false;
        self.budget = budget;
        self.degraded = false;
        let entry = self.new_block();
        self.open(entry, 0);
    }

    /// A new variable and what it is at the function's entry.
    pub(in crate::lower) fn variable(&mut self, at_entry: Op) -> Var {
        self.variables.push(Variable {
            value: UNBOUND,
            entry: NOTHING,
            initial: Value::NONE,
            stamp: 0,
            row: 0,
        });
        self.entry_ops.push(at_entry);
        Var(self.variables.len() as u32 - 1)
    }

    pub(in crate::lower) fn is_open(&self) -> bool {
        self.current != NOTHING
    }

    /// Whether the open block has instructions yet.
    pub(in crate::lower) fn has_instructions(&self) -> bool {
        self.current != NOTHING && self.blocks[self.current as usize].first < self.insts.len() as u32
    }

    /// The open block.
    pub(in crate::lower) fn current(&self) -> u32 {
        self.current
    }

    /// Opens a block that nothing leads to, for code after `return` and the like.
    #[inline(never)]
    pub(in crate::lower) fn ensure_open(&mut self) {
        if self.current == NOTHING {
            let block = self.new_block();
            self.open(block, self.preds.len() as u32);
        }
    }

    #[inline]
    pub(in crate::lower) fn emit(&mut self, op: Op, range: TextRange) -> Value {
        if self.current == NOTHING {
            self.ensure_open();
        }
        self.insts.push(Inst { op, range });
        Value(self.insts.len() as u32 - 1)
    }

    /// Emits something that may raise.
    #[inline]
    pub(in crate::lower) fn emit_raising(&mut self, op: Op, range: TextRange) -> Value {
        self.may_raise = true;
        self.emit(op, range)
    }

    /// The value of a variable here; [`UNBOUND`] if there is none.
    pub(in crate::lower) fn read(&mut self, var: Var) -> Value {
        let value = self.variables[var.0 as usize].value;
        if value.0 >= VIRTUAL && value != UNBOUND {
            self.use_value(value);
        }
        value
    }

    /// Says that a value which may be virtual is an operand of an instruction.
    pub(in crate::lower) fn use_value(&mut self, value: Value) {
        if value.0 >= VIRTUAL && value.0 < UNBOUND.0 {
            self.virtuals[(value.0 - VIRTUAL) as usize].used = true;
        }
    }

    /// Binds a variable.
    pub(in crate::lower) fn write(&mut self, var: Var, value: Value) {
        let active = self.active;
        let variable = &mut self.variables[var.0 as usize];
        if variable.entry == NOTHING || variable.entry < active {
            self.trail.push(TrailEntry { var, value: variable.value, entry: variable.entry });
            variable.entry = self.trail.len() as u32 - 1;
        }
        variable.value = value;
    }

    /// Marks the state to which [`Builder::undo`] returns, and returns it with the mark in force before.
    pub(in crate::lower) fn mark(&mut self) -> (u32, u32) {
        let before = self.active;
        self.active = self.trail.len() as u32;
        (self.active, before)
    }

    /// Puts the environment back to a mark.
    pub(in crate::lower) fn undo(&mut self, mark: u32) {
        while self.trail.len() as u32 > mark {
            if let Some(entry) = self.trail.pop() {
                let variable = &mut self.variables[entry.var.0 as usize];
                variable.value = entry.value;
                variable.entry = entry.entry;
            }
        }
    }

    /// Lets an earlier mark be in force again.
    pub(in crate::lower) fn restore_mark(&mut self, before: u32) {
        self.active = before;
    }

    pub(in crate::lower) fn join(&mut self, mark: u32, range: TextRange) -> Join {
        self.joins.push(JoinRecord {
            mark,
            block: NOTHING,
            first: NOTHING,
            last: NOTHING,
            count: 0,
            range,
            valued: false,
        });
        Join(self.joins.len() as u32 - 1)
    }

    /// A join whose edges carry a value.
    pub(in crate::lower) fn valued_join(&mut self, mark: u32, range: TextRange) -> Join {
        let join = self.join(mark, range);
        self.joins[join.0 as usize].valued = true;
        join
    }

    /// How many joins there are, for [`Builder::drop_joins`].
    pub(in crate::lower) fn join_count(&self) -> usize {
        self.joins.len()
    }

    /// Forgets the joins made since; all have been entered or have no edges.
    pub(in crate::lower) fn drop_joins(&mut self, count: usize) {
        self.joins.truncate(count);
    }

    /// How many edges lead to a join so far.
    pub(in crate::lower) fn edge_count(&self, join: Join) -> u32 {
        self.joins[join.0 as usize].count
    }

    /// Whether entering the join would refine variables: one edge, with a condition that mentions some.
    pub(in crate::lower) fn would_refine(&self, join: Join) -> bool {
        let join = &self.joins[join.0 as usize];
        join.count == 1 && self.edges[join.first as usize].mentioned.len > 0
    }

    /// Ends the open block with a jump to a join.
    pub(in crate::lower) fn jump(&mut self, join: Join) {
        self.jump_with(join, Value::NONE);
    }

    /// Ends the open block with a jump that carries a value.
    pub(in crate::lower) fn jump_with(&mut self, join: Join, value: Value) {
        if self.current == NOTHING {
            return;
        }
        let changes = self.changes_since(self.joins[join.0 as usize].mark);
        let block = self.edge(join, changes, value, Value::NONE, false, Span::default());
        self.end(Terminator::Jump(crate::ir::Block(block)));
    }

    /// Ends the open block with a branch. `mentioned` are the variables that the condition mentions.
    pub(in crate::lower) fn branch(
        &mut self,
        condition: Value,
        then: Join,
        otherwise: Join,
        mentioned: Span,
    ) {
        let mark = self.joins[then.0 as usize].mark;
        let changes = self.changes_since(mark);
        let then_block = self.edge(then, changes, condition, condition, true, mentioned);
        let other_mark = self.joins[otherwise.0 as usize].mark;
        let changes = if other_mark == mark { changes } else { self.changes_since(other_mark) };
        let other_block = self.edge(otherwise, changes, condition, condition, false, mentioned);
        self.end(Terminator::Branch {
            condition,
            then: crate::ir::Block(then_block),
            otherwise: crate::ir::Block(other_block),
        });
    }

    /// Ends the open block, the head of a loop over an iterable.
    pub(in crate::lower) fn iterate(&mut self, body: Join, done: Join) {
        let changes = self.changes_since(self.joins[body.0 as usize].mark);
        let body = self.edge(body, changes, Value::NONE, Value::NONE, false, Span::default());
        let done = self.edge(done, changes, Value::NONE, Value::NONE, false, Span::default());
        self.end(Terminator::Loop { body: crate::ir::Block(body), done: crate::ir::Block(done) });
    }

    /// Ends the open block: it leaves the function.
    pub(in crate::lower) fn exit(&mut self) {
        self.end(Terminator::Exit);
    }

    /// An edge from the open block, besides the one its terminator makes, as an exception takes it.
    pub(in crate::lower) fn exception_edge(&mut self, join: Join) {
        if self.current != NOTHING {
            let changes = self.changes_since(self.joins[join.0 as usize].mark);
            self.edge(join, changes, Value::NONE, Value::NONE, false, Span::default());
        }
    }

    /// Ends the open block and goes on in a new one, so that a handler sees the state in between.
    pub(in crate::lower) fn split(&mut self) {
        if self.current == NOTHING {
            return;
        }
        let from = self.current;
        let next = self.new_block();
        self.end(Terminator::Jump(crate::ir::Block(next)));
        let preds = self.preds.len() as u32;
        self.preds.push(from);
        self.open(next, preds);
    }

    /// Adds the variables that a condition mentions.
    pub(in crate::lower) fn mentions(&mut self, variables: &[Var]) -> Span {
        let start = self.mentioned.len() as u32;
        self.mentioned.extend_from_slice(variables);
        Span { start, len: variables.len() as u32 }
    }

    /// Sends the edges of `join` to `into` instead. Both have the same mark and neither has been entered.
    pub(in crate::lower) fn merge(&mut self, join: Join, into: Join) {
        let from = self.joins[join.0 as usize];
        if from.count == 0 {
            return;
        }
        let target = &mut self.joins[into.0 as usize];
        if target.block == NOTHING {
            target.block = from.block;
        } else {
            self.blocks[from.block as usize].number = target.block;
        }
        if target.count == 0 {
            target.first = from.first;
        } else {
            self.edges[target.last as usize].next = from.first;
        }
        target.last = from.last;
        target.count += from.count;
        self.joins[join.0 as usize].count = 0;
    }

    fn new_virtual(&mut self, op: Op, range: TextRange) -> Value {
        self.virtuals.push(Virtual { op, range, forward: Value::NONE, used: false, place: NOTHING });
        Value(VIRTUAL | (self.virtuals.len() as u32 - 1))
    }

    /// The virtual values made since the open block was opened belong to it.
    fn close_virtuals(&mut self) {
        let record = &mut self.blocks[self.current as usize];
        record.virtuals.len = self.virtuals.len() as u32 - record.virtuals.start;
    }

    fn new_block(&mut self) -> u32 {
        self.blocks.push(BlockRecord {
            first: 0,
            end: 0,
            preds: Span::default(),
            virtuals: Span::default(),
            terminator: Terminator::Unreachable,
            number: NOTHING,
            filled: false,
        });
        self.blocks.len() as u32 - 1
    }

    fn open(&mut self, block: u32, preds: u32) {
        self.current = block;
        self.order.push(block);
        self.may_raise = false;
        self.has_call = false;
        let record = &mut self.blocks[block as usize];
        record.filled = true;
        record.first = self.insts.len() as u32;
        record.preds = Span { start: preds, len: self.preds.len() as u32 - preds };
        record.virtuals = Span { start: self.virtuals.len() as u32, len: 0 };
    }

    fn end(&mut self, terminator: Terminator) {
        if self.current == NOTHING {
            return;
        }
        if let Some(handler) = self.handler
            && self.may_raise
        {
            self.exception_edge(handler);
        }
        let record = &mut self.blocks[self.current as usize];
        record.end = self.insts.len() as u32;
        record.terminator = terminator;
        self.current = NOTHING;
    }

    /// Records an edge from the open block and returns the block that it leads to.
    fn edge(
        &mut self,
        join: Join,
        changes: Span,
        value: Value,
        condition: Value,
        truth: bool,
        mentioned: Span,
    ) -> u32 {
        let number = self.edges.len() as u32;
        self.edges.push(Edge {
            from: self.current,
            next: NOTHING,
            changes,
            value,
            condition,
            truth,
            mentioned,
        });
        if self.joins[join.0 as usize].block == NOTHING {
            let block = self.new_block();
            self.joins[join.0 as usize].block = block;
        }
        let record = &mut self.joins[join.0 as usize];
        if record.count == 0 {
            record.first = number;
        } else {
            self.edges[record.last as usize].next = number;
        }
        record.last = number;
        record.count += 1;
        record.block
    }

    /// What differs from the state at a mark: each variable once, with its value now.
    fn changes_since(&mut self, mark: u32) -> Span {
        let start = self.changes.len() as u32;
        let trail = &self.trail[(mark as usize).min(self.trail.len())..];
        if trail.is_empty() || self.degraded {
            return Span { start, len: 0 };
        }
        self.budget -= trail.len() as i64;
        self.stamp += 1;
        for entry in trail {
            let variable = &mut self.variables[entry.var.0 as usize];
            if variable.stamp != self.stamp {
                variable.stamp = self.stamp;
                self.changes.push((entry.var, variable.value));
            }
        }
        if self.budget < 0 {
            self.degrade();
            return Span { start, len: 0 };
        }
        Span { start, len: self.changes.len() as u32 - start }
    }

    fn degrade(&mut self) {
        self.degraded = true;
    }

    /// What a variable is at the function's entry.
    pub(in crate::lower) fn entry_op(&self, var: Var) -> Op {
        self.entry_ops[var.0 as usize]
    }
}

/// What a local variable of a function is before it is bound.
pub(in crate::lower) fn unbound(name: Name) -> Op {
    Op::Unbound(name)
}
