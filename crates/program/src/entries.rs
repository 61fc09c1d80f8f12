//! stub
use clearance_models::{PathId, flow::{Kinds, Origin}};
use crate::{ClassRef, FuncRef, Program};
/// How the outside world comes to call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// It answers requests.
    Route,
    /// The framework calls it around requests: middleware, hooks, error handlers.
    Hook,
    /// The framework calls it to make another handler's argument.
    Dependency,
    /// A resolver of a GraphQL schema.
    GraphQl,
    /// The whole application as a callable: WSGI, ASGI.
    Server,
    /// It takes messages: web sockets, events, queues.
    Message,
    /// A job of a task queue.
    Task,
    /// A function of a serverless platform.
    Lambda,
    /// A tool that a language model calls.
    Tool,
    /// A command of the command line.
    Command,
}

/// A function that the outside world can call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The function.
    pub function: FuncRef,
    /// How it is called.
    pub kind: EntryKind,
    /// By which framework.
    pub framework: &'static str,
    /// What its parameters are, by index. A parameter that is not listed does not come from the call: `self`, defaults, injected objects that
    /// nothing is known about.
    pub params: Vec<EntryParam>,
    /// The routes that it serves: positions in [`Program::routes`].
    pub routes: Vec<u32>,
}

impl EntryPoint {
    /// What a parameter is.
    pub fn param(&self, index: u32) -> Option<&ParamSource> {
        self.params.iter().find(|param| param.index == index).map(|param| &param.what)
    }
}

/// A parameter of an entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryParam {
    /// Which parameter (as in `Op::Param`).
    pub index: u32,
    /// What it is.
    pub what: ParamSource,
}

/// What a parameter of an entry point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamSource {
    /// Data from outside.
    Tainted {
        /// Where it comes from.
        origin: Origin,
        /// Kinds that its type or pattern rules out.
        not: Kinds,
        /// For people: what it is.
        note: &'static str,
    },
    /// An object whose class checks its fields (pydantic and the like): fields come from outside as far as their types allow, see
    /// [`Program::model_field`].
    Model {
        /// The class.
        class: ClassRef,
        /// Where the data comes from.
        origin: Origin,
    },
    /// An object of the framework.
    Instance(PathId),
    /// What another function gives: a dependency, itself an entry point.
    Returned(FuncRef),
    /// An object that the framework makes; the constructor is an entry point itself.
    Made(ClassRef),
    /// From outside, but of a type that is harmless everywhere: numbers, UUIDs, enumerations, dates.
    Clean,
}


impl Program {
    pub(crate) fn stub_entries(&self) -> Vec<EntryPoint> {
        let mut found = Vec::new();
        for route in self.routes() {
            for function in route.functions {
                let n = self.function(function).params.len() as u32;
                let params = (0..n).map(|index| EntryParam { index, what: ParamSource::Tainted { origin: Origin::Remote, not: Kinds::NONE, note: "path" } }).collect();
                found.push(EntryPoint { function, kind: EntryKind::Route, framework: "flask", params, routes: vec![] });
            }
        }
        found
    }
}
