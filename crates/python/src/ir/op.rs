//! What instructions do.

use super::{Class, Func, ImportId, Name, Span, Text, Value};

/// What an instruction does. Operands are values of the same function, except where a variant says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "each variant's sentence names its operands")]
pub enum Op {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An integer that fits.
    Int(i32),
    /// An integer that does not, in decimal or as written.
    BigInt(Text),
    /// A float as written.
    Float(Text),
    /// An imaginary number as written.
    Complex(Text),
    /// A string literal (adjacent literals joined).
    Str(Text),
    /// A bytes literal, one `char` in `U+0000..=U+00FF` per byte.
    Bytes(Text),
    /// The `index`-th parameter of the function.
    Param(u32),
    /// Read of a module-level or built-in name; in a module or class body, of a name that is not (or not on every path) bound there yet.
    Global(Name),
    /// Read of a variable that an enclosing function binds.
    Free(Name),
    /// A local variable that is unbound here on some path.
    Unbound(Name),
    /// The object that an import statement binds.
    Import(ImportId),
    /// `base.name`
    Attr { base: Value, name: Name },
    /// `base[key]`
    Item { base: Value, key: Value },
    /// `lower:upper:step` as a key; three entries of `lists`, each possibly [`Value::NONE`].
    Slice(Span),
    /// `base.name = value`
    StoreAttr { base: Value, name: Name, value: Value },
    /// `base[key] = value`
    StoreItem { base: Value, key: Value, value: Value },
    /// `name = value` where the name lives outside SSA: module or class body, `global`, `nonlocal`, or captured by a nested function.
    StoreName { name: Name, value: Value },
    /// The local variable `name` of a function now names `value`: emitted after every binding of a plain local (assignment, walrus, loop target, `with`, `except`,
    /// unpacking), so that rules can speak of variables by name. Has no effect and no uses. In module and class bodies [`Op::StoreName`] tells the same.
    Bind { name: Name, value: Value },
    /// `del base.name`
    DeleteAttr { base: Value, name: Name },
    /// `del base[key]`
    DeleteItem { base: Value, key: Value },
    /// `del name`
    DeleteName(Name),
    /// `callee(args…)`
    Call { callee: Value, args: Span },
    /// `@decorator` applied to the value below it (a function, a class, or another decoration).
    Decorate { decorator: Value, target: Value },
    /// `left op right`; `in_place` for augmented assignment.
    Binary { op: BinaryOp, in_place: bool, left: Value, right: Value },
    /// `op value`
    Unary { op: UnaryOp, value: Value },
    /// One comparison; a chain becomes several with control flow between.
    Compare { op: CompareOp, left: Value, right: Value },
    /// f-string: `parts`.
    Format(Span),
    /// t-string: `parts`.
    Template(Span),
    /// Tuple display; `lists`.
    Tuple(Span),
    /// List display; `lists`.
    List(Span),
    /// Set display; `lists`.
    Set(Span),
    /// Dict display; `lists`, key and value in turn, key [`Value::NONE`] for `**mapping`.
    Dict(Span),
    /// `*value` as an element of a display.
    Starred(Value),
    /// The collection that a comprehension (inlined as a loop) builds; its element is `element`, for dicts with `key`
    /// ([`Value::NONE`] for `**mapping`). Stands after the loop and refers to values of the loop's body: of all operands, only these do not
    /// dominate their use.
    Collect { kind: CollectKind, element: Value, key: Value },
    /// The next element of an iterable, at a loop head.
    Element { iterable: Value, is_async: bool },
    /// The `index`-th item of an unpacked value; negative counts from the end.
    Unpack { value: Value, index: i32 },
    /// The starred rest of an unpacked value: without the first `before` and the last `after` items.
    UnpackRest { value: Value, before: u32, after: u32 },
    /// What `with manager` binds (`__enter__`).
    Enter { manager: Value, is_async: bool },
    /// The exception that a handler caught; `types` is the handler's expression or [`Value::NONE`].
    Caught { types: Value },
    /// `await value`
    Await(Value),
    /// `yield value` ([`Value::NONE`] for a bare one); the instruction's own value is what `send` passes.
    Yield(Value),
    /// `yield from value`
    YieldFrom(Value),
    /// A function object made here.
    Function(Func),
    /// A class object made here.
    Class(Class),
    /// Merge at the head of a block: one entry of `lists` per predecessor, in the order of [`super::BlockData::preds`].
    Phi(Span),
    /// `value` on the edge where `condition` is `truth`: same value, but later phases may know more about it. Made for local variables that
    /// the condition mentions (by name, as an operand of a comparison, an argument or the receiver of a call), but not for the `self` or
    /// `cls` of a method; what a condition inside an expression says does not outlast the expression.
    Sigma { value: Value, condition: Value, truth: bool },
    /// A test that a pattern makes. Items of a sequence pattern and positional sub-patterns of a class pattern are [`Op::Unpack`] of the
    /// subject; which length is the right one is not recorded.
    Match { test: PatternTest, subject: Value, operand: Value },
    /// `return value` ([`Value::NONE`] for a bare one); last of its block.
    Return(Value),
    /// `raise exception from cause`; last of its block. Also ends the failing side of an `assert`.
    Raise { exception: Value, cause: Value },
    /// A value that syntax errors or unsupported constructs (IPython magics) left unknown.
    Unknown,
}

/// Binary operators, as in the `ast` module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of Python's ast module")]
pub enum BinaryOp {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    Mod,
    Pow,
    LShift,
    RShift,
    BitOr,
    BitXor,
    BitAnd,
    FloorDiv,
}

/// Unary operators, as in the `ast` module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of Python's ast module")]
pub enum UnaryOp {
    Invert,
    Not,
    UAdd,
    USub,
}

/// Comparison operators, as in the `ast` module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of Python's ast module")]
pub enum CompareOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

/// What a comprehension builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of Python's types")]
pub enum CollectKind {
    List,
    Set,
    Dict,
    Generator,
}

/// A test that a `match` pattern makes on its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatternTest {
    /// Is a sequence of the right length; no operand.
    Sequence,
    /// Is a mapping; no operand.
    Mapping,
    /// Is an instance of the operand.
    Class,
    /// Has the operand as a key.
    Key,
}
