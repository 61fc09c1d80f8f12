//! Calls of functions and classes of the program.

use std::hash::{Hash, Hasher};

use clearance_models::flow::Kinds;
use clearance_program::{FuncRef, Site};
use clearance_python::ir::{Op, Span, Value};
use rustc_hash::FxHasher;

use super::{Engine, Frame, MAX_DEPTH, MAX_INLINE, facts::Refine};
use crate::heap::{Kind, ObjId, Object};
use crate::taint::{Label, Lacks, Note, Taint};
use crate::value::{Args, Atom, Val};

/// Functions that one call may mean and that are followed.
const MAX_CALLEES: usize = 6;

/// Methods of texts, and of what holds them, whose result is the text or a part of it.
pub(crate) const AS_TEXT: &[&str] = &[
    "encode", "decode", "strip", "lstrip", "rstrip", "lower", "upper", "casefold", "format", "replace",
    "join", "split", "get", "pop", "read", "getvalue", "items", "values", "copy",
];

impl<'p> Engine<'p> {
    /// A call instruction.
    pub(crate) fn call(&mut self, frame: &mut Frame, at: Value, callee: Value, args: Span) -> Val {
        let called = self.operand(frame, callee);
        let args = self.arguments(frame, at, args);
        let ir = self.ir(frame.func);
        let key = match ir.op(callee) {
            Op::Attr { name, .. } if matches!(ir.name(name), "get" | "getenv" | "pop" | "get_argument") => {
                args.positional.first().and_then(Val::as_str).map(str::to_owned)
            }
            _ => None,
        };
        let value = self.call_value(frame, at, &called, args, Some(callee));
        match key {
            Some(name) => self.sensitive(frame, at, &name, value),
            None => value,
        }
    }

    /// Calls whatever a value is. `callee` is the instruction that gives it, for what names and types say of it.
    pub(crate) fn call_value(
        &mut self,
        frame: &mut Frame,
        at: Value,
        called: &Val,
        args: Args,
        callee: Option<Value>,
    ) -> Val {
        let mut result = Val::default();
        let mut resolved = false;
        let mut open: Option<Val> = None;
        for atom in called.atoms.iter().take(MAX_CALLEES) {
            match atom {
                Atom::Function { func, env } => {
                    resolved = true;
                    let value = self.call_function(frame, at, *func, None, args.clone(), *env);
                    result.join(&value);
                }
                Atom::Method { func, receiver } => {
                    resolved = true;
                    let value =
                        self.call_function(frame, at, *func, Some((**receiver).clone()), args.clone(), None);
                    result.join(&value);
                }
                Atom::Class(class) => {
                    resolved = true;
                    let value = self.instantiate(frame, at, *class, args.clone());
                    result.join(&value);
                }
                Atom::Object(id) => {
                    if let Some(Kind::Instance(class)) = frame.heap.get(*id).map(|object| object.kind) {
                        resolved = true;
                        let receiver = Val::of(atom.clone());
                        let value = self.dunder_args(frame, at, class, receiver, "__call__", args.clone());
                        result.join(&value);
                    } else if let Some(Kind::External(class)) = frame.heap.get(*id).map(|object| object.kind)
                    {
                        resolved = true;
                        let path = self.program.models.member(class, "__call__");
                        let receiver = Val::of(atom.clone());
                        let value = match path {
                            Some(path) => self.external(frame, at, path, Some(&receiver), &args),
                            None => self.unknown_call(frame, at, Some(&receiver), &args, "", false),
                        };
                        result.join(&value);
                    }
                }
                Atom::Path(path) => {
                    resolved = true;
                    let value = self.external(frame, at, *path, None, &args);
                    result.join(&value);
                }
                Atom::Instance(class) => {
                    if let Some(path) = self.program.models.member(*class, "__call__") {
                        resolved = true;
                        let receiver = called.clone();
                        let value = self.external(frame, at, path, Some(&receiver), &args);
                        result.join(&value);
                    }
                }
                Atom::Bound { receiver, path: Some(path), .. } => {
                    resolved = true;
                    let value = self.external(frame, at, *path, Some(receiver), &args);
                    result.join(&value);
                }
                Atom::Bound { receiver, name, path: None } => {
                    if &**name == "relative_to" {
                        self.confined(frame, at);
                    }
                    if &**name == "translate"
                        && let Some(table) = args.positional.first()
                        && self.replaces_angle(frame, table)
                    {
                        resolved = true;
                        let taint = frame.heap.deep_taint(receiver).lacking(Lacks::ANGLE);
                        result.join(&Val::tainted(taint.at(frame.site(at), Note::Through)));
                        continue;
                    }
                    // A text that is known in part is a pattern all the same.
                    let sinks = self.flow.method_sinks(name);
                    if receiver.atoms.iter().any(|atom| matches!(atom, Atom::Text(_))) {
                        for sink in sinks.iter().filter(|sink| sink.kind == Kinds::FORMAT) {
                            self.check_sink(frame, at, sink, Some(receiver), &args);
                        }
                    }
                    if let Some(value) = self.method(frame, at, receiver, name, &args) {
                        resolved = true;
                        result.join(&value);
                    } else {
                        open = Some((**receiver).clone());
                    }
                }
                Atom::Partial(partial) => {
                    resolved = true;
                    let (callee, first) = &**partial;
                    let mut all = first.clone();
                    all.positional.extend(args.positional.iter().cloned());
                    all.keywords.extend(args.keywords.iter().cloned());
                    all.star = args.star.clone().or(all.star);
                    all.double_star = args.double_star.clone().or(all.double_star);
                    all.names = args.names.clone().or(all.names);
                    let value = self.call_value(frame, at, &callee.clone(), all, None);
                    result.join(&value);
                }
                _ => {}
            }
        }
        if resolved {
            return result;
        }
        // What the program's call graph says.
        if callee.is_some() {
            let mut callees = self.static_callees(frame, at);
            callees.truncate(MAX_CALLEES);
            for (function, bound) in callees {
                resolved = true;
                let receiver = (bound > 0).then(|| open.clone().unwrap_or_else(Val::unknown));
                let is_new = self.resolver.is_initialiser(function);
                let value = self.call_function(frame, at, function, receiver, args.clone(), None);
                if !is_new {
                    result.join(&value);
                }
            }
            if let Some(callee) = callee {
                let site = Site { module: frame.func.module, value: callee };
                let paths: Vec<_> = self.resolver.paths(site).take(MAX_CALLEES).collect();
                for path in paths {
                    resolved = true;
                    let value = self.external(frame, at, path, open.as_ref(), &args);
                    result.join(&value);
                }
            }
        }
        if resolved && !result.is_bottom() {
            return result;
        }
        let name = called
            .atoms
            .iter()
            .find_map(|atom| match atom {
                Atom::Bound { name, .. } => Some(name.to_string()),
                _ => None,
            })
            .unwrap_or_default();
        let mut receiver = open;
        if receiver.is_none() && !called.taint.is_empty() {
            receiver = Some(Val::tainted(called.taint.clone()));
        }
        let unknown = self.unknown_call(frame, at, receiver.as_ref(), &args, &name, true);
        result.join(&unknown);
        result
    }

