//! Arguments: what a call passes, and which parameter gets it.

use std::sync::Arc;

use clearance_models::flow::{Propagator, Slot};
use clearance_program::{FuncRef, Site};
use clearance_python::ir::{ArgKind, Op, ParamKind, Span, Value};

use super::{Engine, Frame};
use crate::heap::{Key, Kind, Object};
use crate::value::{Args, Atom, Val};

impl<'p> Engine<'p> {
    /// What a call passes.
    pub(crate) fn arguments(&mut self, frame: &mut Frame, at: Value, args: Span) -> Args {
        let ir = self.ir(frame.func);
        let mut found = Args::default();
        for arg in ir.args(args) {
            let value = self.operand(frame, arg.value);
            match arg.kind {
                ArgKind::Positional if found.star.is_none() => found.positional.push(value),
                ArgKind::Positional => match &mut found.star {
                    Some(star) => star.join(&value),
                    None => found.star = Some(value),
                },
                ArgKind::Keyword(name) => found.keywords.push((Arc::from(ir.name(name)), value)),
                ArgKind::Star => self.spread_star(frame, at, &mut found, &value),
                ArgKind::DoubleStar => self.spread_double(frame, &mut found, &value),
            }
        }
        found
    }

    fn spread_star(&mut self, frame: &mut Frame, at: Value, args: &mut Args, value: &Val) {
        if let Some(Atom::Object(id)) = value.single()
            && let Some(object) = frame.heap.get(*id)
            && object.positions
            && object.rest.is_none()
            && !object.shared
            && matches!(object.kind, Kind::List | Kind::Tuple)
            && args.star.is_none()
        {
            args.positional.extend(object.items.iter().cloned());
            return;
        }
        let element = self.element(frame, at, value);
        match &mut args.star {
            Some(star) => star.join(&element),
            None => args.star = Some(element),
        }
    }

    fn spread_double(&mut self, frame: &mut Frame, args: &mut Args, value: &Val) {
        if let Some(Atom::Object(id)) = value.single()
            && let Some(object) = frame.heap.get(*id).cloned()
            && object.kind == Kind::Dict
        {
            if !object.key_taint.is_empty() {
                join_into(&mut args.names, Val::tainted(object.key_taint.clone()));
            }
            for (key, value) in &object.keys {
                if let Key::Str(name) = key {
                    args.keywords.push((name.clone(), value.clone()));
                }
            }
            if object.rest.is_none() && !object.shared {
                return;
            }
            let mut rest = object.rest.clone().unwrap_or_else(Val::unknown);
            rest.taint.join(&object.key_taint);
            join_into(&mut args.double_star, rest);
            return;
        }
        let rest = match value.single() {
            Some(Atom::Sym(sym)) => self.read_sym(frame, &sym.field("[]"), value),
            _ => Val::tainted(frame.heap.deep_taint(value)),
        };
        join_into(&mut args.names, Val::tainted(frame.heap.deep_taint(value)));
        join_into(&mut args.double_star, rest);
    }

