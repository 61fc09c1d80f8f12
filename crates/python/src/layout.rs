//! How a piece of a module is laid out: what a repair has to know of the text that it edits, and nothing else.
//!
//! The IR says what an expression means; where its brackets, keywords and quotes stand, it does not. A repair asks here, for the few expressions that it edits;
//! the text is parsed again, and the tree is dropped before the answer is given.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ruff_python_ast::{
    self as ast, Expr, FStringPart, InterpolatedStringElement, Number, Operator, Stmt, StringFlags,
};
use ruff_python_parser::parse_parenthesized_expression_range;
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::{Input, ir::ModuleIr, lower};

/// A longer expression is not looked at.
const LONGEST: usize = 16 * 1024;
/// Stack that parsing, walking and dropping an expression of that length takes at most.
const STACK: usize = 24 * 1024 * 1024;
/// Parts below this depth are [`Shape::Other`].
const DEEPEST: u32 = 64;

/// An expression, or a part of one.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands, without brackets around it.
    pub range: TextRange,
    /// What it is.
    pub shape: Shape,
}

/// The shapes of expressions that repairs tell apart.
#[derive(Debug, Clone)]
pub enum Shape {
    /// `name`
    Name(String),
    /// `base.name`
    Attribute {
        /// What the attribute is of.
        base: Box<Node>,
        /// Its name.
        name: String,
        /// Where the name stands.
        name_range: TextRange,
    },
    /// `callee(…)`
    Call {
        /// What is called.
        callee: Box<Node>,
        /// From the opening bracket to the closing one, both included.
        brackets: TextRange,
        /// In the order of the text.
        arguments: Vec<Argument>,
    },
    /// A string or f-string: its tokens, several where literals stand beside each other.
    Text(Vec<Quoted>),
    /// A bytes literal.
    Bytes,
    /// An integer that fits.
    Int(i64),
    /// `True`, `False`
    Bool(bool),
    /// `left + right`
    Add(Box<Node>, Box<Node>),
    /// `left % right`
    Mod(Box<Node>, Box<Node>),
    /// `left == right` (`true`) or `left != right`
    Equal(Box<Node>, Box<Node>, bool),
    /// `(a, b)` or `a, b`
    Tuple(Vec<Node>),
    /// `[a, b]`
    List(Vec<Node>),
    /// `{key: value}`; no key for `**mapping`.
    Dict(Vec<(Option<Node>, Node)>),
    /// Something else.
    Other,
}

/// An argument of a call.
#[derive(Debug, Clone)]
pub struct Argument {
    /// How it is passed.
    pub passed: Passed,
    /// With its name or stars.
    pub range: TextRange,
    /// What is passed.
    pub value: Node,
}

/// How an argument is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// `f(value)`
    Positional,
    /// `f(name=value)`
    Named(String),
    /// `f(*value)`, `f(**value)`
    Spread,
}

/// A string token.
#[derive(Debug, Clone)]
pub struct Quoted {
    /// From the prefix to the closing quotes.
    pub range: TextRange,
    /// The letters before the quotes as written.
    pub prefix: String,
    /// The quotes: one or three characters.
    pub quotes: &'static str,
    /// Whether it is an f-string.
    pub is_format: bool,
    /// What stands between the quotes.
    pub parts: Vec<QuotedPart>,
}

/// A part of a string token.
#[derive(Debug, Clone)]
pub enum QuotedPart {
    /// Text.
    Literal {
        /// Where it stands.
        range: TextRange,
        /// What it means: escapes and doubled braces resolved.
        value: String,
    },
    /// `{expression!r:spec}`
    Hole {
        /// With its braces.
        range: TextRange,
        /// The expression.
        expression: Node,
        /// It has a conversion, a format or `=`.
        is_formatted: bool,
    },
}

impl Quoted {
    /// Whether backslashes stand for themselves.
    pub fn is_raw(&self) -> bool {
        self.prefix.contains(['r', 'R'])
    }
}

impl Node {
    /// The arguments, if it is a call.
    pub fn arguments(&self) -> &[Argument] {
        match &self.shape {
            Shape::Call { arguments, .. } => arguments,
            _ => &[],
        }
    }

    /// The string that it is, if it is a literal without holes.
    pub fn literal(&self) -> Option<String> {
        let Shape::Text(tokens) = &self.shape else { return None };
        let mut text = String::new();
        for part in tokens.iter().flat_map(|token| &token.parts) {
            match part {
                QuotedPart::Literal { value, .. } => text.push_str(value),
                QuotedPart::Hole { .. } => return None,
            }
        }
        Some(text)
    }