    /// Calls a function of the program.
    pub(crate) fn call_function(
        &mut self,
        frame: &mut Frame,
        at: Value,
        func: FuncRef,
        receiver: Option<Val>,
        args: Args,
        env: Option<ObjId>,
    ) -> Val {
        if self.shallow {
            return self.unknown_call(frame, at, receiver.as_ref(), &args, "", false);
        }
        let ir = self.ir(func);
        let data = &ir.functions[func.func.index()];
        let site = frame.site(at);
        let (receiver, args) = (
            receiver.map(|value| passed(&value, site)),
            Args {
                positional: args.positional.iter().map(|value| passed(value, site)).collect(),
                keywords: args
                    .keywords
                    .iter()
                    .map(|(name, value)| (name.clone(), passed(value, site)))
                    .collect(),
                star: args.star.as_ref().map(|value| passed(value, site)),
                double_star: args.double_star.as_ref().map(|value| passed(value, site)),
                names: args.names.as_ref().map(|value| passed(value, site)),
            },
        );
        let mut context = FxHasher::default();
        (frame.context, site, func).hash(&mut context);
        let context = context.finish();
        let receiver = if self.resolver.is_static(func) { None } else { receiver };
        let bound = usize::from(receiver.is_some());
        let tainted = receiver.iter().chain(args.all()).any(|value| !frame.heap.deep_taint(value).is_empty());
        // Running a function for one call pays where real data goes in or comes out, or where what it is given decides what it calls.
        let real = receiver.iter().chain(args.all()).any(|value| {
            frame
                .heap
                .deep_taint(value)
                .entries()
                .iter()
                .any(|entry| matches!(entry.label, Label::Source { .. }))
        });
        let informative = env.is_some()
            || receiver.iter().chain(args.all()).any(callable)
            || receiver.iter().any(|value| made_here(frame, value))
            || (self.graph.is_judged(func) && receiver.iter().chain(args.all()).any(informative))
            || (real && receiver.iter().chain(args.all()).any(informative))
            || (self.graph.reads_source(func)
                && (self.request_path.is_some() || receiver.iter().chain(args.all()).any(informative)));
        let size = data.insts.len;
        let can_run = frame.depth < MAX_DEPTH
            && size <= MAX_INLINE
            && self.fuel >= size
            && !self.running.contains(&func);
        let followed = tainted || self.graph.reads_source(func) || (can_run && informative && size <= 120);
        if !followed {
            // Nothing from outside goes in, and nothing is read in there: only what small functions make is of interest.
            let typed = self.typed_result(frame, at);
            let open = typed.atoms.iter().all(|atom| matches!(atom, Atom::Unknown));
            if !(self.graph.is_small(func) || open && size <= MAX_INLINE / 2) || frame.depth > 2 {
                return typed;
            }
            let Some(summary) = self.summary(func) else { return typed };
            if !summary.returns {
                frame.ended = true;
                return Val::default();
            }
            if summary.result.is_constant() {
                return summary.result.clone();
            }
            if !open {
                return typed;
            }
            let params = self.bind(frame, func, receiver, &args, context);
            return self.apply(frame, at, &summary, &params, context);
        }
        let mut result = if can_run && informative {
            let params = self.bind(frame, func, receiver, &args, context);
            self.fuel -= size;
            self.running.push(func);
            let heap = std::mem::take(&mut frame.heap);
            let depth = frame.depth + 1;
            let inner = stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || {
                self.run(func, params, env, heap, context, depth)
            });
            self.running.pop();
            let outcomes = param_facts(ir, &inner.outcomes[0]);
            let returns = inner.end.is_some() || !inner.returned.is_bottom() || data.is_generator;
            frame.heap = inner.heap;
            frame.hits.extend(inner.hits);
            frame.raised.join(&inner.raised);
            if !returns {
                frame.ended = true;
                return Val::default();
            }
            self.learn_returned(frame, at, &outcomes, bound);
            if data.is_generator { self.generated(frame, site, inner.yielded) } else { inner.returned }
        } else {
            let Some(summary) = self.summary(func) else {
                return self.unknown_call(frame, at, receiver.as_ref(), &args, "", false);
            };
            let params = self.bind(frame, func, receiver, &args, context);
            let result = self.apply(frame, at, &summary, &params, context);
            if !summary.returns {
                frame.ended = true;
                return Val::default();
            }
            self.learn_returned(frame, at, &summary.outcomes[0], bound);
            if data.is_generator { self.generated(frame, site, result) } else { result }
        };
        if result.atoms.iter().all(|atom| matches!(atom, Atom::Unknown)) {
            let typed = self.typed_result(frame, at);
            if !typed.atoms.iter().all(|atom| matches!(atom, Atom::Unknown)) {
                result
                    .atoms
                    .extend(typed.atoms.iter().filter(|atom| matches!(atom, Atom::Instance(_))).cloned());
            }
        }
        result
    }

    /// What a generator hands out, as something to iterate.
    pub(super) fn generated(&mut self, frame: &mut Frame, site: Site, yielded: Val) -> Val {
        let mut object = Object::new(Kind::List);
        object.positions = false;
        if !yielded.is_bottom() {
            object.rest = Some(yielded);
        }
        self.make(frame, site, 3, object)
    }

    /// What types say of a call's result.
    pub(super) fn typed_result(&mut self, frame: &mut Frame, at: Value) -> Val {
        let value = self.static_entities(frame, at);
        if value.is_bottom() { Val::unknown() } else { value }
    }

    /// `@decorator` on a function or class: the decorated thing stays what it is, unless the decorator is a function of the program that
    /// returns another one.
    pub(crate) fn decorate(&mut self, frame: &mut Frame, at: Value, decorator: Value, target: Value) -> Val {
        let decorated = self.operand(frame, target);
        let by = self.operand(frame, decorator);
        if let Some(Atom::Function { func, env }) = by.single() {
            let value = self.call_function(frame, at, *func, None, Args::of([decorated.clone()]), *env);
            if value.atoms.iter().any(|atom| matches!(atom, Atom::Function { .. } | Atom::Partial(_))) {
                return value;
            }
        }
        decorated
    }

    /// A call of something that is not known: what goes in comes out.
    pub(crate) fn unknown_call(
        &mut self,
        frame: &mut Frame,
        at: Value,
        receiver: Option<&Val>,
        args: &Args,
        name: &str,
        by_name: bool,
    ) -> Val {
        if by_name && !name.is_empty() {
            let sinks = self.flow.method_sinks(name);
            for sink in sinks {
                self.check_sink(frame, at, sink, receiver, args);
            }
        }
        let mut taint = Taint::default();
        if let Some(receiver) = receiver {
            taint.join(&frame.heap.deep_taint(receiver));
        }
        for value in args.all() {
            taint.join(&frame.heap.deep_taint(value));
        }
        if self.probe.as_ref().is_some_and(|probe| probe.unknown) {
            self.not_modelled(frame, at, name, &taint);
        }
        // Functions given to something unknown may be called with anything that goes in.
        let callbacks: Vec<Val> = args
            .all()
            .filter(|value| {
                value.atoms.iter().any(|atom| matches!(atom, Atom::Function { .. } | Atom::Method { .. }))
            })
            .cloned()
            .collect();
        for callback in callbacks {
            self.call_back(frame, at, &callback, &taint);
        }
        if !taint.is_empty() {
            let site = frame.site(at);
            // Who is given a password gives back something else, unless it is the text itself.
            let kept = receiver.is_some() && self.keeps_text(frame, at);
            let taint = if kept { taint } else { taint.remove(crate::sensitive::SENSITIVE) };
            if taint.is_empty() {
                return self.typed_result(frame, at);
            }
            return Val::tainted(taint.at(site, Note::Through).forget_lacks(Lacks::NONE));
        }
        self.typed_result(frame, at)
    }

    /// Whether a call is that of a method whose result is the text itself.
    fn keeps_text(&self, frame: &Frame, at: Value) -> bool {
        let ir = self.ir(frame.func);
        let Op::Call { callee, .. } = ir.op(at) else { return false };
        matches!(ir.op(callee), Op::Attr { name, .. } if AS_TEXT.contains(&ir.name(name)))
    }

    /// A function that something outside the program calls with data.
    pub(crate) fn call_back(&mut self, frame: &mut Frame, at: Value, callback: &Val, taint: &Taint) -> Val {
        let mut result = Val::default();
        for atom in callback.atoms.iter().take(3) {
            let (func, receiver, env) = match atom {
                Atom::Function { func, env } => (*func, None, *env),
                Atom::Method { func, receiver } => (*func, Some((**receiver).clone()), None),
                Atom::Partial(_) => {
                    let args = Args::of([Val::tainted(taint.clone())]);
                    result.join(&self.call_value(frame, at, &Val::of(atom.clone()), args, None));
                    continue;
                }
                _ => continue,
            };
            let count = self.ir(func).functions[func.func.index()].params.len()
                - usize::from(receiver.is_some())
                    .min(self.ir(func).functions[func.func.index()].params.len());
            let args = Args::of((0..count.min(4)).map(|_| Val::tainted(taint.clone())));
            let value = self.call_function(frame, at, func, receiver, args, env);
            result.join(&value);
        }
        result
    }
}