    /// What a call of a library passes on to the function that it is given, where each argument can be told: `Thread(target=f, args=(a,),
    /// kwargs={…})`, `submit(f, a, key=b)`. Nothing where it hands on elements one by one.
    pub(crate) fn handed_on(
        &self,
        frame: &Frame,
        at: Value,
        propagator: &Propagator,
        args: &Args,
    ) -> Option<Args> {
        let ir = self.ir(frame.func);
        let Op::Call { callee, .. } = ir.op(at) else { return None };
        if let Op::Attr { name, .. } = ir.op(callee)
            && (ir.name(name).contains("map") || ir.name(name).starts_with("apply"))
        {
            return None;
        }
        if args.star.is_some() || args.double_star.is_some() {
            return None;
        }
        let mut given = Args::default();
        for slot in &propagator.from {
            let packed = match slot {
                Slot::From(at) => {
                    given.positional.extend(args.positional.iter().skip(usize::from(*at)).cloned());
                    given.keywords.extend(args.keywords.iter().cloned());
                    continue;
                }
                Slot::Position(at) => args.positional.get(usize::from(*at)),
                Slot::Keyword(name) => args.keyword(name),
                _ => return None,
            };
            let Some(packed) = packed else { continue };
            let Some(Atom::Object(id)) = packed.single() else { return None };
            let object = frame.heap.get(*id).filter(|object| object.rest.is_none() && !object.shared)?;
            match object.kind {
                Kind::List | Kind::Tuple if object.positions => {
                    given.positional.extend(object.items.iter().cloned());
                }
                Kind::Dict if object.key_taint.is_empty() => {
                    for (key, value) in &object.keys {
                        let Key::Str(name) = key else { return None };
                        given.keywords.push((name.clone(), value.clone()));
                    }
                }
                _ => return None,
            }
        }
        Some(given)
    }

    /// The parameters of a function for a call; `receiver` fills the first.
    pub(crate) fn bind(
        &mut self,
        frame: &mut Frame,
        function: FuncRef,
        receiver: Option<Val>,
        args: &Args,
        context: u64,
    ) -> Vec<Val> {
        let ir = self.ir(function);
        let data = &ir.functions[function.func.index()];
        let mut positional = receiver.into_iter().chain(args.positional.iter().cloned());
        let mut used: Vec<&str> = Vec::new();
        let mut bound = Vec::with_capacity(data.params.len());
        let unknown_rest = |value: &mut Option<Val>, more: &Option<Val>| {
            if let Some(more) = more {
                join_into(value, more.clone());
            }
        };
        for (index, param) in data.params.iter().enumerate() {
            let name = ir.name(param.name);
            let site = Site { module: function.module, value: Value(data.insts.start) };
            let value = match param.kind {
                ParamKind::PositionalOnly | ParamKind::Normal | ParamKind::KeywordOnly => {
                    let mut value = None;
                    if param.kind != ParamKind::KeywordOnly {
                        value = positional.next();
                    }
                    if value.is_none()
                        && let Some(keyword) = args.keyword(name)
                    {
                        used.push(name);
                        value = Some(keyword.clone());
                    }
                    if value.is_none() {
                        if param.kind != ParamKind::KeywordOnly {
                            unknown_rest(&mut value, &args.star);
                        }
                        unknown_rest(&mut value, &args.double_star);
                        if param.default != Value::NONE {
                            let default = self.static_value(
                                frame,
                                Site { module: function.module, value: param.default },
                                0,
                            );
                            join_into(&mut value, default);
                        }
                    }
                    value.unwrap_or_else(Val::unknown)
                }
                ParamKind::Star => {
                    let mut object = Object::new(Kind::Tuple);
                    for value in positional.by_ref() {
                        object.push(value);
                    }
                    if let Some(star) = &args.star {
                        object.scatter();
                        object.add_rest(star);
                    }
                    let id = self.allocate(context, site, 1000 + index as u32);
                    frame.heap.put(id, object);
                    Val::of(Atom::Object(id))
                }
                ParamKind::DoubleStar => {
                    let mut object = Object::new(Kind::Dict);
                    for (name, value) in &args.keywords {
                        if !used.contains(&&**name)
                            && !data.params.iter().any(|other| ir.name(other.name) == &**name)
                        {
                            object.set(Key::Str(name.clone()), value.clone(), true);
                        }
                    }
                    if let Some(rest) = &args.double_star {
                        object.add_rest(rest);
                    }
                    let id = self.allocate(context, site, 1000 + index as u32);
                    frame.heap.put(id, object);
                    Val::of(Atom::Object(id))
                }
            };
            bound.push(value);
        }
        bound
    }
}

fn join_into(slot: &mut Option<Val>, value: Val) {
    match slot {
        Some(known) => known.join(&value),
        None => *slot = Some(value),
    }
}
