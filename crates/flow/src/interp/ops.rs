//! One instruction.

use super::texts::join_texts;
use std::sync::Arc;

use clearance_models::flow::Kinds;
use clearance_python::ir::{BinaryOp, CollectKind, CompareOp, FunctionKind, Op, Span, UnaryOp, Value};
use smallvec::smallvec;

use super::{Engine, Frame, root};
use crate::heap::{Key, Kind, Object};
use crate::store::taken;
use crate::taint::{Lacks, Note, Taint};
use crate::value::{Atom, Piece, Val};

impl<'p> Engine<'p> {
    /// Runs one instruction and gives its value.
    pub(crate) fn instruction(&mut self, frame: &mut Frame, at: Value) -> Val {
        let ir = self.ir(frame.func);
        match ir.op(at) {
            Op::None => Val::of(Atom::None),
            Op::Bool(value) => Val::bool(value),
            Op::Ellipsis => Val::of(Atom::Number),
            Op::Int(value) => Val::of(Atom::Int(i64::from(value))),
            Op::BigInt(_) | Op::Float(_) | Op::Complex(_) => Val::number(),
            Op::Str(text) => Val::str(ir.text(text)),
            Op::Bytes(text) => Val::bytes(ir.text(text)),
            Op::Param(index) => {
                let value = frame.params.get(index as usize).cloned().unwrap_or_else(Val::unknown);
                let params = &ir.functions[frame.func.func.index()].params;
                let name = params.get(index as usize).map_or("", |param| ir.name(param.name));
                // Where the caller is known, its own names say more.
                if frame.depth == 0 { self.sensitive(frame, at, name, value) } else { value }
            }
            Op::Global(name) => self.global(frame, at, ir.name(name)),
            Op::Free(name) => self.free(frame, at, ir.name(name)),
            Op::Unbound(_) => Val::default(),
            Op::Import(_) => self.entity_value(frame, at),
            Op::Attr { base, name } => {
                let value = self.attribute(frame, at, base, ir.name(name));
                taken(frame, at, value)
            }
            Op::Item { base, key } => {
                let value = self.item(frame, at, base, key);
                taken(frame, at, value)
            }
            Op::Slice(_) => Val::of(Atom::Unknown),
            Op::StoreAttr { base, name, value } => {
                self.store_attribute(frame, at, base, ir.name(name), value);
                Val::default()
            }
            Op::StoreItem { base, key, value } => {
                self.store_item(frame, at, base, key, value);
                Val::default()
            }
            Op::StoreName { name, value } => {
                let stored = self.bound_at(frame, at, value);
                self.named(frame, at, &[ir.name(name)], &stored);
                if let Some(env) = frame.env
                    && let Some(object) = frame.heap.edit(env)
                {
                    object.set(Key::Attr(Arc::from(ir.name(name))), stored, false);
                }
                Val::default()
            }
            Op::Bind { name, value } => {
                // The name appears in traces from here on.
                let bound = self.bound_at(frame, at, value);
                self.named(frame, at, &[ir.name(name)], &bound);
                if let Some(env) = frame.env
                    && ir.bindings(frame.func.func).iter().any(|binding| binding.name == name)
                    && let Some(object) = frame.heap.edit(env)
                {
                    // Inner functions see it.
                    object.set(Key::Attr(Arc::from(ir.name(name))), bound.clone(), false);
                }
                frame.set(value, bound);
                Val::default()
            }
            Op::DeleteAttr { .. } | Op::DeleteName(_) => Val::default(),
            Op::DeleteItem { base, key } => {
                self.delete_item(frame, base, key);
                Val::default()
            }
            Op::Call { callee, args } => self.call(frame, at, callee, args),
            Op::Decorate { decorator, target } => self.decorate(frame, at, decorator, target),
            Op::Binary { op, left, right, .. } => self.binary(frame, at, op, left, right),
            Op::Unary { op, value } => {
                let operand = self.operand(frame, value);
                match op {
                    UnaryOp::Not => {
                        self.truth(&frame.heap, &operand).map_or_else(Val::number, |known| Val::bool(!known))
                    }
                    UnaryOp::USub => match operand.as_int().and_then(i64::checked_neg) {
                        Some(value) => Val::of(Atom::Int(value)),
                        None => Val {
                            atoms: smallvec![Atom::Number],
                            taint: operand.taint.remove(super::facts::WORD_SAFE),
                        },
                    },
                    UnaryOp::UAdd | UnaryOp::Invert => operand.inexact(),
                }
            }
            Op::Compare { op, left, right } => self.compare(frame, op, left, right),
            Op::Format(parts) => self.format(frame, parts),
            Op::Template(parts) => self.format(frame, parts).inexact(),
            Op::Tuple(items) => self.display(frame, at, Kind::Tuple, items),
            Op::List(items) => self.display(frame, at, Kind::List, items),
            Op::Set(items) => self.display(frame, at, Kind::Set, items),
            Op::Dict(pairs) => self.dict(frame, at, pairs),
            Op::Starred(value) => self.operand(frame, value),
            Op::Collect { kind, element, key } => self.collect(frame, at, kind, element, key),
            Op::Element { iterable, .. } => {
                let value = self.operand(frame, iterable);
                self.element(frame, at, &value)
            }
            Op::Unpack { value, index } => {
                let value = self.operand(frame, value);
                self.unpack(frame, &value, index)
            }
            Op::UnpackRest { value, .. } => {
                let value = self.operand(frame, value);
                let element = self.element(frame, at, &value);
                let mut object = Object::new(Kind::List);
                object.positions = false;
                object.rest = Some(element);
                self.make(frame, at_site(frame, at), 0, object)
            }
            Op::Enter { manager, .. } => self.enter_context(frame, at, manager),
            Op::Caught { .. } => self.caught(frame, at),
            Op::Await(value) => self.operand(frame, value),
            Op::Yield(value) => {
                let value = self.operand(frame, value);
                frame.yielded.join(&value);
                Val::unknown()
            }
            Op::YieldFrom(value) => {
                let value = self.operand(frame, value);
                let element = self.element(frame, at, &value);
                frame.yielded.join(&element);
                Val::unknown()
            }
            Op::Function(func) => {
                let func = clearance_program::FuncRef { module: frame.func.module, func };
                Val::of(Atom::Function { func, env: frame.env })
            }
            Op::Class(class) => {
                Val::of(Atom::Class(clearance_program::ClassRef { module: frame.func.module, class }))
            }
            Op::Phi(_) => frame.value(at).clone(),
            Op::Sigma { value, condition, truth } => self.sigma(frame, value, condition, truth),
            Op::Match { test: _, .. } => Val::number(),
            Op::Return(value) => {
                self.finish(frame, at, value);
                Val::default()
            }
            Op::Raise { exception, .. } => {
                if exception != Value::NONE {
                    let mut value = self.operand(frame, exception);
                    // What the exception holds goes with it, also where the objects do not.
                    value.taint.join(&frame.heap.deep_taint(&value));
                    frame.raised.join(&value);
                }
                frame.ended = true;
                Val::default()
            }
            Op::Unknown => Val::unknown(),
        }
    }

