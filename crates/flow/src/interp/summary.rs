//! What is learnt of a function once, with unknown arguments, and used wherever it is called.

use std::sync::Arc;

use clearance_models::flow::Kinds;
use clearance_program::FuncRef;
use clearance_python::ir::{BindingScope, Value};
use rustc_hash::FxHashMap;
use smallvec::smallvec;

use super::{Arena, Engine, FUEL, Frame, Hit, call::param_facts, facts::Refine};
use crate::heap::{Heap, Key, ObjId};
use crate::taint::{Label, Taint};
use crate::value::{Atom, Piece, Sym, Text, Val, concat};

/// Rounds over the members of a recursive component.
const MAX_ROUNDS: u32 = 4;
/// Objects of a callee's result that are copied for one call.
const MAX_IMPORTED: u32 = 16;
/// Objects that one run keeps apart.
const MAX_OBJECTS: usize = 250;
/// Sinks that one function hands up to its callers.
const MAX_HITS: usize = 48;
/// Of these, such that only tell something.
const MAX_TOLD: usize = 16;

/// A function, seen from outside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    /// What it returns (or yields).
    pub(crate) result: Val,
    /// What it raises.
    raised: Val,
    heap: Heap,
    /// What it writes to fields of its parameters.
    pub(crate) written: Vec<(Sym, Val)>,
    /// What it binds to global names: the binding's value.
    pub(crate) globals: Vec<(Value, Val)>,
    /// Sinks that its parameters reach.
    pub(crate) hits: Vec<Hit>,
    /// What holds of parameters whenever it returns, returns something true, something false.
    pub(crate) outcomes: [Vec<(usize, Refine)>; 3],
    /// Whether it returns at all.
    pub(crate) returns: bool,
}

impl Summary {
    /// The taint of a value of this summary with everything that it holds.
    pub(crate) fn deep(&self, value: &Val) -> Taint {
        self.heap.deep_taint(value)
    }

    fn same(&self, other: &Self) -> bool {
        self.result == other.result
            && self.written == other.written
            && self.hits.len() == other.hits.len()
            && self.returns == other.returns
    }
}

