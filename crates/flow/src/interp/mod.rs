//! The interpreter: runs a function over abstract values.
//!
//! One run goes over the blocks in program order, follows only branches that can be taken, and repeats until nothing changes. What is learnt of a
//! function with unknown arguments is its [`Summary`]; small functions that are given constants, callables or objects are run again with just these.

mod answers;
mod args;
mod attribute;
mod builtin;
mod call;
mod conditions;
mod container;
mod container_methods;
mod external;
mod facts;
mod filters;
mod frame;
mod globals;
mod judge;
mod learn_call;
mod method;
mod objects;
mod ops;
mod page_context;
mod page_values;
mod pages;
mod refine;
mod regex;
mod shared;
mod sinks;
mod summary;
mod templates;
mod texts;

use std::sync::Arc;

use clearance_models::flow::FlowModels;
use clearance_program::{FuncRef, Program, Resolver, Site};
use clearance_python::ir::{ModuleIr, Value};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use builtin::{BUILTINS, Builtin};
pub(crate) use call::AS_TEXT;
pub(crate) use external::MADE_WITH;
pub(crate) use facts::Refine;
pub(crate) use frame::Frame;
pub(crate) use judge::{Decision, Hit, Judged, harms, judge};
pub(crate) use page_context::generic_views;
pub(crate) use regex::Match;
pub(crate) use shared::Shared;
pub(crate) use sinks::{DIGESTS, names_key, names_secret};
pub(crate) use summary::Summary;
pub(crate) use templates::shown_by;

use frame::Body;

use crate::graph::Graph;
use crate::heap::{Heap, Kind, ObjId, Object};
use crate::known::Known;
use crate::value::{Atom, Val};

/// Instructions that one summary may run in called functions.
const FUEL: u32 = 800;
/// Calls inside calls that are run with their own arguments.
const MAX_DEPTH: u32 = 3;
/// Instructions of a function that is still run for its own arguments.
const MAX_INLINE: u32 = 150;

/// Analyses functions. Holds what was learnt so far. Where functions call one another in ways that only a run shows, an answer may depend on
/// which was asked first; such answers stay in the engine, and engines are given fixed shares of the program, whatever the number of threads.
pub(crate) struct Engine<'p> {
    pub(crate) program: &'p Program,
    pub(crate) flow: &'p FlowModels,
    pub(crate) known: &'p Known,
    pub(crate) graph: &'p Graph<'p>,
    pub(crate) resolver: Resolver<'p>,
    /// Summaries that any engine would make alike.
    pub(crate) shared: &'p Shared,
    /// Summaries that rest on what was assumed of functions that were being summarised further out.
    summaries: FxHashMap<FuncRef, Arc<Summary>>,
    /// The outermost function in the making that something was assumed of.
    leans_on: usize,
    /// Something was used that rests on assumptions.
    provisional: bool,
    bodies: FxHashMap<FuncRef, Arc<Body>>,
    /// Functions whose summary is being made, outermost first, with what is assumed of them meanwhile.
    active: Vec<(FuncRef, Option<Arc<Summary>>)>,
    arena: Arena,
    fuel: u32,
    /// Functions that are being run inside this summary.
    running: Vec<FuncRef>,
    /// Functions in which a bound was hit.
    pub(crate) truncated: FxHashSet<FuncRef>,
    /// The path of the requests that the running entry point answers, where its route says so.
    pub(crate) request_path: Option<Val>,
    /// Calls of the program's own functions are not followed.
    shallow: bool,
    /// An entry point runs with what the outside world passes.
    pub(crate) entry_run: bool,
    /// Entry points: what happens there is told from their own run.
    pub(crate) entries: &'p FxHashSet<FuncRef>,
    /// Sinks that were reached, with the rule: the worst that runs with unknown arguments saw there.
    pub(crate) decided: FxHashMap<(Site, Box<str>), Decision>,
    /// The same for runs with a caller's arguments.
    pub(crate) decided_inside: FxHashMap<(Site, Box<str>), Decision>,
    /// What was found.
    pub(crate) found: crate::analyse::Found,
    /// What this run is asked beside what it finds.
    pub(crate) probe: Option<crate::probe::Probe>,
    /// What methods store in fields of their class; nothing while it is being looked up.
    fields: FxHashMap<(clearance_program::ClassRef, String), Option<Val>>,
}

/// Gives objects their numbers: the same place in the same context has the same object in every pass.
#[derive(Default)]
struct Arena {
    /// Numbers below are taken.
    first: u32,
    numbers: FxHashMap<(u64, Site, u32), ObjId>,
}

impl<'p> Engine<'p> {
    pub(crate) fn new(
        program: &'p Program,
        known: &'p Known,
        graph: &'p Graph<'p>,
        shared: &'p Shared,
        entries: &'p FxHashSet<FuncRef>,
    ) -> Self {
        Self {
            program,
            flow: program.models.flow(),
            known,
            graph,
            resolver: Resolver::new(program),
            shared,
            summaries: FxHashMap::default(),
            leans_on: usize::MAX,
            provisional: false,
            bodies: FxHashMap::default(),
            active: Vec::new(),
            arena: Arena::default(),
            fuel: FUEL,
            running: Vec::new(),
            truncated: FxHashSet::default(),
            request_path: None,
            shallow: false,
            entry_run: false,
            entries,
            decided: FxHashMap::default(),
            decided_inside: FxHashMap::default(),
            found: crate::analyse::Found::default(),
            probe: None,
            fields: FxHashMap::default(),
        }
    }

    /// The functions that are running, outermost first.
    pub(crate) fn running(&self) -> &[FuncRef] {
        &self.running
    }

    pub(crate) fn ir(&self, function: FuncRef) -> &'p ModuleIr {
        &self.program.module(function.module).ir
    }

    /// The number of the object made at a place.
    fn allocate(&mut self, context: u64, site: Site, which: u32) -> ObjId {
        let next = ObjId(self.arena.first + self.arena.numbers.len() as u32);
        *self.arena.numbers.entry((context, site, which)).or_insert(next)
    }

    /// A new object in the frame, as a value.
    fn make(&mut self, frame: &mut Frame, site: Site, which: u32, object: Object) -> Val {
        let id = self.allocate(frame.context, site, which);
        frame.heap.put(id, object);
        Val::of(Atom::Object(id))
    }

    /// Whether a value is true, where that is known.
    fn truth(&self, heap: &Heap, value: &Val) -> Option<bool> {
        value.truth(|id| {
            let object = heap.get(id)?;
            match object.kind {
                Kind::List | Kind::Tuple | Kind::Set | Kind::Dict => {
                    if !object.items.is_empty() {
                        return Some(true);
                    }
                    let empty = object.keys.is_empty() && object.rest.is_none() && !object.shared;
                    if empty && object.positions { Some(false) } else { None }
                }
                Kind::Instance(_) => None,
                Kind::External(_) | Kind::Env | Kind::Buffer => None,
            }
        })
    }
}

/// The value behind refinements.
pub(crate) fn root(ir: &ModuleIr, mut value: Value) -> Value {
    use clearance_python::ir::Op;
    while value != Value::NONE {
        match ir.op(value) {
            Op::Sigma { value: inner, .. } => value = inner,
            _ => break,
        }
    }
    value
}