    pub(super) fn bound_at(&mut self, frame: &mut Frame, at: Value, value: Value) -> Val {
        let site = frame.site(at);
        self.operand(frame, value).map_taint(&|taint| taint.at(site, Note::Bound))
    }

    pub(super) fn sigma(&mut self, frame: &mut Frame, value: Value, condition: Value, truth: bool) -> Val {
        // The block's facts already say what the condition's outcome says; a truth value itself is known as well.
        let known = self.operand(frame, value);
        let ir = self.ir(frame.func);
        if root(ir, condition) == root(ir, value) {
            let mut kept = known.clone();
            kept.atoms.retain(|atom| {
                let single = Val::of(atom.clone());
                self.truth(&frame.heap, &single).is_none_or(|this| this == truth)
            });
            if !kept.is_bottom() {
                return kept;
            }
        }
        known
    }

    /// Whether a value is text that is HTML already, whose operators escape.
    pub(super) fn is_markup(&self, frame: &Frame, value: &Val) -> bool {
        let markup = |path| self.program.models.dotted(path) == "markupsafe.Markup";
        !value.is_bottom()
            && value.atoms.iter().any(|atom| match atom {
                Atom::Instance(class) => markup(*class),
                Atom::Object(id) => {
                    matches!(frame.heap.get(*id).map(|object| object.kind), Some(Kind::External(class)) if markup(class))
                }
                _ => false,
            })
    }

