//! What protects a route: found by what code does with the request that is being made, not by what it is called.
//!
//! Everything that stands between a request and a handler is a *layer*: a decorator, a hook, a class that the view derives from, a dependency, a setting of
//! the application, a check in the handler itself. A layer written by hand protects where no way through it reaches the handler without passing a test of
//! the user (or the token); `gate` decides that on the control flow.

mod application;
mod decorators;
mod django;
mod gate;
mod graph;
mod input;
mod known;
mod looks;
mod route;

pub(crate) use application::{decorated, is_aside};
pub(crate) use graph::{End, Graph};
pub(crate) use input::settle_uploads;
pub(crate) use route::routes;

use clearance_finding::{Protection, ProtectionStatus, Setting};
use clearance_program::{FuncRef, ModuleId, Program, Resolver, Site};
use clearance_python::{TextRange, ir::Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a route is protected against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Callers who are not known.
    Authentication,
    /// Callers who are known and may not.
    Authorisation,
    /// Requests that the user did not mean.
    Csrf,
    /// Too many requests.
    Rate,
}

/// External paths whose calls and values are asked about.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    known::paths().chain(input::paths())
}

/// A place in a module.
type Place = (ModuleId, TextRange);

/// One thing between a request and its handler.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    pub(crate) kind: Kind,
    pub(crate) status: ProtectionStatus,
    pub(crate) by: String,
    pub(crate) place: (ModuleId, TextRange),
    /// The HTTP methods that it is for; all, if empty.
    pub(crate) methods: Vec<String>,
}

/// What is found out, and remembered, about a program.
pub(crate) struct Judge<'p> {
    pub(crate) program: &'p Program,
    pub(crate) resolver: Resolver<'p>,
    /// The settings in force in production, as far as they are known.
    settings: &'p [Setting],
    looks: FxHashMap<Site, looks::Looks>,
    returns: FxHashMap<FuncRef, looks::Looks>,
    gates: FxHashMap<(FuncRef, gate::Part), Vec<gate::Gate>>,
    ending: FxHashMap<FuncRef, bool>,
    /// What decorators of the program do; one stands above many functions.
    own_decorators: FxHashMap<FuncRef, decorators::Decorated>,
    /// How deep the questions are in each other.
    nesting: u32,
    gate_nesting: u32,
    /// What functions take from requests.
    bodies: FxHashMap<FuncRef, std::rc::Rc<input::Body>>,
    body_nesting: u32,
    source_names: FxHashSet<&'p str>,
    /// A bound was hit, so the answers on the way are not kept.
    cut: bool,
}

impl<'p> Judge<'p> {
    pub(crate) fn new(program: &'p Program, settings: &'p [Setting]) -> Self {
        Self {
            program,
            settings,
            resolver: Resolver::new(program),
            looks: FxHashMap::default(),
            returns: FxHashMap::default(),
            gates: FxHashMap::default(),
            ending: FxHashMap::default(),
            own_decorators: FxHashMap::default(),
            nesting: 0,
            gate_nesting: 0,
            bodies: FxHashMap::default(),
            body_nesting: 0,
            source_names: input::source_names(program),
            cut: false,
        }
    }

    /// The external path of a value, as text.
    pub(crate) fn path(&mut self, site: Site) -> Option<&'p str> {
        let program = self.program;
        if site.value == Value::NONE {
            return None;
        }
        let found = self.resolver.paths(site).next().or_else(|| self.resolver.reads(site));
        found.map(|path| program.models.dotted(path))
    }

    /// The place of a value.
    fn place(&self, site: Site) -> (ModuleId, TextRange) {
        (site.module, self.program.range(site))
    }

    /// A protection as it is reported.
    fn protection(&self, layer: &Layer) -> Protection {
        let location = self.program.location(layer.place.0, layer.place.1);
        Protection {
            status: layer.status,
            by: layer.by.clone(),
            file: Some(location.path),
            line: Some(location.start.line),
        }
    }
}