    /// The argument of a name, or at a position.
    pub fn argument(&self, position: usize, name: &str) -> Option<&Argument> {
        let arguments = self.arguments();
        let placed = arguments.get(position).filter(|_| {
            arguments.iter().take(position + 1).all(|argument| argument.passed == Passed::Positional)
        });
        placed.or_else(|| self.named(name))
    }

    /// The argument of a name.
    pub fn named(&self, name: &str) -> Option<&Argument> {
        self.arguments()
            .iter()
            .find(|argument| matches!(&argument.passed, Passed::Named(given) if given == name))
    }

    /// Whether the call has `*args` or `**kwargs`.
    pub fn has_spread(&self) -> bool {
        self.arguments().iter().any(|argument| argument.passed == Passed::Spread)
    }
}

/// The expression at `range` of `text`. Nothing if it is long, or no expression.
pub fn expression(text: &str, range: TextRange) -> Option<Node> {
    let slice = text.get(usize::from(range.start())..usize::from(range.end()))?;
    if slice.len() > LONGEST || slice.is_empty() {
        return None;
    }
    // The parser is other people's code: a bug in it costs a repair, not the run.
    let read = || {
        let parsed = parse_parenthesized_expression_range(text, range).ok()?;
        Some(node(text, parsed.expr(), 0))
    };
    stacker::maybe_grow(STACK, STACK, || catch_unwind(AssertUnwindSafe(read))).ok().flatten()
}

fn node(text: &str, expression: &Expr, depth: u32) -> Node {
    Node { range: expression.range(), shape: shape(text, expression, depth) }
}

fn shape(text: &str, expression: &Expr, depth: u32) -> Shape {
    if depth > DEEPEST {
        return Shape::Other;
    }
    let inner = |expression: &Expr| node(text, expression, depth + 1);
    let boxed = |expression: &Expr| Box::new(inner(expression));
    match expression {
        Expr::Name(name) => Shape::Name(name.id.to_string()),
        Expr::Attribute(attribute) => Shape::Attribute {
            base: boxed(&attribute.value),
            name: attribute.attr.id.to_string(),
            name_range: attribute.attr.range(),
        },
        Expr::Call(call) => Shape::Call {
            callee: boxed(&call.func),
            brackets: call.arguments.range(),
            arguments: arguments(text, &call.arguments, depth),
        },
        Expr::StringLiteral(literal) => Shape::Text(literal.value.iter().map(plain).collect()),
        Expr::FString(literal) => Shape::Text(
            literal
                .value
                .iter()
                .map(|part| match part {
                    FStringPart::Literal(literal) => plain(literal),
                    FStringPart::FString(format) => formatted(text, format, depth),
                })
                .collect(),
        ),
        Expr::BytesLiteral(_) => Shape::Bytes,
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(value) => value.as_i64().map_or(Shape::Other, Shape::Int),
            _ => Shape::Other,
        },
        Expr::BooleanLiteral(literal) => Shape::Bool(literal.value),
        Expr::BinOp(operation) => match operation.op {
            Operator::Add => Shape::Add(boxed(&operation.left), boxed(&operation.right)),
            Operator::Mod => Shape::Mod(boxed(&operation.left), boxed(&operation.right)),
            _ => Shape::Other,
        },
        Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
            ([op @ (ast::CmpOp::Eq | ast::CmpOp::NotEq)], [right]) => {
                Shape::Equal(boxed(&compare.left), boxed(right), *op == ast::CmpOp::Eq)
            }
            _ => Shape::Other,
        },
        Expr::Tuple(tuple) => Shape::Tuple(tuple.elts.iter().map(inner).collect()),
        Expr::List(list) => Shape::List(list.elts.iter().map(inner).collect()),
        Expr::Dict(dict) => Shape::Dict(
            dict.items.iter().map(|item| (item.key.as_ref().map(inner), inner(&item.value))).collect(),
        ),
        _ => Shape::Other,
    }
}

fn arguments(text: &str, arguments: &ast::Arguments, depth: u32) -> Vec<Argument> {
    let positional = arguments.args.iter().map(|argument| match argument {
        Expr::Starred(starred) => Argument {
            passed: Passed::Spread,
            range: argument.range(),
            value: node(text, &starred.value, depth + 1),
        },
        _ => Argument {
            passed: Passed::Positional,
            range: argument.range(),
            value: node(text, argument, depth + 1),
        },
    });
    let named = arguments.keywords.iter().map(|keyword| Argument {
        passed: match &keyword.arg {
            Some(name) => Passed::Named(name.id.to_string()),
            None => Passed::Spread,
        },
        range: keyword.range(),
        value: node(text, &keyword.value, depth + 1),
    });
    let mut all: Vec<Argument> = positional.chain(named).collect();
    all.sort_by_key(|argument| argument.range.start());
    all
}

