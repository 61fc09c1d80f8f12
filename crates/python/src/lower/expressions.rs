//! Expressions, as values.

use ruff_python_ast::{
    self as ast, BoolOp, CmpOp, Expr, ExprCall, ExprCompare, ExprContext, ExprDict, ExprIf, ExprSlice,
    ExprYield, Number, Operator, UnaryOp,
};
use ruff_text_size::{Ranged, TextRange};

use crate::ir::{self, Arg, ArgKind, CollectKind, CompareOp, FunctionKind, Op, Span, Value};

use super::Lowering;
use super::builder::UNBOUND;
use super::scopes::Place;

impl<'a> Lowering<'a> {
    /// Lowers an expression to its value.
    pub(super) fn expr(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::Name(name) => self.read(name),
            Expr::StringLiteral(string) => {
                let text = self.literal(&string.value);
                self.builder.emit(Op::Str(text), string.range)
            }
            Expr::NoneLiteral(node) => self.builder.emit(Op::None, node.range),
            Expr::BooleanLiteral(node) => self.builder.emit(Op::Bool(node.value), node.range),
            Expr::EllipsisLiteral(node) => self.builder.emit(Op::Ellipsis, node.range),
            Expr::NumberLiteral(node) => self.number(node),
            _ => match self.deeper(|this| this.chain(expression)) {
                Some(value) => value,
                None => self.builder.emit(Op::Unknown, expression.range()),
            },
        }
    }

    /// Lowers an expression that begins with others (`a.b(c)[d] + e`), however many, without recursion along its left side.
    fn chain(&mut self, expression: &'a Expr) -> Value {
        let base = self.spine.len();
        let mut inner = expression;
        loop {
            let next = match inner {
                Expr::Attribute(node) => &node.value,
                Expr::Call(node) => &node.func,
                Expr::Subscript(node) => &node.value,
                Expr::BinOp(node) => &node.left,
                Expr::UnaryOp(node) => &node.operand,
                Expr::Await(node) => &node.value,
                _ => break,
            };
            self.spine.push(inner);
            inner = next;
        }
        self.note_depth(0);
        let mut value = match inner {
            Expr::Name(name) => self.read(name),
            _ => self.atom(inner),
        };
        while self.spine.len() > base {
            let Some(outer) = self.spine.pop() else { break };
            value = self.link(outer, value);
        }
        value
    }

    /// Lowers one link of a chain; `first` is the value of its first operand.
    fn link(&mut self, outer: &'a Expr, first: Value) -> Value {
        match outer {
            Expr::Attribute(node) => {
                let name = self.intern(&node.attr.id);
                self.builder.emit_raising(Op::Attr { base: first, name }, node.range)
            }
            Expr::Call(node) => self.call(node, first),
            Expr::Subscript(node) => {
                let key = self.expr(&node.slice);
                self.builder.emit_raising(Op::Item { base: first, key }, node.range)
            }
            Expr::BinOp(node) => {
                let right = self.expr(&node.right);
                let op = Op::Binary { op: binary(node.op), in_place: false, left: first, right };
                self.builder.emit_raising(op, node.range)
            }
            Expr::UnaryOp(node) => {
                let op = match node.op {
                    UnaryOp::Invert => ir::UnaryOp::Invert,
                    UnaryOp::Not => ir::UnaryOp::Not,
                    UnaryOp::UAdd => ir::UnaryOp::UAdd,
                    UnaryOp::USub => ir::UnaryOp::USub,
                };
                self.builder.emit(Op::Unary { op, value: first }, node.range)
            }
            Expr::Await(node) => self.builder.emit_raising(Op::Await(first), node.range),
            _ => first,
        }
    }

    /// Lowers an expression that does not begin with another.
    #[inline(never)]
    fn atom(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::BoolOp(node) => self.bool_op(node),
            Expr::Named(node) => {
                let value = self.expr(&node.value);
                self.assign_plain(&node.target, value);
                value
            }
            Expr::Lambda(node) => self.lambda(node),
            Expr::If(node) => self.conditional(node),
            Expr::Dict(node) => self.dict(node),
            Expr::Set(node) => {
                let span = self.elements(&node.elts);
                self.builder.emit(Op::Set(span), node.range)
            }
            Expr::List(node) => {
                let span = self.elements(&node.elts);
                self.builder.emit(Op::List(span), node.range)
            }
            Expr::Tuple(node) => {
                let span = self.elements(&node.elts);
                self.builder.emit(Op::Tuple(span), node.range)
            }
            Expr::ListComp(node) => {
                self.comprehension(CollectKind::List, None, &node.elt, &node.generators, expression)
            }
            Expr::SetComp(node) => {
                self.comprehension(CollectKind::Set, None, &node.elt, &node.generators, expression)
            }
            Expr::Generator(node) => {
                self.comprehension(CollectKind::Generator, None, &node.elt, &node.generators, expression)
            }
            Expr::DictComp(node) => self.comprehension(
                CollectKind::Dict,
                node.key.as_deref(),
                &node.value,
                &node.generators,
                expression,
            ),
            Expr::Yield(node) => self.yield_value(node),
            Expr::YieldFrom(node) => {
                let value = self.expr(&node.value);
                self.ir.functions[self.func.index()].is_generator = true;
                self.builder.emit_raising(Op::YieldFrom(value), node.range)
            }
            Expr::Compare(node) => self.compare(node),
            Expr::FString(node) => self.f_string(node),
            Expr::TString(node) => self.t_string(node),
            Expr::BytesLiteral(node) => {
                let text = self.ir.texts.push_bytes(node.value.bytes());
                self.builder.emit(Op::Bytes(text), node.range)
            }
            Expr::Starred(node) => {
                let value = self.expr(&node.value);
                self.builder.emit_raising(Op::Starred(value), node.range)
            }
            Expr::Slice(node) => self.slice(node),
            Expr::IpyEscapeCommand(node) => self.builder.emit_raising(Op::Unknown, node.range),
            // Handled before.
            Expr::Name(_)
            | Expr::Attribute(_)
            | Expr::Call(_)
            | Expr::Subscript(_)
            | Expr::BinOp(_)
            | Expr::UnaryOp(_)
            | Expr::Await(_)
            | Expr::StringLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::NumberLiteral(_) => self.expr(expression),
        }
    }

    fn read(&mut self, node: &ast::ExprName) -> Value {
        // The parser's placeholder for an expression that is missing.
        if node.ctx == ExprContext::Invalid || node.id.is_empty() {
            return self.builder.emit(Op::Unknown, node.range);
        }
        let name = self.intern(&node.id);
        self.read_name(name, node.range)
    }

    /// Reads a name.
    pub(super) fn read_name(&mut self, name: ir::Name, range: TextRange) -> Value {
        match self.place(name) {
            Place::Variable(var) => {
                if self.builder.degraded {
                    return self.builder.emit_raising(Op::Unknown, range);
                }
                match self.builder.read(var) {
                    UNBOUND => {
                        let op = self.builder.entry_op(var);
                        self.builder.emit_raising(op, range)
                    }
                    value => value,
                }
            }
            Place::Global | Place::DeclaredGlobal => self.builder.emit_raising(Op::Global(name), range),
            Place::Free | Place::DeclaredNonlocal => self.builder.emit_raising(Op::Free(name), range),
        }
    }

    fn number(&mut self, node: &ast::ExprNumberLiteral) -> Value {
        let op = match &node.value {
            Number::Int(int) => match int.as_i32() {
                Some(small) => Op::Int(small),
                None => {
                    let text = int.to_string();
                    Op::BigInt(self.ir.texts.push(&text))
                }
            },
            Number::Float(_) => Op::Float(self.source(node.range)),
            Number::Complex { .. } => Op::Complex(self.source(node.range)),
        };
        self.builder.emit(op, node.range)
    }

    /// The source text of a range.
    fn source(&mut self, range: TextRange) -> ir::Text {
        let text = self.text.get(usize::from(range.start())..usize::from(range.end()));
        self.ir.texts.push(text.unwrap_or(""))
    }

    fn call(&mut self, node: &'a ExprCall, callee: Value) -> Value {
        let args = self.arguments(&node.arguments);
        self.builder.has_call = true;
        self.builder.emit_raising(Op::Call { callee, args }, node.range())
    }

    /// Lowers the arguments of a call or class in source order.
    pub(super) fn arguments(&mut self, arguments: &'a ast::Arguments) -> Span {
        let base = self.args.len();
        let positional = |this: &mut Self, argument: &'a Expr| {
            let (kind, expression) = match argument {
                Expr::Starred(starred) => (ArgKind::Star, &*starred.value),
                other => (ArgKind::Positional, other),
            };
            let value = this.expr(expression);
            this.args.push(Arg { kind, value });
        };
        let keyword = |this: &mut Self, keyword: &'a ast::Keyword| {
            let kind = match &keyword.arg {
                Some(name) => ArgKind::Keyword(this.intern(name)),
                None => ArgKind::DoubleStar,
            };
            let value = this.expr(&keyword.value);
            this.args.push(Arg { kind, value });
        };
        let in_order = match (arguments.args.last(), arguments.keywords.first()) {
            (Some(last), Some(first)) => last.range().start() < first.range.start(),
            _ => true,
        };
        if in_order {
            for argument in &arguments.args {
                positional(self, argument);
            }
            for argument in &arguments.keywords {
                keyword(self, argument);
            }
        } else {
            for argument in arguments.iter_source_order() {
                match argument {
                    ast::ArgOrKeyword::Arg(argument) => positional(self, argument),
                    ast::ArgOrKeyword::Keyword(argument) => keyword(self, argument),
                }
            }
        }
        let start = self.ir.args.len() as u32;
        self.ir.args.extend(self.args.drain(base..));
        Span { start, len: self.ir.args.len() as u32 - start }
    }

    /// Lowers the elements of a display.
    pub(super) fn elements(&mut self, elements: &'a [Expr]) -> Span {
        let base = self.values.len();
        for element in elements {
            let value = self.expr(element);
            self.values.push(value);
        }
        self.list_from(base)
    }

    /// Moves the values collected since `base` into the module's lists.
    pub(super) fn list_from(&mut self, base: usize) -> Span {
        let start = self.ir.lists.len() as u32;
        self.ir.lists.extend(self.values.drain(base..));
        Span { start, len: self.ir.lists.len() as u32 - start }
    }

    fn dict(&mut self, node: &'a ExprDict) -> Value {
        let base = self.values.len();
        for item in &node.items {
            let key = match &item.key {
                Some(key) => self.expr(key),
                None => Value::NONE,
            };
            self.values.push(key);
            let value = self.expr(&item.value);
            self.values.push(value);
        }
        let span = self.list_from(base);
        self.builder.emit(Op::Dict(span), node.range)
    }

    fn slice(&mut self, node: &'a ExprSlice) -> Value {
        let base = self.values.len();
        for bound in [&node.lower, &node.upper, &node.step] {
            let value = match bound {
                Some(bound) => self.expr(bound),
                None => Value::NONE,
            };
            self.values.push(value);
        }
        let span = self.list_from(base);
        self.builder.emit(Op::Slice(span), node.range)
    }

    fn yield_value(&mut self, node: &'a ExprYield) -> Value {
        let value = match &node.value {
            Some(value) => self.expr(value),
            None => Value::NONE,
        };
        self.ir.functions[self.func.index()].is_generator = true;
        self.builder.emit_raising(Op::Yield(value), node.range)
    }

    /// `a and b`, `a or b` as a value: each operand but the last may be the result.
    fn bool_op(&mut self, node: &'a ast::ExprBoolOp) -> Value {
        let Some((last, others)) = node.values.split_last() else {
            return self.builder.emit(Op::Unknown, node.range);
        };
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let end = self.builder.valued_join(mark, node.range);
        for operand in others {
            let mentioned = self.mentioned(operand);
            let value = self.expr(operand);
            let next = self.builder.join(mark, node.range);
            match node.op {
                BoolOp::And => self.builder.branch(value, next, end, mentioned),
                BoolOp::Or => self.builder.branch(value, end, next, mentioned),
            }
            self.builder.undo(mark);
            self.builder.enter(next);
        }
        let value = self.expr(last);
        self.builder.jump_with(end, value);
        self.builder.undo(mark);
        self.builder.restore_mark(before);
        let value = self.builder.enter(end);
        self.builder.drop_joins(joins);
        value
    }

    fn conditional(&mut self, node: &'a ExprIf) -> Value {
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let end = self.builder.valued_join(mark, node.range);
        let then = self.builder.join(mark, node.range);
        let otherwise = self.builder.join(mark, node.range);
        self.condition(&node.test, then, otherwise);
        for (side, expression) in [(then, &node.body), (otherwise, &node.orelse)] {
            self.builder.undo(mark);
            self.builder.enter(side);
            let value = self.expr(expression);
            self.builder.jump_with(end, value);
        }
        self.builder.undo(mark);
        self.builder.restore_mark(before);
        let value = self.builder.enter(end);
        self.builder.drop_joins(joins);
        value
    }

    /// A comparison as a value; in a chain each but the last may be the result.
    fn compare(&mut self, node: &'a ExprCompare) -> Value {
        let mut left = self.expr(&node.left);
        let (Some((last, others)), Some(op)) = (node.comparators.split_last(), node.ops.last()) else {
            return left;
        };
        if others.is_empty() {
            let right = self.expr(last);
            return self.comparison(*op, left, right, node.range);
        }
        let joins = self.builder.join_count();
        let (mark, before) = self.builder.mark();
        let end = self.builder.valued_join(mark, node.range);
        for (op, comparator) in node.ops.iter().zip(others) {
            let right = self.expr(comparator);
            let value = self.comparison(*op, left, right, node.range);
            let next = self.builder.join(mark, node.range);
            self.builder.branch(value, next, end, Span::default());
            self.builder.undo(mark);
            self.builder.enter(next);
            left = right;
        }
        let right = self.expr(last);
        let value = self.comparison(*op, left, right, node.range);
        self.builder.jump_with(end, value);
        self.builder.undo(mark);
        self.builder.restore_mark(before);
        let value = self.builder.enter(end);
        self.builder.drop_joins(joins);
        value
    }

    pub(super) fn comparison(&mut self, op: CmpOp, left: Value, right: Value, range: TextRange) -> Value {
        let op = match op {
            CmpOp::Eq => CompareOp::Eq,
            CmpOp::NotEq => CompareOp::NotEq,
            CmpOp::Lt => CompareOp::Lt,
            CmpOp::LtE => CompareOp::LtE,
            CmpOp::Gt => CompareOp::Gt,
            CmpOp::GtE => CompareOp::GtE,
            CmpOp::Is => CompareOp::Is,
            CmpOp::IsNot => CompareOp::IsNot,
            CmpOp::In => CompareOp::In,
            CmpOp::NotIn => CompareOp::NotIn,
        };
        self.builder.emit_raising(Op::Compare { op, left, right }, range)
    }

    /// Whether the current body is the module's.
    pub(super) fn is_module(&self) -> bool {
        self.kind == FunctionKind::Module
    }
}

/// The binary operator.
pub(super) fn binary(op: Operator) -> ir::BinaryOp {
    match op {
        Operator::Add => ir::BinaryOp::Add,
        Operator::Sub => ir::BinaryOp::Sub,
        Operator::Mult => ir::BinaryOp::Mult,
        Operator::MatMult => ir::BinaryOp::MatMult,
        Operator::Div => ir::BinaryOp::Div,
        Operator::Mod => ir::BinaryOp::Mod,
        Operator::Pow => ir::BinaryOp::Pow,
        Operator::LShift => ir::BinaryOp::LShift,
        Operator::RShift => ir::BinaryOp::RShift,
        Operator::BitOr => ir::BinaryOp::BitOr,
        Operator::BitXor => ir::BinaryOp::BitXor,
        Operator::BitAnd => ir::BinaryOp::BitAnd,
        Operator::FloorDiv => ir::BinaryOp::FloorDiv,
    }
}
