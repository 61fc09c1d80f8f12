//! What a rule can listen for.

use clearance_finding::Rule;
use clearance_models::PathId;
use clearance_python::ir::{Block, Class, CompareOp, Func, HandlerBody, ImportId, Name, Span, Text, Value};
use clearance_template::{Element, Output};

use crate::{Cx, PageCx};

/// A rule and what it listens for.
pub struct CodeRule {
    /// Its metadata and page.
    pub rule: &'static Rule,
    /// What it listens for.
    pub listens: &'static [Listen],
    /// Further external paths that its check asks about with [`Cx::paths_of`] or [`Cx::is_instance`] (constants, classes of receivers). Paths of
    /// [`Listen::Call`] need not be repeated.
    pub paths: &'static [&'static str],
}

/// One kind of event, and the check to run on it.
#[derive(Clone, Copy)]
pub enum Listen {
    /// A call (or bare decoration) of one of these external paths, resolved through any aliasing: functions (`yaml.load`), constructors
    /// (`ssl.SSLContext`), methods of instances (`paramiko.SSHClient.exec_command`), built-ins (`builtins.eval`).
    Call(&'static [&'static str], fn(&mut Cx<'_, '_>, CallEvent)),
    /// Every call, whatever it calls. Prefer the two below, which cost nothing elsewhere.
    AnyCall(fn(&mut Cx<'_, '_>, CallEvent)),
    /// A call of whatever has one of these names as written ([`Cx::callee_name`]): `set_cookie`. The check is called for these at least.
    CallNamed(&'static [&'static str], fn(&mut Cx<'_, '_>, CallEvent)),
    /// A call with one of these keywords, whatever it calls. The check is called for these at least.
    CallWith(&'static [&'static str], fn(&mut Cx<'_, '_>, CallEvent)),
    /// An import of one of these modules or members (`xml.etree`, `Crypto.Cipher`): exact, or anything below it.
    Import(&'static [&'static str], fn(&mut Cx<'_, '_>, ImportEvent)),
    /// A string or bytes literal (docstrings left out) whose text the first function says yes to.
    Text(fn(&str) -> bool, fn(&mut Cx<'_, '_>, TextEvent)),
    /// A value gets a name: assignment to a variable, attribute or item, a dict entry, a keyword argument, a parameter's default. Prefer the two
    /// below, which cost nothing elsewhere.
    Store(fn(&mut Cx<'_, '_>, StoreEvent)),
    /// A value gets one of these names, of a variable, attribute, keyword or parameter, or as a literal key. The check is called for these at least.
    StoreNamed(Names, fn(&mut Cx<'_, '_>, StoreEvent)),
    /// A value is stored under a key that is not a literal: `config[NAME] = …`.
    StoreComputed(fn(&mut Cx<'_, '_>, StoreEvent)),
    /// A parameter has a default.
    Default(fn(&mut Cx<'_, '_>, StoreEvent)),
    /// A comparison.
    Compare(fn(&mut Cx<'_, '_>, CompareEvent)),
    /// An `assert`.
    Assert(fn(&mut Cx<'_, '_>, AssertEvent)),
    /// An exception handler.
    Handler(fn(&mut Cx<'_, '_>, HandlerEvent)),
    /// A function or lambda.
    Function(fn(&mut Cx<'_, '_>, FunctionEvent)),
    /// A class.
    Class(fn(&mut Cx<'_, '_>, ClassEvent)),
    /// String building: an f-string, `+` or `%` with a string on a side, or `.format`/`.join`/`.replace` on a string literal; the outermost instruction only.
    Building(fn(&mut Cx<'_, '_>, TextEvent)),
    /// A module, once; for checks on the text.
    Module(fn(&mut Cx<'_, '_>)),
    /// Something that a template shows.
    Output(fn(&mut PageCx<'_, '_>, &Output)),
    /// A start tag of a template with one of these names; where none is named, every one that has attributes.
    Element(&'static [&'static str], fn(&mut PageCx<'_, '_>, &Element)),
    /// A template, once.
    Page(fn(&mut PageCx<'_, '_>)),
}

/// Names that a rule cares about.
#[derive(Debug, Clone, Copy)]
pub enum Names {
    /// These.
    Exactly(&'static [&'static str]),
    /// Those that have one of these lower-case ASCII stems anywhere in them, in any case.
    WithStem(&'static [&'static str]),
}

impl Listen {
    /// The external paths that it names.
    pub fn paths(&self) -> impl Iterator<Item = &'static str> + use<> {
        match self {
            Self::Call(paths, _) => *paths,
            _ => &[],
        }
        .iter()
        .copied()
    }
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct CallEvent {
    /// The call instruction; its own result.
    pub value: Value,
    /// The function it stands in.
    pub function: Func,
    /// What is called; `None` only under [`Listen::AnyCall`] where it is not an external path of interest.
    pub path: Option<PathId>,
    /// What is called, as a value.
    pub callee: Value,
    /// The arguments.
    pub args: Span,
}

/// An import of a name.
#[derive(Debug, Clone, Copy)]
pub struct ImportEvent {
    /// The import.
    pub import: ImportId,
    /// The listened path that it matched.
    pub path: &'static str,
}

/// A literal, or a string being built.
#[derive(Debug, Clone, Copy)]
pub struct TextEvent {
    /// The instruction.
    pub value: Value,
    /// The function it stands in.
    pub function: Func,
    /// Its text, for a literal.
    pub text: Option<Text>,
}

/// A value gets a name.
#[derive(Debug, Clone, Copy)]
pub struct StoreEvent {
    /// What is assigned to.
    pub target: StoreTarget,
    /// What is assigned.
    pub value: Value,
    /// The function it stands in.
    pub function: Func,
    /// The instruction: the store, the dict display, the call, or the value where there is none.
    pub at: Value,
}

/// What is assigned to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StoreTarget {
    /// `name = …`
    Variable(Name),
    /// `base.name = …`
    Attribute(Value, Name),
    /// `base[key] = …`
    Item(Value, Value),
    /// `{key: …}`
    Entry(Value),
    /// `f(name=…)`
    Keyword(Name),
    /// `def f(name=…)`
    Default(Name),
}

/// A comparison.
#[derive(Debug, Clone, Copy)]
pub struct CompareEvent {
    /// The instruction.
    pub value: Value,
    /// The function it stands in.
    pub function: Func,
    /// The operator.
    pub op: CompareOp,
    /// Left operand.
    pub left: Value,
    /// Right operand.
    pub right: Value,
}

/// An `assert`.
#[derive(Debug, Clone, Copy)]
pub struct AssertEvent {
    /// What is asserted.
    pub test: Value,
    /// The function it stands in.
    pub function: Func,
    /// The statement.
    pub range: clearance_python::TextRange,
}

/// An exception handler.
#[derive(Debug, Clone, Copy)]
pub struct HandlerEvent {
    /// What it catches, or [`Value::NONE`].
    pub types: Value,
    /// What it does.
    pub body: HandlerBody,
    /// The function it stands in.
    pub function: Func,
    /// The handler.
    pub range: clearance_python::TextRange,
    /// The block that it begins in.
    pub block: Block,
}

/// A function.
#[derive(Debug, Clone, Copy)]
pub struct FunctionEvent {
    /// The function.
    pub function: Func,
}

/// A class.
#[derive(Debug, Clone, Copy)]
pub struct ClassEvent {
    /// The class.
    pub class: Class,
}
