//! From the text of a module to its [`ModuleIr`]: parse, lower body after body, drop the tree.
//!
//! The module body comes first; the bodies that it defines wait in a queue and follow in the order of their definitions, so each function's
//! instructions, blocks and bindings are contiguous and in ascending order of functions.

mod builder;
mod comments;
mod comprehension;
mod conditions;
mod control;
mod definitions;
mod exceptions;
mod expressions;
mod finish;
mod imports;
mod patterns;
mod scan;
mod scopes;
mod statements;
mod strings;
mod targets;
mod tree;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ruff_python_ast::{Expr, ExprLambda, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustc_hash::FxHashMap;

use crate::Input;
use crate::ir::{
    Arg, Binding, BindingScope, Func, Function, FunctionKind, ModuleIr, Name, Op, Part, Span, SyntaxError,
    Text, Value,
};

use builder::{Builder, Var};
use exceptions::Frame;
use finish::{Begun, Finisher};
use scopes::Scopes;

/// Nesting of statements and expressions beyond which a subtree is given up.
const DEEPEST: u32 = 20_000;
/// Stack that must be left before some more levels of nesting.
const RED_ZONE: usize = 256 * 1024;
/// Stack added when less is left.
const STACK: usize = 4 * 1024 * 1024;
/// A longer text is not parsed: positions and values are numbered with 31 bits.
const LONGEST: usize = i32::MAX as usize;

/// Lowers a module. Never panics, whatever the text; what could not be followed is said in [`ModuleIr::truncated`].
pub(crate) fn lower_module(input: Input<'_>) -> ModuleIr {
    if input.text.len() > LONGEST {
        return empty(input.text, "the file is too long");
    }
    // The parser is other people's code and large: a bug in it must cost one file, not the run.
    let lowered = catch_unwind(AssertUnwindSafe(|| {
        tree::with_tree(&input, |body, parsed| {
            let mut lowering = Lowering::new(input.text, body);
            lowering.run();
            lowering.ir.errors = parsed.errors;
            lowering.comments(body, parsed.tokens);
            let deepest = if lowering.gave_up { None } else { Some(lowering.deepest) };
            let mut ir = lowering.ir;
            shrink(&mut ir);
            (ir, deepest)
        })
    }));
    lowered.unwrap_or_else(|_| empty(input.text, "the parser failed"))
}

/// A module of which nothing is known.
fn empty(text: &str, why: &'static str) -> ModuleIr {
    let mut lowering = Lowering::new("", &[]);
    lowering.run();
    let mut ir = lowering.ir;
    let end = TextSize::try_from(text.len()).unwrap_or(TextSize::new(u32::MAX));
    ir.errors.push(SyntaxError { range: TextRange::empty(end), message: why.to_owned() });
    ir.truncated = Some(why);
    ir
}

fn shrink(ir: &mut ModuleIr) {
    ir.names.shrink();
    ir.texts.shrink();
    ir.insts.shrink_to_fit();
    ir.blocks.shrink_to_fit();
    ir.functions.shrink_to_fit();
    ir.classes.shrink_to_fit();
    ir.imports.shrink_to_fit();
    ir.lists.shrink_to_fit();
    ir.args.shrink_to_fit();
    ir.parts.shrink_to_fit();
    ir.bindings.shrink_to_fit();
    ir.facts.shrink_to_fit();
    ir.annotations.shrink_to_fit();
    ir.comments.shrink_to_fit();
    ir.long_statements.shrink_to_fit();
}

/// Forgets bindings of a function's own names, which nothing else can see.
fn drop_own(bindings: &mut Vec<Binding>, start: usize) {
    let mut kept = start;
    for at in start..bindings.len() {
        if bindings[at].scope != BindingScope::Own {
            bindings[kept] = bindings[at];
            kept += 1;
        }
    }
    bindings.truncate(kept);
}

/// A body that waits to be lowered.
#[derive(Debug, Clone, Copy)]
enum Body<'a> {
    Module(&'a [Stmt]),
    Def(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
    Class(&'a StmtClassDef),
}

/// The state of lowering one module.
struct Lowering<'a> {
    text: &'a str,
    ir: ModuleIr,
    builder: Builder,
    finisher: Finisher,
    scopes: Scopes,
    /// The bodies, by function, and how deep in the tree each is.
    bodies: Vec<(Body<'a>, u32)>,
    func: Func,
    kind: FunctionKind,
    /// Loops and `finally` clauses around the current statement.
    frames: Vec<Frame>,
    /// Expressions whose first operand is being lowered.
    spine: Vec<&'a Expr>,
    values: Vec<Value>,
    args: Vec<Arg>,
    parts: Vec<Part>,
    /// Nesting inside the current body.
    depth: u32,
    /// How deep in the tree the current body is.
    base_depth: u32,
    deepest: u32,
    gave_up: bool,
    /// How many `finally` bodies are around the current statement.
    finally_depth: u32,
    /// Bytes of `finally` bodies that may still be lowered more than once.
    copy_budget: i64,
    /// The current statements were lowered before: only instructions are wanted.
    is_copy: bool,
    /// What the first copy of a `finally` body defined, by start.
    defined: FxHashMap<TextSize, u32>,
    /// The function defines others, so that its variables can be captured.
    has_nested: bool,
    /// Variables from here on are not names of the scope (comprehensions).
    first_temporary: Var,
    comprehensions: u32,
    /// The names of the comprehensions' variables.
    hidden: Vec<Name>,
    /// The first parameter of a method, which conditions do not refine.
    receiver: Option<Var>,
    /// The `assert` whose condition is being lowered: its range, and where it goes if it holds and if not.
    asserting: Option<(TextRange, builder::Join, builder::Join)>,
    exports: imports::Exports,
}

impl<'a> Lowering<'a> {
    fn new(text: &'a str, body: &'a [Stmt]) -> Self {
        let mut ir = ModuleIr::default();
        // Typical sizes; they spare growing step by step.
        ir.insts.reserve(text.len() / 14);
        ir.lists.reserve(text.len() / 40);
        let name = ir.names.intern("");
        let range = TextRange::up_to(TextSize::try_from(text.len()).unwrap_or_default());
        ir.functions.push(Function {
            kind: FunctionKind::Module,
            name,
            parent: None,
            is_async: false,
            is_generator: false,
            range,
            name_range: range,
            params: Vec::new(),
            decorators: Vec::new(),
            returns: Value::NONE,
            docstring: None,
            insts: Span::default(),
            blocks: Span::default(),
            bindings: Span::default(),
        });
        Self {
            text,
            ir,
            builder: Builder::default(),
            finisher: Finisher::default(),
            scopes: Scopes::new(text),
            bodies: vec![(Body::Module(body), 0)],
            func: Func(0),
            kind: FunctionKind::Module,
            frames: Vec::new(),
            spine: Vec::new(),
            values: Vec::new(),
            args: Vec::new(),
            parts: Vec::new(),
            depth: 0,
            base_depth: 0,
            deepest: 0,
            gave_up: false,
            finally_depth: 0,
            copy_budget: 2 * text.len() as i64 + 64 * 1024,
            is_copy: false,
            defined: FxHashMap::default(),
            has_nested: false,
            first_temporary: Var(0),
            comprehensions: 0,
            hidden: Vec::new(),
            receiver: None,
            asserting: None,
            exports: imports::Exports::default(),
        }
    }

    fn run(&mut self) {
        let mut next = 0;
        while let Some((body, depth)) = self.bodies.get(next).copied() {
            self.function(Func(next as u32), body, depth);
            next += 1;
        }
        self.ir.exports = std::mem::take(&mut self.exports).known();
    }

    /// Lowers one body.
    fn function(&mut self, func: Func, body: Body<'a>, depth: u32) {
        let range = self.ir.functions[func.index()].range;
        self.func = func;
        self.base_depth = depth;
        self.kind = self.ir.functions[func.index()].kind;
        self.has_nested = false;
        self.receiver = None;
        // Merging variables takes a few steps per byte of ordinary code; quadratic cases are cut off.
        self.builder.start(256 * 1024 + 32 * i64::from(u32::from(range.len())));
        self.scopes.enter();
        let begun = Begun::here(&self.ir);
        match body {
            Body::Module(body) => {
                self.scan_statements(body);
                self.start_body();
                self.documented(body);
            }
            Body::Class(class) => {
                self.bind_type_parameters(class.type_params.as_deref());
                self.scan_statements(&class.body);
                self.start_body();
                self.documented(&class.body);
            }
            Body::Def(def) => {
                self.bind_parameters();
                self.bind_type_parameters(def.type_params.as_deref());
                self.scan_statements(&def.body);
                self.start_body();
                self.documented(&def.body);
            }
            Body::Lambda(lambda) => {
                self.bind_parameters();
                self.scan_expression(&lambda.body);
                self.start_body();
                let value = self.expr(&lambda.body);
                self.builder.emit(Op::Return(value), lambda.body.range());
                self.builder.exit();
            }
        }
        if self.builder.degraded {
            self.ir.truncated = Some("too many merges of variables");
        }
        let is_function = matches!(self.kind, FunctionKind::Def | FunctionKind::Lambda);
        if is_function && !self.has_nested {
            drop_own(&mut self.ir.bindings, begun.bindings());
        }
        self.finisher.finish(&mut self.builder, &mut self.ir, begun, func);
        let start = begun.bindings() as u32;
        self.ir.functions[func.index()].bindings = Span { start, len: self.ir.bindings.len() as u32 - start };
        self.scopes.leave(self.has_nested, is_function);
    }

    /// The scope's names are known: later variables are temporary.
    fn start_body(&mut self) {
        self.first_temporary = Var(self.builder.entry_ops.len() as u32);
    }

    /// Lowers the statements of a body but for its docstring.
    fn documented(&mut self, body: &'a [Stmt]) {
        let mut rest = body;
        if let Some((Stmt::Expr(first), others)) = body.split_first()
            && let Expr::StringLiteral(text) = &*first.value
        {
            let docstring: Text = self.literal(&text.value);
            self.ir.functions[self.func.index()].docstring = Some(docstring);
            self.long_statement(first.range);
            rest = others;
        }
        self.statements(rest);
    }

    /// Goes one level deeper, on more stack if need be. Nothing if that is too deep.
    fn deeper<R>(&mut self, lower: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.depth >= DEEPEST {
            self.gave_up = true;
            self.ir.truncated = Some("too deeply nested");
            return None;
        }
        self.depth += 1;
        let result = if self.depth.is_multiple_of(16) {
            stacker::maybe_grow(RED_ZONE, STACK, || lower(self))
        } else {
            lower(self)
        };
        self.depth -= 1;
        Some(result)
    }

    /// Remembers how deep the tree is, for dropping it: `more` levels below the current one, and those of the chains around it.
    fn note_depth(&mut self, more: u32) {
        self.deepest = self.deepest.max(self.tree_depth() + more);
    }

    /// How deep in the tree the current place is.
    fn tree_depth(&self) -> u32 {
        self.base_depth + self.depth + self.spine.len() as u32
    }
}