    pub(super) fn binary(
        &mut self,
        frame: &mut Frame,
        at: Value,
        op: BinaryOp,
        left: Value,
        right: Value,
    ) -> Val {
        let a = self.operand(frame, left);
        let b = self.operand(frame, right);
        if a.is_bottom() || b.is_bottom() {
            return if a.is_bottom() { b } else { a };
        }
        if let (Some(x), Some(y)) = (a.as_int(), b.as_int())
            && let Some(result) = arithmetic(op, x, y)
        {
            return Val::of(Atom::Int(result));
        }
        if matches!(op, BinaryOp::Add | BinaryOp::Mod)
            && (self.is_markup(frame, &a) || self.is_markup(frame, &b))
        {
            // Escapes what is put in; the markup itself was judged where it was made.
            return self.blend(frame, at, &[&a, &b], Kinds::HTML);
        }
        match op {
            BinaryOp::Add => self.add(frame, at, &a, &b),
            BinaryOp::Mod if !a.atoms.iter().all(|atom| matches!(atom, Atom::Int(_) | Atom::Number)) => {
                self.percent(frame, &a, &b)
            }
            BinaryOp::Div => {
                // pathlib: base / name
                let class = a.atoms.iter().chain(&b.atoms).find_map(|atom| match atom {
                    Atom::Instance(class) if self.known.is_path_class(*class) => Some(*class),
                    _ => None,
                });
                let mut taint = a.shallow_taint();
                taint.join(&b.shallow_taint());
                let taint = taint.forget_lacks(Lacks::ALL_CHARS);
                Val { atoms: smallvec![class.map_or(Atom::Unknown, Atom::Instance)], taint }
            }
            BinaryOp::Mult if matches!(b.single(), Some(Atom::Int(_) | Atom::Number)) => {
                if a.atoms.iter().all(|atom| matches!(atom, Atom::Int(_) | Atom::Number)) {
                    return Val::number();
                }
                a.inexact()
            }
            BinaryOp::BitOr => {
                let mut both = a.inexact();
                both.join(&b.inexact());
                both
            }
            _ => {
                let mut taint = a.shallow_taint();
                taint.join(&b.shallow_taint());
                Val { atoms: smallvec![if taint.is_empty() { Atom::Number } else { Atom::Unknown }], taint }
            }
        }
    }

    pub(super) fn add(&mut self, frame: &mut Frame, at: Value, a: &Val, b: &Val) -> Val {
        let list = |value: &Val| match value.single() {
            Some(Atom::Object(id)) => {
                frame.heap.get(*id).filter(|object| matches!(object.kind, Kind::List | Kind::Tuple)).cloned()
            }
            _ => None,
        };
        match (list(a), list(b)) {
            (Some(first), Some(second)) => {
                let mut object = (*first).clone();
                if second.positions {
                    for item in &second.items {
                        object.push(item.clone());
                    }
                } else {
                    object.scatter();
                }
                if let Some(rest) = &second.rest {
                    object.add_rest(rest);
                    object.scatter();
                }
                return self.make(frame, at_site(frame, at), 0, object);
            }
            (Some(first), None) | (None, Some(first)) => {
                let mut object = (*first).clone();
                object.scatter();
                let other = if list(a).is_some() { b } else { a };
                let element = self.element(frame, at, other);
                object.add_rest(&element);
                return self.make(frame, at_site(frame, at), 0, object);
            }
            (None, None) => {}
        }
        let numeric = |value: &Val| {
            value.atoms.iter().all(|atom| matches!(atom, Atom::Int(_) | Atom::Number | Atom::Bool(_)))
        };
        if numeric(a) && numeric(b) {
            return Val::number();
        }
        join_texts(a, b)
    }

    pub(super) fn compare(&mut self, frame: &mut Frame, op: CompareOp, left: Value, right: Value) -> Val {
        let a = self.operand(frame, left);
        let b = self.operand(frame, right);
        let known = match op {
            CompareOp::In | CompareOp::NotIn => {
                self.contains(frame, &b, &a).map(|inside| inside == (op == CompareOp::In))
            }
            _ => self.compare_version(frame, op, &a, &b).or_else(|| compare_known(op, &a, &b)),
        };
        known.map_or_else(Val::number, Val::bool)
    }

