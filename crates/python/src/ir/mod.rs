//! The compact form of one module that every later phase works on.
//!
//! All functions of a module share the module's arenas, so a [`Value`] alone says which instruction it is. A function owns a
//! contiguous range of instructions and of blocks; within it, instructions stand in program order: except for phis, an operand's
//! definition stands before its uses. Blocks stand in the order in which they were filled: forward edges lead to later blocks.
//!
//! The body of a `finally` clause is lowered once for each way into it, so several instructions can come from the same place; facts,
//! annotations, imports, functions and classes in it are recorded once.

mod body;
mod op;

pub use body::{
    Binding, BindingScope, ClassData, Function, FunctionKind, Import, Imported, Param, ParamKind,
};
pub use op::{BinaryOp, CollectKind, CompareOp, Op, PatternTest, UnaryOp};

use ruff_text_size::TextRange;

use crate::text::{Names, Texts};

macro_rules! index {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the arena.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index! {
    /// An SSA value: the instruction that defines it, in [`ModuleIr::insts`].
    Value
}
index! {
    /// A basic block, in [`ModuleIr::blocks`].
    Block
}
index! {
    /// A function-like body, in [`ModuleIr::functions`]. `Func(0)` is the module body.
    Func
}
index! {
    /// A class, in [`ModuleIr::classes`].
    Class
}
index! {
    /// An imported name, in [`ModuleIr::imports`].
    ImportId
}
index! {
    /// An identifier, in [`ModuleIr::names`].
    Name
}
index! {
    /// A piece of literal text, in [`ModuleIr::texts`].
    Text
}

impl Value {
    /// Stands for an operand that is not there (a missing slice bound, `**mapping` in a dict display).
    pub const NONE: Self = Self(u32::MAX);

    /// The value, or nothing for [`Value::NONE`].
    pub fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// A range of one of the side arenas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First element.
    pub start: u32,
    /// How many.
    pub len: u32,
}

impl Span {
    /// As an index range.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// One module.
#[derive(Debug, Default)]
pub struct ModuleIr {
    /// Interned identifiers.
    pub names: Names,
    /// Literal text: strings (UTF-8), bytes (as Latin-1 text), long numbers (as written).
    pub texts: Texts,
    /// All instructions.
    pub insts: Vec<Inst>,
    /// All blocks.
    pub blocks: Vec<BlockData>,
    /// The function-like bodies; `[0]` is the module body.
    pub functions: Vec<Function>,
    /// The classes.
    pub classes: Vec<ClassData>,
    /// The imported names, one entry each.
    pub imports: Vec<Import>,
    /// Operand lists of displays and phis.
    pub lists: Vec<Value>,
    /// Call arguments.
    pub args: Vec<Arg>,
    /// Parts of f- and t-strings.
    pub parts: Vec<Part>,
    /// Bindings of names outside plain SSA, in program order within each function: names of the module body, of class bodies, names declared
    /// `global` or `nonlocal`, and locals that a nested function captures. See [`Function::bindings`].
    pub bindings: Vec<Binding>,
    /// What the syntax alone tells and the instructions do not.
    pub facts: Vec<SyntaxFact>,
    /// Annotations of variables and attributes (`name: type`), in program order within each function.
    pub annotations: Vec<Annotation>,
    /// Comments that may be directives (for this or another tool).
    pub comments: Vec<Comment>,
    /// Syntax errors; what parsed around them is lowered.
    pub errors: Vec<SyntaxError>,
    /// Ranges of statements that span several lines, innermost findable by containment; compound statements count with their header only.
    pub long_statements: Vec<TextRange>,
    /// Names in `__all__`, when it is a display of literals (with `+=`, `extend` and `append` of literals followed).
    pub exports: Option<Vec<Name>>,
    /// A bound was hit (nesting, size): which.
    pub truncated: Option<&'static str>,
}

/// An instruction and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// The expression or statement it was lowered from.
    pub range: TextRange,
}

/// An argument of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arg {
    /// How it is passed.
    pub kind: ArgKind,
    /// What is passed.
    pub value: Value,
}

/// How an argument is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// `f(value)`
    Positional,
    /// `f(*value)`
    Star,
    /// `f(name=value)`
    Keyword(Name),
    /// `f(**value)`
    DoubleStar,
}

/// A part of an f- or t-string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's sentence names its operands")]
pub enum Part {
    /// Literal text.
    Text(Text),
    /// `{value!conversion:spec}`; the conversion is `'s'`, `'r'`, `'a'` or `'\0'` for none.
    Value { value: Value, conversion: char, spec: Value },
}

/// A basic block.
#[derive(Debug, Clone)]
pub struct BlockData {
    /// Its instructions but phis, contiguous.
    pub insts: Span,
    /// Its phis, in [`ModuleIr::insts`] but outside `insts` above; a part of [`ModuleIr::lists`].
    pub phis: Span,
    /// Predecessors; a part of [`ModuleIr::lists`] read as block numbers. Edges that exceptions take count and stand only here: from
    /// the inside of a `try` to its dispatch block, from that to each handler but the first (to which it jumps) and to whatever handles
    /// what no handler caught. The copy of a `finally` body that exceptions take ends in `Raise` without operands.
    pub preds: Span,
    /// How it ends.
    pub end: Terminator,
}

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminator {
    /// Goes on at one block.
    Jump(Block),
    /// Two ways, by the truth of a value.
    Branch {
        /// What decides.
        condition: Value,
        /// Where it is true.
        then: Block,
        /// Where it is false.
        otherwise: Block,
    },
    /// A loop over an iterable: another element, or done.
    Loop {
        /// Next element.
        body: Block,
        /// No more.
        done: Block,
    },
    /// Leaves the function: return, raise, or the end of the body.
    Exit,
    /// Never reached.
    Unreachable,
}