impl<'p> Engine<'p> {
    /// The summary of a function; nothing while it is being made further out and nothing is assumed of it.
    pub(crate) fn summary(&mut self, func: FuncRef) -> Option<Arc<Summary>> {
        if let Some(known) = self.shared.get(func) {
            return Some(known);
        }
        if let Some(known) = self.summaries.get(&func) {
            self.provisional = true;
            return Some(known.clone());
        }
        if let Some(at) = self.active.iter().position(|(active, _)| *active == func) {
            self.leans_on = self.leans_on.min(at);
            return self.active[at].1.clone();
        }
        if self.active.len() > 2_000 {
            self.truncated.insert(func);
            self.provisional = true;
            return None;
        }
        stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.summarise(func))
    }

    fn summarise(&mut self, func: FuncRef) -> Option<Arc<Summary>> {
        let base = self.active.len();
        let outer =
            (std::mem::replace(&mut self.leans_on, usize::MAX), std::mem::take(&mut self.provisional));
        let made = self.make_summaries(func, base);
        // What was assumed of functions further out makes it provisional; what was assumed inside has been made good.
        let provisional = self.provisional || self.leans_on < base;
        if !provisional {
            self.leans_on = usize::MAX;
        }
        self.leans_on = self.leans_on.min(outer.0);
        self.provisional |= outer.1;
        let mut wanted = None;
        for (member, summary) in made {
            if member == func {
                wanted = Some(summary.clone());
            }
            if provisional {
                self.summaries.insert(member, summary);
            } else {
                self.shared.add(member, summary);
            }
        }
        wanted
    }

    fn make_summaries(&mut self, func: FuncRef, base: usize) -> Vec<(FuncRef, Arc<Summary>)> {
        let component = self.graph.component(func);
        if component.len() <= 1 {
            self.active.push((func, None));
            let summary = Arc::new(self.learn_function(func));
            self.active.truncate(base);
            return vec![(func, summary)];
        }
        // A recursive component: all members together, until nothing changes.
        let members: Vec<FuncRef> = component.to_vec();
        for member in &members {
            self.active.push((*member, Some(Arc::new(Summary { returns: true, ..Summary::default() }))));
        }
        let mut settled = false;
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for (number, member) in members.iter().enumerate() {
                let next = Arc::new(self.learn_function(*member));
                let slot = &mut self.active[base + number].1;
                if slot.as_ref().is_none_or(|old| !old.same(&next)) {
                    changed = true;
                }
                *slot = Some(next);
            }
            if !changed {
                settled = true;
                break;
            }
        }
        if !settled {
            self.truncated.extend(members.iter().copied());
        }
        self.active.drain(base..).filter_map(|(member, summary)| Some((member, summary?))).collect()
    }

    /// Runs a function once with unknown arguments.
    fn learn_function(&mut self, func: FuncRef) -> Summary {
        let ir = self.ir(func);
        let data = &ir.functions[func.func.index()];
        let params = unknown_params(data.params.len());
        // What is known of one entry point's requests is nothing that a summary may rest on.
        let path = self.request_path.take();
        let entry_run = std::mem::replace(&mut self.entry_run, false);
        let shallow = std::mem::replace(&mut self.shallow, false);
        let frame = self.run_fresh(func, params, Heap::default());
        self.request_path = path;
        self.entry_run = entry_run;
        self.shallow = shallow;
        self.keep(func, frame)
    }

    /// Runs a function once without following its calls, for what happens in it.
    pub(crate) fn look_at(&mut self, func: FuncRef) {
        self.shallow = true;
        let params = unknown_params(self.ir(func).functions[func.func.index()].params.len());
        let frame = self.run_fresh(func, params, Heap::default());
        self.shallow = false;
        if !self.entries.contains(&func) {
            self.record(&frame.hits);
        }
    }

    /// Runs a function as the outermost one.
    pub(crate) fn run_fresh(&mut self, func: FuncRef, params: Vec<Val>, heap: Heap) -> Frame {
        // Objects among the parameters keep their numbers.
        let arena =
            std::mem::replace(&mut self.arena, Arena { first: heap.len() as u32, ..Arena::default() });
        let fuel = std::mem::replace(&mut self.fuel, FUEL);
        let running = std::mem::replace(&mut self.running, vec![func]);
        let frame = self.run(func, params, None, heap, 0, 0);
        self.arena = arena;
        self.fuel = fuel;
        self.running = running;
        frame
    }

    fn keep(&mut self, func: FuncRef, frame: Frame) -> Summary {
        let ir = self.ir(func);
        let data = &ir.functions[func.func.index()];
        let globals = ir
            .bindings(func.func)
            .iter()
            .filter(|binding| binding.scope == BindingScope::Global)
            .map(|binding| (binding.value, frame.value(binding.value).clone()))
            .collect();
        let mut hits: Vec<Hit> = Vec::new();
        // What only tells something gives way.
        let told = |hit: &Hit| hit.kind.meets(Kinds::LOG.with(Kinds::LOG_SECRET).with(Kinds::EXPOSURE));
        let (last, first): (Vec<&Hit>, Vec<&Hit>) = frame.hits.iter().partition(|hit| told(hit));
        for hit in first.into_iter().chain(last.into_iter().take(MAX_TOLD)) {
            if hit.has_params() && hits.len() < MAX_HITS && !hits.iter().any(|known| known.same(hit)) {
                hits.push(hit.params_only());
            }
        }
        if !self.entries.contains(&func) {
            self.record(&frame.hits);
        }
        let result = if data.is_generator { frame.yielded.clone() } else { frame.returned.clone() };
        Summary {
            returns: data.is_generator || frame.end.is_some() || !frame.returned.is_bottom(),
            outcomes: [
                param_facts(ir, &frame.outcomes[0]),
                param_facts(ir, &frame.outcomes[1]),
                param_facts(ir, &frame.outcomes[2]),
            ],
            raised: frame.raised,
            written: frame.heap.written().to_vec(),
            heap: frame.heap,
            globals,
            hits,
            result,
        }
    }

    /// Uses a summary for a call.
    pub(crate) fn apply(
        &mut self,
        frame: &mut Frame,
        at: Value,
        summary: &Summary,
        params: &[Val],
        context: u64,
    ) -> Val {
        let carried = params
            .iter()
            .map(|param| {
                let taint = frame.heap.deep_taint(param);
                taint.entries().iter().fold(Kinds::NONE, |all, entry| all.with(entry.kinds))
            })
            .collect();
        let mut import = Import {
            params,
            carried,
            taints: FxHashMap::default(),
            summary,
            context,
            site: frame.site(at),
            made: FxHashMap::default(),
            budget: MAX_IMPORTED,
        };
        let result = self.imported(frame, &mut import, &summary.result, 0);
        if !summary.raised.is_bottom() {
            let raised = self.imported(frame, &mut import, &summary.raised, 0);
            frame.raised.join(&raised);
        }
        let writes: Vec<(Sym, Val)> = summary
            .written
            .iter()
            .map(|(sym, value)| (sym.clone(), self.imported(frame, &mut import, value, 0)))
            .collect();
        for (sym, value) in writes {
            self.write_through(frame, params, &sym, &value);
        }
        for hit in &summary.hits {
            if !hit.takes(&import.carried) {
                continue;
            }
            let hit = Hit {
                texts: hit.texts.iter().map(|text| self.imported_text(frame, &mut import, text)).collect(),
                taint: self.imported_taint(frame, &mut import, &hit.taint),
                ..hit.clone()
            };
            if !hit.is_clean() {
                frame.hits.push(hit);
            }
        }
        if frame.hits.len() > 3 * MAX_HITS {
            let mut kept: Vec<Hit> = Vec::new();
            for hit in frame.hits.drain(..) {
                if !kept.iter().any(|known| known.same(&hit)) {
                    kept.push(hit);
                }
            }
            kept.truncate(3 * MAX_HITS);
            frame.hits = kept;
        }
        result
    }

    fn imported(&mut self, frame: &mut Frame, import: &mut Import<'_>, value: &Val, depth: u32) -> Val {
        let params = import.params;
        let mut found = Val { taint: self.imported_taint(frame, import, &value.taint), ..Val::default() };
        for atom in &value.atoms {
            let atom = match atom {
                Atom::Sym(sym) => {
                    let reached = self.reached(frame, params, sym);
                    for atom in reached.atoms {
                        if !found.atoms.contains(&atom) {
                            found.atoms.push(atom);
                        }
                    }
                    continue;
                }
                Atom::Text(text) => Atom::Text(Arc::new(self.imported_text(frame, import, text))),
                Atom::Bytes(text) => Atom::Bytes(Arc::new(self.imported_text(frame, import, text))),
                Atom::Object(id) => match self.imported_object(frame, import, *id, depth) {
                    Some(id) => Atom::Object(id),
                    None => {
                        // Too much to copy: what it carries is enough.
                        let carried = import.summary.heap.deep_taint(&Val::of(atom.clone()));
                        found.taint.join(&self.imported_taint(frame, import, &carried));
                        Atom::Unknown
                    }
                },
                Atom::Method { func, receiver } if depth < 4 => Atom::Method {
                    func: *func,
                    receiver: Box::new(self.imported(frame, import, receiver, depth + 1)),
                },
                Atom::Bound { receiver, name, path } if depth < 4 => Atom::Bound {
                    receiver: Box::new(self.imported(frame, import, receiver, depth + 1)),
                    name: name.clone(),
                    path: *path,
                },
                Atom::Function { func, env: Some(env) } => {
                    Atom::Function { func: *func, env: self.imported_object(frame, import, *env, depth) }
                }
                Atom::Method { .. } | Atom::Bound { .. } => Atom::Unknown,
                other => other.clone(),
            };
            if !found.atoms.contains(&atom) {
                found.atoms.push(atom);
            }
        }
        found
    }

    fn imported_object(
        &mut self,
        frame: &mut Frame,
        import: &mut Import<'_>,
        id: ObjId,
        depth: u32,
    ) -> Option<ObjId> {
        if let Some(made) = import.made.get(&id) {
            return Some(*made);
        }
        if depth > 3 || import.budget == 0 || frame.heap.len() > MAX_OBJECTS {
            return None;
        }
        import.budget -= 1;
        let mut object = (**import.summary.heap.get(id)?).clone();
        let new = self.allocate(import.context, import.site, 10_000 + id.0);
        import.made.insert(id, new);
        for item in &mut object.items {
            *item = self.imported(frame, import, item, depth + 1);
        }
        for (_, value) in &mut object.keys {
            *value = self.imported(frame, import, value, depth + 1);
        }
        if let Some(rest) = &mut object.rest {
            *rest = self.imported(frame, import, rest, depth + 1);
        }
        object.key_taint = self.imported_taint(frame, import, &object.key_taint);
        frame.heap.put(new, object);
        Some(new)
    }

    fn imported_text(&self, frame: &Frame, import: &mut Import<'_>, text: &Text) -> Text {
        let mut out = Text::new();
        for piece in text {
            match piece {
                Piece::Lit(_) => out = concat(&out, &smallvec![piece.clone()]),
                Piece::Hole { taint, exact } => {
                    if *exact
                        && let [only] = taint.entries()
                        && let Label::Param(sym) = &only.label
                    {
                        let value = self.reached(frame, import.params, sym);
                        let kinds = only.kinds;
                        let lacks = only.lacks;
                        let via = &only.via;
                        let value = value.map_taint(&|taint| {
                            taint.map(|entry| {
                                entry.kinds = entry.kinds.and(kinds);
                                entry.lacks = entry.lacks.with(lacks);
                                entry.via = crate::taint::splice(&entry.via, via);
                            })
                        });
                        let pieces = match value.single() {
                            Some(Atom::Object(_)) => {
                                smallvec![Piece::Hole { taint: frame.heap.deep_taint(&value), exact: false }]
                            }
                            _ => value.pieces(),
                        };
                        out = concat(&out, &pieces);
                    } else {
                        let taint = self.imported_taint(frame, import, taint);
                        out = concat(&out, &smallvec![Piece::Hole { taint, exact: false }]);
                    }
                }
            }
        }
        out
    }

    /// What a field of a parameter is for the caller.
    fn reached(&self, frame: &Frame, params: &[Val], sym: &Sym) -> Val {
        let Some(param) = params.get(usize::from(sym.index)) else {
            return Val::unknown();
        };
        let mut here = param.clone();
        for part in sym.path().iter() {
            let mut next = Val { taint: here.taint.clone(), ..Val::default() };
            for atom in &here.atoms {
                match atom {
                    Atom::Object(id) => {
                        let Some(object) = frame.heap.get(*id) else { continue };
                        let value = match key_of_part(part) {
                            Some(key @ Key::Attr(_)) => object
                                .key(&key)
                                .cloned()
                                .unwrap_or_else(|| object.rest.clone().unwrap_or_else(Val::unknown)),
                            key => super::container::read_item(object, key.as_ref()),
                        };
                        next.join(&value);
                    }
                    Atom::Sym(own) => {
                        let field = own.field(part);
                        match frame.heap.read_field(&field) {
                            Some(value) => next.join(&value.clone()),
                            None => {
                                next.taint = next.taint.map(|entry| {
                                    if let Label::Param(known) = &entry.label
                                        && known == own
                                    {
                                        entry.label = Label::Param(field.clone());
                                    }
                                });
                                next.join(&Val::of(Atom::Sym(field)));
                            }
                        }
                    }
                    Atom::Text(text) | Atom::Bytes(text) => {
                        next.join(&Val::tainted(crate::value::text_taint(text)));
                    }
                    _ => next.join(&Val::unknown()),
                }
            }
            here = next;
        }
        here
    }

    /// A taint with what the caller passes for parameters.
    fn imported_taint(&self, frame: &Frame, import: &mut Import<'_>, taint: &Taint) -> Taint {
        let Import { params, taints, carried, .. } = import;
        taint.substitute(&mut |sym| {
            if carried.get(usize::from(sym.index)).is_some_and(|kinds| kinds.is_empty()) {
                return Taint::default();
            }
            let reached = || frame.heap.deep_taint(&self.reached(frame, params, sym));
            taints.entry(sym.clone()).or_insert_with(reached).clone()
        })
    }

    /// Writes to a field of what was passed.
    fn write_through(&mut self, frame: &mut Frame, params: &[Val], sym: &Sym, value: &Val) {
        let Some(param) = params.get(usize::from(sym.index)) else { return };
        let Some((last, way)) = sym.path().split_last() else { return };
        let holder = Sym::with_path(sym.index, way.to_vec());
        let target = if way.is_empty() { param.clone() } else { self.reached(frame, params, &holder) };
        let strong = target.atoms.len() == 1 && !(frame.in_loop && frame.pass > 0);
        for atom in &target.atoms {
            match atom {
                Atom::Object(id) => {
                    let Some(object) = frame.heap.edit(*id) else { continue };
                    match key_of_part(last) {
                        Some(key) => object.set(key, value.clone(), strong),
                        None => {
                            object.scatter();
                            object.add_rest(value);
                        }
                    }
                }
                Atom::Sym(own) => frame.heap.write_field(own.field(last), value.clone(), false),
                _ => {}
            }
        }
    }
}

