//! Conditions, as control flow.

use ruff_python_ast::{BoolOp, Expr, UnaryOp};
use ruff_text_size::Ranged;
use smallvec::SmallVec;

use crate::ir::{FactKind, Op, Span, Value};

use super::Lowering;
use super::builder::{Join, Var};
use super::scopes::Place;

/// How many variables one condition refines.
const MOST_MENTIONED: usize = 8;
/// How deep in a condition variables are looked for.
const MENTION_DEPTH: u32 = 4;

impl<'a> Lowering<'a> {
    /// Branches to one join where an expression is true and to another where it is false. Joins have marks not after the current state.
    /// Leaves the environment to be undone.
    pub(super) fn condition(&mut self, test: &'a Expr, then: Join, otherwise: Join) {
        let mut test = test;
        let (mut then, mut otherwise) = (then, otherwise);
        let mut negations = 0;
        while let Expr::UnaryOp(node) = test
            && node.op == UnaryOp::Not
        {
            (then, otherwise) = (otherwise, then);
            test = &node.operand;
            negations += 1;
        }
        self.note_depth(negations);
        let lowered = self.deeper(|this| this.positive(test, then, otherwise));
        if lowered.is_none() {
            let unknown = self.builder.emit(Op::Unknown, test.range());
            self.builder.branch(unknown, then, otherwise, Span::default());
        }
    }

    fn positive(&mut self, test: &'a Expr, then: Join, otherwise: Join) {
        match test {
            Expr::BoolOp(node) => {
                let Some((last, others)) = node.values.split_last() else {
                    return;
                };
                for operand in others {
                    match node.op {
                        BoolOp::And => self.step(operand, None, Some(otherwise)),
                        BoolOp::Or => self.step(operand, Some(then), None),
                    }
                }
                self.condition(last, then, otherwise);
            }
            Expr::If(node) => {
                let joins = self.builder.join_count();
                let (mark, before) = self.builder.mark();
                let yes = self.builder.join(mark, node.range);
                let no = self.builder.join(mark, node.range);
                self.condition(&node.test, yes, no);
                self.builder.undo(mark);
                self.builder.enter(yes);
                self.condition(&node.body, then, otherwise);
                self.builder.undo(mark);
                self.builder.enter(no);
                self.condition(&node.orelse, then, otherwise);
                self.builder.restore_mark(before);
                self.builder.drop_joins(joins);
            }
            Expr::Compare(node) if node.ops.len() > 1 => {
                let mut left = self.expr(&node.left);
                let mut left_node = &*node.left;
                for (position, (op, comparator)) in node.ops.iter().zip(&node.comparators).enumerate() {
                    let mut found = SmallVec::new();
                    self.mention(left_node, &mut found, 0);
                    self.mention(comparator, &mut found, 0);
                    let mentioned = self.builder.mentions(&found);
                    let right = self.expr(comparator);
                    let value = self.comparison(*op, left, right, node.range);
                    if position + 1 == node.ops.len() {
                        self.leaf(value, then, otherwise, mentioned);
                        break;
                    }
                    let joins = self.builder.join_count();
                    let (mark, before) = self.builder.mark();
                    let next = self.builder.join(mark, node.range);
                    self.leaf(value, next, otherwise, mentioned);
                    self.builder.restore_mark(before);
                    self.builder.enter(next);
                    self.builder.drop_joins(joins);
                    left = right;
                    left_node = comparator;
                }
            }
            _ => {
                let mentioned = self.mentioned(test);
                let value = self.expr(test);
                self.leaf(value, then, otherwise, mentioned);
            }
        }
    }

    /// Branches on an operand; where the given side is missing, lowering goes on there.
    pub(super) fn step(&mut self, operand: &'a Expr, then: Option<Join>, otherwise: Option<Join>) {
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let next = self.builder.join(mark, operand.range());
        self.condition(operand, then.unwrap_or(next), otherwise.unwrap_or(next));
        self.builder.undo(mark);
        self.builder.restore_mark(before);
        self.builder.enter(next);
        self.builder.drop_joins(joins);
    }

    fn leaf(&mut self, value: Value, then: Join, otherwise: Join, mentioned: Span) {
        if let Some((statement, passed, failed)) = self.asserting
            && [then, otherwise].iter().any(|join| [passed, failed].contains(join))
        {
            self.fact(FactKind::Assert(value), statement);
        }
        self.builder.branch(value, then, otherwise, mentioned);
    }

    /// The variables that a condition mentions: as an operand of a comparison, an argument or the receiver of a call, or by itself.
    pub(super) fn mentioned(&mut self, condition: &'a Expr) -> Span {
        let mut found = SmallVec::new();
        self.mention(condition, &mut found, 0);
        self.builder.mentions(&found)
    }

    fn mention(&mut self, expression: &'a Expr, found: &mut SmallVec<[Var; MOST_MENTIONED]>, depth: u32) {
        if depth > MENTION_DEPTH {
            return;
        }
        match expression {
            Expr::Name(name) => {
                let name = self.intern(&name.id);
                if let Place::Variable(var) = self.place(name)
                    && self.receiver != Some(var)
                    && found.len() < MOST_MENTIONED
                    && !found.contains(&var)
                {
                    found.push(var);
                }
            }
            Expr::Compare(node) => {
                self.mention(&node.left, found, depth + 1);
                for comparator in node.comparators.iter().take(MOST_MENTIONED) {
                    self.mention(comparator, found, depth + 1);
                }
            }
            Expr::Call(node) => {
                if let Expr::Attribute(method) = &*node.func {
                    self.mention(&method.value, found, depth + 1);
                }
                for argument in node.arguments.args.iter().take(MOST_MENTIONED) {
                    self.mention(argument, found, depth + 1);
                }
                for keyword in node.arguments.keywords.iter().take(MOST_MENTIONED) {
                    self.mention(&keyword.value, found, depth + 1);
                }
            }
            Expr::Named(node) => {
                self.mention(&node.target, found, depth + 1);
                self.mention(&node.value, found, depth + 1);
            }
            Expr::Await(node) => self.mention(&node.value, found, depth + 1),
            Expr::Starred(node) => self.mention(&node.value, found, depth + 1),
            _ => {}
        }
    }
}
