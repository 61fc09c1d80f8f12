//! Function-like bodies, and what they define: parameters, classes, imports, bindings.

use ruff_text_size::TextRange;

use super::{Class, Func, Name, Span, Text, Value};

/// A function-like body: module, class body, `def`, `lambda`.
#[derive(Debug)]
pub struct Function {
    /// Which kind of body.
    pub kind: FunctionKind,
    /// `name`; empty for the module and lambdas.
    pub name: Name,
    /// The body it is written in; `None` for the module.
    pub parent: Option<Func>,
    /// `async def`
    pub is_async: bool,
    /// Contains `yield`.
    pub is_generator: bool,
    /// The whole definition with decorators.
    pub range: TextRange,
    /// Just the name, or the definition where there is none.
    pub name_range: TextRange,
    /// The parameters, in the order of [`super::Op::Param`].
    pub params: Vec<Param>,
    /// The decorators, top to bottom; values of the parent.
    pub decorators: Vec<Value>,
    /// The return annotation; a value of the parent, or [`Value::NONE`].
    pub returns: Value,
    /// The docstring's text, if there is one.
    pub docstring: Option<Text>,
    /// Its instructions.
    pub insts: Span,
    /// Its blocks; the first is the entry.
    pub blocks: Span,
    /// Its part of [`super::ModuleIr::bindings`].
    pub bindings: Span,
}

/// The kinds of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// The module itself.
    Module,
    /// The body of a class.
    Class(Class),
    /// `def`, `async def`
    Def,
    /// `lambda`
    Lambda,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// How it can be passed.
    pub kind: ParamKind,
    /// Its default; a value of the parent, or [`Value::NONE`].
    pub default: Value,
    /// Its annotation; a value of the parent, or [`Value::NONE`].
    pub annotation: Value,
    /// Where it stands.
    pub range: TextRange,
}

/// How a parameter can be passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// Before `/`.
    PositionalOnly,
    /// Plain.
    Normal,
    /// `*args`
    Star,
    /// After `*`.
    KeywordOnly,
    /// `**kwargs`
    DoubleStar,
}

/// A class.
#[derive(Debug)]
pub struct ClassData {
    /// Its name.
    pub name: Name,
    /// Its body, whose bindings are the class attributes.
    pub body: Func,
    /// The body that it is written in.
    pub parent: Func,
    /// Bases and class keywords (`metaclass=…`); values of the parent.
    pub args: Span,
    /// Decorators, top to bottom; values of the parent.
    pub decorators: Vec<Value>,
    /// The whole definition.
    pub range: TextRange,
    /// Just the name.
    pub name_range: TextRange,
}

/// One name bound by an import statement.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// Dotted module as written, without leading dots (may be empty: `from . import x`).
    pub module: Text,
    /// Leading dots.
    pub level: u32,
    /// What it takes.
    pub what: Imported,
    /// The name that it binds; for `import a.b` without `as`, `a`. Meaningless for star imports.
    pub bound: Name,
    /// The alias in the statement (`a.b as c`).
    pub range: TextRange,
    /// The whole statement.
    pub statement: TextRange,
    /// The body it stands in.
    pub function: Func,
}

/// What an import takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// `import a.b`: binds the top package.
    Top,
    /// `import a.b as c`: binds the module itself.
    Module,
    /// `from a import b`: binds a member or submodule.
    Member(Name),
    /// `from a import *`
    Star,
}

/// One binding of a name outside plain SSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The name.
    pub name: Name,
    /// What it is bound to: a value of the function whose list this is in.
    pub value: Value,
    /// Whose name it is.
    pub scope: BindingScope,
}

/// Whose name a binding binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingScope {
    /// The body itself: module global, class attribute, or captured local.
    Own,
    /// The module's (`global`).
    Global,
    /// An enclosing function's (`nonlocal`).
    Enclosing,
}
