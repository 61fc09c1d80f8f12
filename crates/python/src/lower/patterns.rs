//! `match`: patterns as tests, branches and bindings.

use ruff_python_ast::{
    Identifier, Pattern, PatternMatchClass, PatternMatchMapping, PatternMatchOr, PatternMatchSequence,
    Singleton, StmtMatch,
};
use ruff_text_size::{Ranged, TextRange};

use crate::ir::{CompareOp, Op, PatternTest, Span, Value};

use super::Lowering;
use super::builder::Join;

/// Built-in types whose single positional sub-pattern matches the subject itself.
const SELF_MATCHING: [&str; 11] =
    ["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];

impl<'a> Lowering<'a> {
    pub(super) fn match_statement(&mut self, node: &'a StmtMatch) {
        self.header(node.range.start(), node.subject.range().end());
        let subject = self.expr(&node.subject);
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let after = self.builder.join(mark, node.range);
        for (position, case) in node.cases.iter().enumerate() {
            self.builder.ensure_open();
            let end = case.guard.as_ref().map_or(case.pattern.range().end(), |guard| guard.range().end());
            self.header(case.range.start(), end);
            let next = self.builder.join(mark, case.range);
            let mentioned = self.mentioned(&node.subject);
            self.pattern(&case.pattern, subject, next, mentioned);
            if let Some(guard) = &case.guard {
                self.step(guard, None, Some(next));
            }
            self.statements(&case.body);
            self.builder.jump(after);
            self.builder.undo(mark);
            let is_last = position + 1 == node.cases.len();
            if is_last && self.builder.edge_count(after) > 0 && !self.builder.would_refine(next) {
                self.builder.merge(next, after);
            } else {
                self.builder.enter(next);
            }
        }
        self.meet(after, mark, before);
        self.builder.drop_joins(joins);
    }

    /// Tests a subject against a pattern and binds its captures; where it fails, control goes to `fail`. `mentioned` are variables that
    /// hold the subject.
    fn pattern(&mut self, pattern: &'a Pattern, subject: Value, fail: Join, mentioned: Span) {
        self.note_depth(2);
        let lowered = self.deeper(|this| match pattern {
            Pattern::MatchValue(node) => {
                let value = this.expr(&node.value);
                this.equals(CompareOp::Eq, subject, value, node.range, fail, mentioned);
            }
            Pattern::MatchSingleton(node) => {
                let op = match node.value {
                    Singleton::None => Op::None,
                    Singleton::True => Op::Bool(true),
                    Singleton::False => Op::Bool(false),
                };
                let value = this.builder.emit(op, node.range);
                this.equals(CompareOp::Is, subject, value, node.range, fail, mentioned);
            }
            Pattern::MatchSequence(node) => this.sequence_pattern(node, subject, fail, mentioned),
            Pattern::MatchMapping(node) => this.mapping_pattern(node, subject, fail, mentioned),
            Pattern::MatchClass(node) => this.class_pattern(node, subject, fail, mentioned),
            // Only inside a sequence, which handles it.
            Pattern::MatchStar(node) => this.capture(node.name.as_ref(), subject),
            Pattern::MatchAs(node) => {
                if let Some(inner) = &node.pattern {
                    this.pattern(inner, subject, fail, mentioned);
                }
                let refined = this.builder.refined(subject, mentioned);
                this.capture(node.name.as_ref(), refined);
            }
            Pattern::MatchOr(node) => this.or_pattern(node, subject, fail, mentioned),
        });
        if lowered.is_none() {
            let unknown = self.builder.emit(Op::Unknown, pattern.range());
            self.test(unknown, fail, mentioned);
        }
    }

    fn capture(&mut self, name: Option<&Identifier>, value: Value) {
        if let Some(name) = name {
            let id = self.intern(&name.id);
            self.bind(id, value, name.range);
        }
    }

    /// Goes on where a condition is true, else to `fail`.
    fn test(&mut self, condition: Value, fail: Join, mentioned: Span) {
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let next = self.builder.join(mark, TextRange::default());
        self.builder.branch(condition, next, fail, mentioned);
        self.builder.restore_mark(before);
        self.builder.enter(next);
        self.builder.drop_joins(joins);
    }

    fn equals(
        &mut self,
        op: CompareOp,
        left: Value,
        right: Value,
        range: TextRange,
        fail: Join,
        mentioned: Span,
    ) {
        let condition = self.builder.emit_raising(Op::Compare { op, left, right }, range);
        self.test(condition, fail, mentioned);
    }

    fn pattern_test(
        &mut self,
        test: PatternTest,
        subject: Value,
        operand: Value,
        range: TextRange,
        fail: Join,
        mentioned: Span,
    ) {
        let op = Op::Match { test, subject, operand };
        let condition = self.builder.emit_raising(op, range);
        self.test(condition, fail, mentioned);
    }

    fn sequence_pattern(
        &mut self,
        node: &'a PatternMatchSequence,
        subject: Value,
        fail: Join,
        mentioned: Span,
    ) {
        self.pattern_test(PatternTest::Sequence, subject, Value::NONE, node.range, fail, mentioned);
        let star = node.patterns.iter().position(|pattern| matches!(pattern, Pattern::MatchStar(_)));
        for (position, pattern) in node.patterns.iter().enumerate() {
            if is_underscore(pattern) {
                continue;
            }
            let after = node.patterns.len() - position - 1;
            let op = match star {
                Some(star) if position == star => {
                    Op::UnpackRest { value: subject, before: position as u32, after: after as u32 }
                }
                Some(star) if position > star => Op::Unpack { value: subject, index: -(after as i32) - 1 },
                _ => Op::Unpack { value: subject, index: position as i32 },
            };
            let item = self.builder.emit_raising(op, pattern.range());
            self.pattern(pattern, item, fail, Span::default());
        }
    }

    fn mapping_pattern(
        &mut self,
        node: &'a PatternMatchMapping,
        subject: Value,
        fail: Join,
        mentioned: Span,
    ) {
        self.pattern_test(PatternTest::Mapping, subject, Value::NONE, node.range, fail, mentioned);
        for (key, pattern) in node.keys.iter().zip(&node.patterns) {
            let key_range = key.range();
            let key = self.expr(key);
            self.pattern_test(PatternTest::Key, subject, key, key_range, fail, Span::default());
            let item = self.builder.emit_raising(Op::Item { base: subject, key }, pattern.range());
            self.pattern(pattern, item, fail, Span::default());
        }
        if let Some(rest) = &node.rest {
            let base = self.values.len();
            self.values.extend([Value::NONE, subject]);
            let span = self.list_from(base);
            let value = self.builder.emit(Op::Dict(span), rest.range);
            self.capture(Some(rest), value);
        }
    }

    fn class_pattern(&mut self, node: &'a PatternMatchClass, subject: Value, fail: Join, mentioned: Span) {
        let class = self.expr(&node.cls);
        self.pattern_test(PatternTest::Class, subject, class, node.range, fail, mentioned);
        let is_self_matching =
            node.cls.as_name_expr().is_some_and(|name| SELF_MATCHING.contains(&name.id.as_str()));
        for (position, pattern) in node.arguments.patterns.iter().enumerate() {
            if is_underscore(pattern) {
                continue;
            }
            if is_self_matching {
                self.pattern(pattern, subject, fail, mentioned);
                continue;
            }
            // Which attribute `__match_args__` names here is the class's affair; something of the subject it is.
            let op = Op::Unpack { value: subject, index: position as i32 };
            let item = self.builder.emit_raising(op, pattern.range());
            self.pattern(pattern, item, fail, Span::default());
        }
        for keyword in &node.arguments.keywords {
            let name = self.intern(&keyword.attr.id);
            let item = self.builder.emit_raising(Op::Attr { base: subject, name }, keyword.range);
            self.pattern(&keyword.pattern, item, fail, Span::default());
        }
    }

    fn or_pattern(&mut self, node: &'a PatternMatchOr, subject: Value, fail: Join, mentioned: Span) {
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let matched = self.builder.join(mark, node.range);
        if let Some((last, others)) = node.patterns.split_last() {
            for pattern in others {
                let next = self.builder.join(mark, node.range);
                self.pattern(pattern, subject, next, mentioned);
                self.builder.jump(matched);
                self.builder.undo(mark);
                self.builder.enter(next);
                self.builder.ensure_open();
            }
            self.pattern(last, subject, fail, mentioned);
            self.builder.jump(matched);
        }
        self.builder.undo(mark);
        self.builder.restore_mark(before);
        self.builder.enter(matched);
        self.builder.ensure_open();
        self.builder.drop_joins(joins);
    }
}

/// `_` and `*_`, which match anything and bind nothing.
fn is_underscore(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::MatchAs(node) => node.pattern.is_none() && node.name.is_none(),
        Pattern::MatchStar(node) => node.name.is_none(),
        _ => false,
    }
}
