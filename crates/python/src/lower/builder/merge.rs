//! Entering joins: sigmas where one edge arrives, phis where several do.

use ruff_text_size::{TextRange, TextSize};

use crate::ir::{Op, Span, Value};

use super::{Builder, Edge, Join, JoinRecord, UNBOUND, VIRTUAL, Var};

impl Builder {
    /// Goes on at a join. The environment is at the join's mark and no block is open. Returns the value that its edges carry.
    pub(in crate::lower) fn enter(&mut self, join: Join) -> Value {
        let record = self.joins[join.0 as usize];
        if record.count == 0 {
            return Value::NONE;
        }
        let preds = self.preds.len() as u32;
        let mut edge = record.first;
        for _ in 0..record.count {
            self.preds.push(self.edges[edge as usize].from);
            edge = self.edges[edge as usize].next;
        }
        self.open(record.block, preds);
        if record.count > 1 {
            return self.enter_merged(record);
        }
        let edge = self.edges[record.first as usize];
        if !self.degraded {
            for at in edge.changes.range() {
                let (var, value) = self.changes[at];
                self.write(var, value);
            }
            self.refine(edge, record.range);
        }
        edge.value
    }

    /// Puts sigmas at the head of the open block, the only one that its edge leads to.
    fn refine(&mut self, edge: Edge, range: TextRange) {
        for at in edge.mentioned.range() {
            let var = self.mentioned[at];
            let value = self.variables[var.0 as usize].value;
            if value == UNBOUND {
                continue;
            }
            let op = Op::Sigma { value, condition: edge.condition, truth: edge.truth };
            let range =
                if edge.condition.0 < VIRTUAL { self.insts[edge.condition.0 as usize].range } else { range };
            let sigma = self.new_virtual(op, range);
            self.write(var, sigma);
        }
        self.close_virtuals();
    }

    fn enter_merged(&mut self, record: JoinRecord) -> Value {
        let count = record.count;
        if !self.degraded {
            self.rows.clear();
            self.matrix.clear();
            self.stamp += 1;
            let mut edge = record.first;
            for column in 0..count {
                let changes = self.edges[edge as usize].changes;
                edge = self.edges[edge as usize].next;
                for at in changes.range() {
                    let (var, value) = self.changes[at];
                    let row = self.row(var, count);
                    self.matrix[(row * count + column) as usize] = value;
                }
                if self.budget < 0 {
                    self.degrade();
                    break;
                }
            }
        }
        if !self.degraded {
            for row in 0..self.rows.len() {
                let var = self.rows[row];
                let from = row * count as usize;
                let value = self.phi(var, from, count as usize, record);
                if value != self.variables[var.0 as usize].value {
                    self.write(var, value);
                }
            }
        }
        let value = if record.valued { self.phi_of_values(record) } else { Value::NONE };
        self.close_virtuals();
        value
    }

    /// The row of a variable in the merge matrix, filled with its value at the join's mark.
    fn row(&mut self, var: Var, count: u32) -> u32 {
        let variable = &mut self.variables[var.0 as usize];
        if variable.stamp != self.stamp {
            variable.stamp = self.stamp;
            variable.row = self.rows.len() as u32;
            self.rows.push(var);
            self.budget -= i64::from(count);
            let size = self.matrix.len() + count as usize;
            self.matrix.resize(size, variable.value);
        }
        variable.row
    }

    /// Merges a row of the matrix.
    fn phi(&mut self, var: Var, from: usize, count: usize, record: JoinRecord) -> Value {
        let first = self.matrix[from];
        let row = &self.matrix[from..from + count];
        if row.iter().all(|value| *value == first) {
            return first;
        }
        if record.valued {
            // Inside an expression, what conditions said of a variable ends with it.
            let here = self.variables[var.0 as usize].value;
            let plain = self.unrefined(here);
            if row.iter().all(|value| self.unrefined(*value) == plain) {
                return here;
            }
        }
        let range = record.range;
        let start = self.phi_operands.len() as u32;
        for at in from..from + count {
            let mut value = self.matrix[at];
            if value == UNBOUND {
                value = self.initial(var);
            }
            self.phi_operands.push(value);
        }
        let span = Span { start, len: count as u32 };
        self.new_virtual(Op::Phi(span), range)
    }

    /// What conditions say of a value, through a variable that still holds it.
    pub(in crate::lower) fn refined(&mut self, value: Value, holders: Span) -> Value {
        let plain = self.unrefined(value);
        for at in holders.range() {
            let var = self.mentioned[at];
            let held = self.variables[var.0 as usize].value;
            if !self.degraded && held != UNBOUND && self.unrefined(held) == plain {
                return self.read(var);
            }
        }
        value
    }

    /// A value without the sigmas around it.
    fn unrefined(&self, mut value: Value) -> Value {
        while value.0 >= VIRTUAL
            && value.0 < UNBOUND.0
            && let Op::Sigma { value: inner, .. } = self.virtuals[(value.0 - VIRTUAL) as usize].op
        {
            value = inner;
        }
        value
    }

    fn phi_of_values(&mut self, record: JoinRecord) -> Value {
        let start = self.phi_operands.len() as u32;
        let mut edge = record.first;
        for _ in 0..record.count {
            self.phi_operands.push(self.edges[edge as usize].value);
            edge = self.edges[edge as usize].next;
        }
        let operands = &self.phi_operands[start as usize..];
        let first = operands[0];
        if operands.iter().all(|value| *value == first) {
            self.phi_operands.truncate(start as usize);
            return first;
        }
        let span = Span { start, len: record.count };
        let phi = self.new_virtual(Op::Phi(span), record.range);
        self.use_value(phi);
        phi
    }

    /// The value of a variable at the function's entry, as an operand of a phi.
    pub(super) fn initial(&mut self, var: Var) -> Value {
        let known = self.variables[var.0 as usize].initial;
        if known != Value::NONE {
            return known;
        }
        let op = self.entry_ops[var.0 as usize];
        let value = self.new_virtual(op, TextRange::empty(TextSize::new(0)));
        self.initials.push(value.0 - VIRTUAL);
        self.variables[var.0 as usize].initial = value;
        value
    }
}