    /// `sys.version_info >= (3, 8)`: the program is taken to run on a current version.
    pub(super) fn compare_version(&self, frame: &Frame, op: CompareOp, a: &Val, b: &Val) -> Option<bool> {
        let Some(Atom::Path(path)) = a.single() else { return None };
        let Some(Atom::Object(id)) = b.single() else { return None };
        if !self.known.is_version(*path) {
            return None;
        }
        let object = frame.heap.get(*id)?;
        let wanted: Vec<i64> = object.items.iter().map(Val::as_int).collect::<Option<_>>()?;
        let ordering = [3, 12].as_slice().cmp(&wanted[..wanted.len().min(2)]);
        match op {
            CompareOp::Lt => Some(ordering.is_lt()),
            CompareOp::LtE => Some(ordering.is_le()),
            CompareOp::Gt => Some(ordering.is_gt()),
            CompareOp::GtE => Some(ordering.is_ge()),
            _ => None,
        }
    }

    /// Whether a container holds an element, where both are known.
    pub(super) fn contains(&self, frame: &Frame, container: &Val, element: &Val) -> Option<bool> {
        match container.single()? {
            Atom::Text(_) => {
                let (whole, part) = (container.as_str(), element.as_str());
                if let (Some(whole), Some(part)) = (whole, part) {
                    return Some(whole.contains(part));
                }
                // A known part of a text that is otherwise unknown.
                let part = part?;
                let Some(Atom::Text(text)) = container.single() else { return None };
                text.iter()
                    .any(|piece| matches!(piece, Piece::Lit(lit) if lit.contains(part)))
                    .then_some(true)
            }
            Atom::Object(id) => {
                let object = frame.heap.get(*id)?;
                if object.shared || object.rest.is_some() || !element.is_constant() {
                    return None;
                }
                let found = match object.kind {
                    Kind::Dict => {
                        let key = super::container::key_of(element)?;
                        object.key(&key).is_some()
                    }
                    _ => {
                        if !object.items.iter().all(Val::is_constant) {
                            return None;
                        }
                        object.items.contains(element)
                    }
                };
                Some(found)
            }
            _ => None,
        }
    }

    pub(super) fn display(&mut self, frame: &mut Frame, at: Value, kind: Kind, items: Span) -> Val {
        let ir = self.ir(frame.func);
        let mut object = Object::new(kind);
        let mut open = false;
        for item in ir.list(items) {
            if let Op::Starred(inner) = ir.op(*item) {
                let value = self.operand(frame, inner);
                let spread = match value.single() {
                    Some(Atom::Object(id)) => frame.heap.get(*id).cloned(),
                    _ => None,
                };
                match spread {
                    Some(other)
                        if !open && other.positions && other.rest.is_none() && other.kind != Kind::Dict =>
                    {
                        for item in &other.items {
                            object.push(item.clone());
                        }
                    }
                    _ => {
                        // What stands before it keeps its place.
                        let element = self.element(frame, at, &value);
                        object.add_rest(&element);
                        open = true;
                    }
                }
                continue;
            }
            let value = self.operand(frame, *item);
            if open {
                object.add_rest(&value);
            } else {
                object.push(value);
            }
        }
        self.make(frame, at_site(frame, at), 0, object)
    }

    pub(super) fn dict(&mut self, frame: &mut Frame, at: Value, pairs: Span) -> Val {
        let ir = self.ir(frame.func);
        let mut object = Object::new(Kind::Dict);
        for pair in ir.list(pairs).chunks_exact(2) {
            let value = self.operand(frame, pair[1]);
            let Some(key) = pair[0].some() else {
                self.merge_into(frame, &mut object, &value);
                continue;
            };
            let key = self.operand(frame, key);
            match super::container::key_of(&key) {
                Some(key) => object.set(key, value, true),
                None => {
                    object.key_taint.join(&key.shallow_taint());
                    object.add_rest(&value);
                }
            }
        }
        self.make(frame, at_site(frame, at), 0, object)
    }

    pub(super) fn collect(
        &mut self,
        frame: &mut Frame,
        at: Value,
        kind: CollectKind,
        element: Value,
        key: Value,
    ) -> Val {
        let value = self.operand(frame, element);
        let mut object = Object::new(match kind {
            CollectKind::List | CollectKind::Generator => Kind::List,
            CollectKind::Set => Kind::Set,
            CollectKind::Dict => Kind::Dict,
        });
        object.positions = false;
        if kind == CollectKind::Dict {
            match key.some() {
                Some(key) => {
                    let key = self.operand(frame, key);
                    object.key_taint.join(&key.shallow_taint());
                    object.add_rest(&value);
                }
                None => self.merge_into(frame, &mut object, &value),
            }
        } else if !value.is_bottom() {
            object.add_rest(&value);
        }
        self.make(frame, at_site(frame, at), 0, object)
    }

