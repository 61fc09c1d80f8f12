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

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ruff_python_ast::{Expr, ExprLambda, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustc_hash::FxHashMap;

use crate::Input;
use crate::ir::{
    Arg, Binding, BindingScope, Func, Function, FunctionKind, ModuleIr, Name, Op, Part, Span, SyntaxError,
    Text, Value,
};

use crate::text::Interner;

use builder::{Builder, Var};
use exceptions::Frame;
use finish::{Begun, Finisher};
use scopes::Scopes;
pub use tree::PARSER_FAILED;
pub(crate) use tree::with_tree;

/// Nesting of statements and expressions beyond which a subtree is given up.
const DEEPEST: u32 = 20_000;
/// How many levels of nesting are gone down between looks at how much stack is left.
const LEVELS_PER_CHECK: u32 = 8;
/// Stack that must be left before the levels until the next look.
const RED_ZONE: usize = 256 * 1024;
/// Stack added when less is left.
const STACK: usize = 4 * 1024 * 1024;
/// The room of a module with more instructions than this is not kept for the next.
const LARGE: usize = 400_000;
/// A longer text is not parsed: positions and values are numbered with 31 bits.
const LONGEST: usize = i32::MAX as usize;

thread_local! {
    /// Room that lowering one module leaves to the next on the same thread.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lowers a module. Never panics, whatever the text; what could not be followed is said in [`ModuleIr::truncated`].
pub(crate) fn lower_module(input: Input<'_>) -> ModuleIr {
    if input.text.len() > LONGEST {
        return nothing(input.text, "the file is too long");
    }
    // A bug here must cost one file, not the run.
    let lowered = catch_unwind(AssertUnwindSafe(|| {
        with_tree(&input, |body, parsed| {
            let scratch = SCRATCH.take().unwrap_or_default();
            let mut lowering = Lowering::new(input.text, body, scratch);
            lowering.run();
            let comments = comments::comments(input.text, body, parsed.tokens);
            let depth = if lowering.gave_up { None } else { Some(lowering.deepest) };
            let mut ir = lowering.finish();
            ir.comments = comments;
            ir.errors = parsed.errors;
            (ir, depth)
        })
    }));
    lowered.unwrap_or_else(|_| nothing(input.text, "lowering failed"))
}

/// A module of which nothing is known.
fn nothing(text: &str, why: &'static str) -> ModuleIr {
    let mut lowering = Lowering::new("", &[], Box::default());
    lowering.run();
    let mut ir = lowering.finish();
    let end = TextSize::try_from(text.len()).unwrap_or(TextSize::new(u32::MAX));
    ir.errors.push(SyntaxError { range: TextRange::empty(end), message: why.to_owned() });
    ir.truncated = Some(why);
    ir
}

/// Everything that lowering needs room for.
#[derive(Debug, Default)]
struct Scratch {
    ir: ModuleIr,
    names: Interner,
    builder: Builder,
    finisher: Finisher,
    scopes: Scopes,
    values: Vec<Value>,
    args: Vec<Arg>,
    parts: Vec<Part>,
}

impl Scratch {
    /// What was lowered, copied to where it takes no more room than it needs.
    fn take_module(&mut self) -> ModuleIr {
        let ir = &mut self.ir;
        let module = ModuleIr {
            names: self.names.names(),
            texts: ir.texts.compact(),
            insts: ir.insts.as_slice().to_vec(),
            blocks: ir.blocks.as_slice().to_vec(),
            functions: ir.functions.drain(..).collect(),
            classes: ir.classes.drain(..).collect(),
            imports: ir.imports.as_slice().to_vec(),
            lists: ir.lists.as_slice().to_vec(),
            args: ir.args.as_slice().to_vec(),
            parts: ir.parts.as_slice().to_vec(),
            bindings: ir.bindings.as_slice().to_vec(),
            facts: ir.facts.as_slice().to_vec(),
            annotations: ir.annotations.as_slice().to_vec(),
            comments: Vec::new(),
            errors: Vec::new(),
            long_statements: ir.long_statements.as_slice().to_vec(),
            exports: ir.exports.take(),
            truncated: ir.truncated.take(),
        };
        ir.texts.clear();
        ir.insts.clear();
        ir.blocks.clear();
        ir.imports.clear();
        ir.lists.clear();
        ir.args.clear();
        ir.parts.clear();
        ir.bindings.clear();
        ir.facts.clear();
        ir.annotations.clear();
        ir.long_statements.clear();
        module
    }
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
    names: Interner,
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
    fn new(text: &'a str, body: &'a [Stmt], scratch: Box<Scratch>) -> Self {
        let Scratch { mut ir, mut names, builder, finisher, mut scopes, values, args, parts } = *scratch;
        names.start();
        scopes.start(text);
        let name = names.intern("");
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
            names,
            builder,
            finisher,
            scopes,
            bodies: vec![(Body::Module(body), 0)],
            func: Func(0),
            kind: FunctionKind::Module,
            frames: Vec::new(),
            spine: Vec::new(),
            values,
            args,
            parts,
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

    /// Hands out the module and leaves the room for the next one.
    fn finish(self) -> ModuleIr {
        let mut scratch = Scratch {
            ir: self.ir,
            names: self.names,
            builder: self.builder,
            finisher: self.finisher,
            scopes: self.scopes,
            values: self.values,
            args: self.args,
            parts: self.parts,
        };
        let module = scratch.take_module();
        if module.insts.len() <= LARGE {
            SCRATCH.set(Some(Box::new(scratch)));
        }
        module
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
        // Ordinary code takes less than a step per byte to merge variables; quadratic cases are cut off.
        self.builder.start(128 * 1024 + 8 * i64::from(u32::from(range.len())));
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
        let result = if self.depth.is_multiple_of(LEVELS_PER_CHECK) {
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