/// One more step: the value goes into a call.
fn passed(value: &Val, site: Site) -> Val {
    value.map_taint(&|taint| taint.at(site, Note::Passed))
}

/// Whether a function is worth running for just this argument.
fn informative(value: &Val) -> bool {
    value.atoms.iter().any(|atom| {
        matches!(
            atom,
            Atom::Bool(_)
                | Atom::Int(_)
                | Atom::Text(_)
                | Atom::None
                | Atom::Object(_)
                | Atom::Function { .. }
                | Atom::Method { .. }
                | Atom::Class(_)
                | Atom::Path(_)
                | Atom::Instance(_)
                | Atom::Partial(_)
        )
    })
}

/// Whether a value can be called.
fn callable(value: &Val) -> bool {
    value.atoms.iter().any(|atom| matches!(atom, Atom::Function { .. } | Atom::Partial(_)))
}

/// Whether a receiver is an object that was made in a run that is followed.
fn made_here(frame: &Frame, value: &Val) -> bool {
    value.atoms.iter().any(|atom| match atom {
        Atom::Object(id) => frame
            .heap
            .get(*id)
            .is_some_and(|object| matches!(object.kind, Kind::Instance(_)) && !object.shared),
        _ => false,
    })
}

/// What is known of parameters, by index.
pub(crate) fn param_facts(
    ir: &clearance_python::ir::ModuleIr,
    facts: &Option<super::facts::Facts>,
) -> Vec<(usize, Refine)> {
    let Some(facts) = facts else { return Vec::new() };
    facts
        .iter()
        .filter_map(|(root, fact)| match (ir.op(*root), fact) {
            // What a parameter is equal to inside may refer to objects of that run.
            (Op::Param(index), Refine::Is(value))
                if value.atoms.iter().any(|atom| matches!(atom, Atom::Object(_) | Atom::Sym(_))) =>
            {
                Some((index as usize, Refine::Without(super::facts::WORD_SAFE)))
            }
            (Op::Param(index), fact) => Some((index as usize, fact.clone())),
            _ => None,
        })
        .collect()
}