/// Whatever a caller passes.
fn unknown_params(count: usize) -> Vec<Val> {
    (0..count)
        .map(|index| {
            let sym = Sym::new(index as u16);
            Val {
                atoms: smallvec![Atom::Sym(sym.clone())],
                taint: Taint::of(Label::Param(sym), Kinds::ALL, None),
            }
        })
        .collect()
}

struct Import<'a> {
    params: &'a [Val],
    /// Kinds that each parameter, with everything in it, is dangerous for.
    carried: Vec<Kinds>,
    /// What comes with a parameter's field, once it was asked for.
    taints: FxHashMap<Sym, Taint>,
    summary: &'a Summary,
    context: u64,
    site: clearance_program::Site,
    made: FxHashMap<ObjId, ObjId>,
    /// Objects that may still be copied.
    budget: u32,
}

/// The key that a part of a parameter's path stands for; nothing for any element.
fn key_of_part(part: &str) -> Option<Key> {
    if let Some(name) = part.strip_prefix('.') {
        return Some(Key::Attr(Arc::from(name)));
    }
    let inner = part.strip_prefix('[')?.strip_suffix(']')?;
    if inner.is_empty() {
        return None;
    }
    Some(inner.parse().map_or_else(|_| Key::Str(Arc::from(inner)), Key::Int))
}