/// What the syntax alone tells.
#[derive(Debug, Clone, Copy)]
pub struct SyntaxFact {
    /// Which.
    pub kind: FactKind,
    /// Where.
    pub range: TextRange,
    /// In which body.
    pub function: Func,
    /// In which block it starts.
    pub block: Block,
}

/// The kinds of syntax facts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FactKind {
    /// An `assert` on a value. One for each condition that the test branches on, all with the statement's range.
    Assert(Value),
    /// An exception handler.
    Handler {
        /// What it catches: the expression's value, or [`Value::NONE`] for a bare `except:`.
        types: Value,
        /// What it does.
        body: HandlerBody,
    },
}

/// What an exception handler's body amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerBody {
    /// Nothing: `pass`, `...`, or a string.
    Pass,
    /// Only `continue`.
    Continue,
    /// Something.
    Other,
}

/// An annotated assignment, with or without a value: of a variable, a class attribute (the fields of data classes) or `base.name`.
#[derive(Debug, Clone, Copy)]
pub struct Annotation {
    /// The body that it stands in; its values are values of that body.
    pub function: Func,
    /// `base` of `base.name: type`; [`Value::NONE`] for a plain name.
    pub base: Value,
    /// The variable or attribute.
    pub name: Name,
    /// The type.
    pub annotation: Value,
    /// What is assigned, or [`Value::NONE`].
    pub value: Value,
    /// The whole statement.
    pub range: TextRange,
}

/// A comment that may be a directive.
#[derive(Debug, Clone, Copy)]
pub struct Comment {
    /// From `#` to the end of the line.
    pub range: TextRange,
    /// The smallest simple statement or compound header on whose lines it stands, else the next statement below; the comment itself if there is none.
    pub statement: TextRange,
    /// Nothing but white space before it on its line.
    pub own_line: bool,
}

/// A place where the text is not Python.
#[derive(Debug, Clone)]
pub struct SyntaxError {
    /// Where.
    pub range: TextRange,
    /// What the parser says.
    pub message: String,
}

impl ModuleIr {
    /// The instruction that defines a value.
    pub fn inst(&self, value: Value) -> Inst {
        self.insts[value.index()]
    }

    /// The operation that defines a value.
    pub fn op(&self, value: Value) -> Op {
        self.insts[value.index()].op
    }

    /// A part of the operand lists.
    pub fn list(&self, span: Span) -> &[Value] {
        &self.lists[span.range()]
    }

    /// The arguments of a call or class.
    pub fn args(&self, span: Span) -> &[Arg] {
        &self.args[span.range()]
    }

    /// The parts of an f- or t-string.
    pub fn parts(&self, span: Span) -> &[Part] {
        &self.parts[span.range()]
    }

    /// The text of a name.
    pub fn name(&self, name: Name) -> &str {
        self.names.get(name)
    }

    /// The text of a literal.
    pub fn text(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    /// The values of a function's instructions, in program order.
    pub fn values(&self, function: Func) -> impl Iterator<Item = Value> + use<> {
        let span = self.functions[function.index()].insts;
        (span.start..span.start + span.len).map(Value)
    }

    /// The bindings that a function makes outside SSA.
    pub fn bindings(&self, function: Func) -> &[Binding] {
        &self.bindings[self.functions[function.index()].bindings.range()]
    }

    /// The function whose instructions a value is among.
    pub fn function_of(&self, value: Value) -> Func {
        let after = self.functions.partition_point(|function| function.insts.start <= value.0);
        // Bodies without instructions share their start with the next one; the last that starts here owns it.
        Func(after.saturating_sub(1) as u32)
    }

    /// The block of `function` in which a value is defined. Phis belong to the block that lists them.
    pub fn block_of(&self, function: Func, value: Value) -> Option<Block> {
        let blocks = self.functions[function.index()].blocks;
        let range = blocks.start..blocks.start + blocks.len;
        range.map(Block).find(|block| {
            let data = &self.blocks[block.index()];
            let own = data.insts.start <= value.0 && value.0 < data.insts.start + data.insts.len;
            own || self.list(data.phis).contains(&value)
        })
    }

    /// Bytes held by the arenas.
    pub fn memory(&self) -> usize {
        use std::mem::size_of;
        self.insts.capacity() * size_of::<Inst>()
            + self.blocks.capacity() * size_of::<BlockData>()
            + self.functions.capacity() * size_of::<Function>()
            + (self.lists.capacity() + self.args.capacity()) * size_of::<Arg>()
            + self.bindings.capacity() * size_of::<Binding>()
            + self.names.memory()
            + self.texts.memory()
    }
}

const _: () = assert!(size_of::<Inst>() <= 24);