    /// The exception in a handler: what the `try` body raised, where that is in this function.
    pub(super) fn caught(&mut self, frame: &mut Frame, at: Value) -> Val {
        let site = frame.site(at);
        let mut value = Val::tainted(Taint::of(
            crate::taint::Label::Source { site, origin: clearance_models::flow::Origin::Exception },
            Kinds::EXPOSURE,
            crate::taint::hop(&None, site, Note::Read),
        ));
        let raised = frame.raised.clone();
        value.taint.join(&frame.heap.deep_taint(&raised));
        let objects = raised.atoms.iter().filter(|atom| matches!(atom, Atom::Object(_))).cloned();
        if !raised.is_bottom() && raised.atoms.iter().all(|atom| matches!(atom, Atom::Object(_))) {
            // Their fields are known one by one.
            value.atoms.clear();
        }
        value.atoms.extend(objects);
        value
    }

    pub(crate) fn is_module_body(&self, frame: &Frame) -> bool {
        self.ir(frame.func).functions[frame.func.func.index()].kind == FunctionKind::Module
    }
}

fn at_site(frame: &Frame, at: Value) -> clearance_program::Site {
    frame.site(at)
}

fn arithmetic(op: BinaryOp, x: i64, y: i64) -> Option<i64> {
    match op {
        BinaryOp::Add => x.checked_add(y),
        BinaryOp::Sub => x.checked_sub(y),
        BinaryOp::Mult => x.checked_mul(y),
        BinaryOp::FloorDiv => (y != 0).then(|| x.checked_div_euclid(y)).flatten().filter(|_| y > 0),
        BinaryOp::Mod => (y > 0).then(|| x.rem_euclid(y)),
        BinaryOp::BitAnd => Some(x & y),
        BinaryOp::BitOr => Some(x | y),
        BinaryOp::BitXor => Some(x ^ y),
        BinaryOp::LShift => (0..32).contains(&y).then(|| x.checked_mul(1 << y)).flatten(),
        BinaryOp::RShift => (0..63).contains(&y).then_some(x >> y),
        BinaryOp::Pow => u32::try_from(y).ok().filter(|y| *y < 64).and_then(|y| x.checked_pow(y)),
        BinaryOp::Div | BinaryOp::MatMult => None,
    }
}

fn compare_known(op: CompareOp, a: &Val, b: &Val) -> Option<bool> {
    use std::cmp::Ordering;
    let none = |value: &Val| value.single() == Some(&Atom::None);
    match op {
        CompareOp::Is | CompareOp::IsNot | CompareOp::Eq | CompareOp::NotEq if none(a) || none(b) => {
            let other = if none(a) { b } else { a };
            let surely = |atom: &Atom| match atom {
                Atom::None => Some(true),
                Atom::Unknown
                | Atom::Fixed
                | Atom::Sym(_)
                | Atom::Number
                | Atom::Path(_)
                | Atom::Instance(_) => None,
                _ => Some(false),
            };
            let mut answers = other.atoms.iter().map(surely);
            let first = answers.next()??;
            if answers.any(|answer| answer != Some(first)) {
                return None;
            }
            return Some(first == matches!(op, CompareOp::Is | CompareOp::Eq));
        }
        _ => {}
    }
    let ordering = match (a.as_int(), b.as_int()) {
        (Some(x), Some(y)) => x.cmp(&y),
        _ => match (a.as_str(), b.as_str()) {
            (Some(x), Some(y)) => x.cmp(y),
            _ => return None,
        },
    };
    Some(match op {
        CompareOp::Eq | CompareOp::Is => ordering == Ordering::Equal,
        CompareOp::NotEq | CompareOp::IsNot => ordering != Ordering::Equal,
        CompareOp::Lt => ordering == Ordering::Less,
        CompareOp::LtE => ordering != Ordering::Greater,
        CompareOp::Gt => ordering == Ordering::Greater,
        CompareOp::GtE => ordering != Ordering::Less,
        CompareOp::In | CompareOp::NotIn => return None,
    })
}
