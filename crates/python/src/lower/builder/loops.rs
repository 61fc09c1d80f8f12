//! Heads of loops: phis for what the loop assigns, closed once all edges back are known.

use ruff_text_size::TextRange;

use crate::ir::{Op, Span, Terminator, Value};

use super::{Builder, Join, JoinRecord, UNBOUND, VIRTUAL, Var};

/// A loop whose back edges are not known yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::lower) struct OpenLoop {
    pub(in crate::lower) block: u32,
    /// Where `continue` goes; marks the state at the head of the loop.
    pub(in crate::lower) again: Join,
    entry: u32,
    virtuals: Span,
    variables: u32,
}

impl Builder {
    /// Ends the open block and opens the head of a loop that assigns `variables`.
    pub(in crate::lower) fn open_loop(
        &mut self,
        variables: impl Iterator<Item = Var>,
        range: TextRange,
    ) -> OpenLoop {
        let entry = self.current;
        let block = self.new_block();
        self.end(Terminator::Jump(crate::ir::Block(block)));
        self.open(block, 0);
        self.has_loops = true;
        let first = self.virtuals.len() as u32;
        let first_variable = self.loop_variables.len() as u32;
        self.stamp += 1;
        for var in variables {
            self.budget -= 1;
            let variable = &mut self.variables[var.0 as usize];
            if self.degraded || variable.stamp == self.stamp {
                continue;
            }
            variable.stamp = self.stamp;
            // Until the loop is closed, the operands' start holds the value at entry.
            let span = Span { start: variable.value.0, len: 0 };
            let phi = self.new_virtual(Op::Phi(span), range);
            self.write(var, phi);
            self.loop_variables.push(var);
        }
        self.close_virtuals();
        if self.budget < 0 {
            self.degrade();
        }
        let mark = self.trail.len() as u32;
        let again = self.join(mark, range);
        self.joins[again.0 as usize].block = block;
        OpenLoop {
            block,
            again,
            entry,
            virtuals: Span { start: first, len: self.virtuals.len() as u32 - first },
            variables: first_variable,
        }
    }

    /// All edges back to the head of a loop are known. The environment is at the head's mark.
    pub(in crate::lower) fn close_loop(&mut self, open: OpenLoop) {
        let record = self.joins[open.again.0 as usize];
        let count = record.count + 1;
        let start = self.preds.len() as u32;
        self.preds.push(open.entry);
        let mut edge = record.first;
        for _ in 0..record.count {
            self.preds.push(self.edges[edge as usize].from);
            edge = self.edges[edge as usize].next;
        }
        self.blocks[open.block as usize].preds = Span { start, len: count };
        self.budget -= i64::from(count) * i64::from(open.virtuals.len);
        if self.budget < 0 {
            self.degrade();
        }
        if self.degraded {
            for at in open.virtuals.range() {
                self.virtuals[at].op = Op::Unknown;
                self.initials.push(at as u32);
            }
        } else {
            self.close_phis(open, record, count);
        }
        self.loop_variables.truncate(open.variables as usize);
    }

    fn close_phis(&mut self, open: OpenLoop, record: JoinRecord, count: u32) {
        let columns = count as usize;
        self.stamp += 1;
        self.matrix.clear();
        for (row, at) in open.virtuals.range().enumerate() {
            let var = self.loop_variables[open.variables as usize + row];
            let variable = &mut self.variables[var.0 as usize];
            variable.stamp = self.stamp;
            variable.row = row as u32;
            let Op::Phi(entry) = self.virtuals[at].op else {
                continue;
            };
            self.matrix.push(Value(entry.start));
            let size = self.matrix.len() + columns - 1;
            self.matrix.resize(size, Value(VIRTUAL | at as u32));
        }
        let mut edge = record.first;
        for column in 1..columns {
            let changes = self.edges[edge as usize].changes;
            edge = self.edges[edge as usize].next;
            for at in changes.range() {
                let (var, value) = self.changes[at];
                let variable = &self.variables[var.0 as usize];
                if variable.stamp == self.stamp {
                    self.matrix[variable.row as usize * columns + column] = value;
                }
            }
        }
        for (row, at) in open.virtuals.range().enumerate() {
            let var = self.loop_variables[open.variables as usize + row];
            let own = Value(VIRTUAL | at as u32);
            let from = row * columns;
            let entry = self.matrix[from];
            if self.matrix[from..from + columns].iter().all(|value| *value == entry || *value == own) {
                let same = if entry == UNBOUND { self.initial(var) } else { entry };
                self.virtuals[at].forward = same;
                continue;
            }
            let start = self.phi_operands.len() as u32;
            for at in from..from + columns {
                let mut value = self.matrix[at];
                if value == UNBOUND {
                    value = self.initial(var);
                }
                self.phi_operands.push(value);
            }
            self.virtuals[at].op = Op::Phi(Span { start, len: count });
        }
    }
}