fn plain(literal: &ast::StringLiteral) -> Quoted {
    let inside = TextRange::new(
        literal.range.start() + literal.flags.opener_len(),
        (literal.range.end() - literal.flags.closer_len())
            .max(literal.range.start() + literal.flags.opener_len()),
    );
    let part = QuotedPart::Literal { range: inside, value: literal.value.to_string() };
    Quoted {
        range: literal.range,
        prefix: literal.flags.prefix().as_str().to_owned(),
        quotes: literal.flags.quote_str(),
        is_format: false,
        parts: if inside.is_empty() { Vec::new() } else { vec![part] },
    }
}

fn formatted(text: &str, format: &ast::FString, depth: u32) -> Quoted {
    let part = |element: &InterpolatedStringElement| match element {
        InterpolatedStringElement::Literal(literal) => {
            QuotedPart::Literal { range: literal.range, value: literal.value.to_string() }
        }
        InterpolatedStringElement::Interpolation(hole) => QuotedPart::Hole {
            range: hole.range,
            expression: node(text, &hole.expression, depth + 1),
            is_formatted: hole.debug_text.is_some()
                || hole.format_spec.is_some()
                || !hole.conversion.is_none(),
        },
    };
    Quoted {
        range: format.range,
        prefix: StringFlags::prefix(format.flags).as_str().to_owned(),
        quotes: format.flags.quote_str(),
        is_format: true,
        parts: format.elements.iter().map(part).collect(),
    }
}

/// A statement of the module body.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Where it stands.
    pub range: TextRange,
    /// What it is.
    pub kind: StatementKind,
}

/// The statements that the place of an import depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// The string at the beginning.
    Docstring,
    /// `import a.b as c, d`: the first module.
    Import(String),
    /// `from ..a import b`
    From {
        /// The module as written, without dots.
        module: String,
        /// How many dots.
        level: u32,
        /// The names that it takes.
        names: Vec<String>,
        /// Where the last of them ends, with its `as`.
        last: TextRange,
    },
    /// A function or class.
    Definition,
    /// `if`, `try`, `with`, a loop
    Compound,
    /// Another simple statement.
    Simple,
}

/// The statements of the module body, in order. Nothing if the text has syntax errors or could not be parsed.
pub fn statements(text: &str) -> Option<Vec<Statement>> {
    let mut found = None;
    let input = Input { text, cells: None, notebook: false };
    lower::with_tree(&input, |body, extras| {
        if extras.errors.is_empty() {
            found = Some(body.iter().enumerate().map(|(at, stmt)| statement(at, stmt)).collect());
        }
        (ModuleIr::default(), None)
    });
    found
}

fn statement(at: usize, stmt: &Stmt) -> Statement {
    let kind = match stmt {
        Stmt::Expr(expression) if at == 0 && expression.value.is_string_literal_expr() => {
            StatementKind::Docstring
        }
        Stmt::Import(import) => StatementKind::Import(
            import.names.first().map(|alias| alias.name.id.to_string()).unwrap_or_default(),
        ),
        Stmt::ImportFrom(from) => StatementKind::From {
            module: from.module.as_ref().map(|module| module.id.to_string()).unwrap_or_default(),
            level: from.level,
            names: from.names.iter().map(|alias| alias.name.id.to_string()).collect(),
            last: from.names.last().map_or(TextRange::empty(from.range.end()), Ranged::range),
        },
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) => StatementKind::Definition,
        Stmt::If(_) | Stmt::Try(_) | Stmt::With(_) | Stmt::For(_) | Stmt::While(_) | Stmt::Match(_) => {
            StatementKind::Compound
        }
        _ => StatementKind::Simple,
    };
    Statement { range: stmt.range(), kind }
}

/// The line that an offset is on: from its first byte to one past its line end.
pub fn line_of(text: &str, offset: TextSize) -> TextRange {
    let at = usize::from(offset).min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| at + end + 1);
    let size = |offset: usize| TextSize::try_from(offset).unwrap_or(TextSize::new(u32::MAX));
    TextRange::new(size(start), size(end))
}
