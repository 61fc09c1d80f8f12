//! Attributes: reading and writing.

use std::sync::Arc;

use clearance_models::PathId;
use clearance_models::flow::Kinds;
use clearance_program::{ClassRef, Entity, Site};
use clearance_python::ir::{Op, Value};

use super::{Engine, Frame};
use crate::heap::{Key, Kind};
use crate::taint::{Label, Note, Taint, hop};
use crate::value::{Args, Atom, Val};

impl<'p> Engine<'p> {
    /// `base.name`
    pub(crate) fn attribute(&mut self, frame: &mut Frame, at: Value, base: Value, name: &str) -> Val {
        let object = self.operand(frame, base);
        let ir = self.ir(frame.func);
        if matches!(ir.op(super::root(ir, base)), Op::Call { .. })
            && let Some(own) = frame.params.first().cloned()
            && self
                .resolver
                .entities(frame.site(base))
                .iter()
                .any(|entity| matches!(entity, Entity::Super(_)))
        {
            // `super().name`, of the object at hand.
            let found = self.static_entities(frame, at);
            if !found.is_bottom() {
                return self.rebind(found, &own);
            }
        }
        let value = self.member(frame, at, &object, name);
        if value
            .atoms
            .iter()
            .any(|atom| matches!(atom, Atom::Method { .. } | Atom::Function { .. } | Atom::Path(_)))
        {
            return value;
        }
        self.sensitive(frame, at, name, value)
    }

    /// A value whose name says that it is a secret or personal data.
    pub(crate) fn sensitive(&self, frame: &Frame, at: Value, name: &str, mut value: Val) -> Val {
        if let Some(origin) = crate::sensitive::origin_of(name)
            && !value.is_constant()
        {
            value.taint.join(&self.source(frame.site(at), origin, crate::sensitive::SENSITIVE));
        }
        value
    }

    pub(crate) fn member(&mut self, frame: &mut Frame, at: Value, object: &Val, name: &str) -> Val {
        let mut found = Val::default();
        let site = frame.site(at);
        for atom in &object.atoms {
            let value = match atom {
                Atom::Object(id) => {
                    let Some(content) = frame.heap.get(*id).cloned() else { continue };
                    match content.kind {
                        Kind::Instance(class) => match content.key(&Key::Attr(Arc::from(name))) {
                            Some(value) => value.clone(),
                            None => {
                                let mut value =
                                    self.class_attribute(frame, at, class, Some(Val::of(atom.clone())), name);
                                if let Some(rest) = &content.rest {
                                    value.join(rest);
                                }
                                value
                            }
                        },
                        Kind::External(class) => self.external_member(site, class, object, name),
                        _ => bound(Val::of(atom.clone()), name, None),
                    }
                }
                Atom::Sym(sym)
                    if sym.path().is_empty()
                        && sym.index == 0
                        && let Some(class) = self.own_class(frame)
                        && let Some(getter) = self.resolver.property(class, name) =>
                {
                    let receiver =
                        Val { atoms: smallvec::smallvec![atom.clone()], taint: object.taint.clone() };
                    self.call_function(frame, at, getter, Some(receiver), Args::default(), None)
                }
                Atom::Sym(sym) => {
                    let field = sym.field(&format!(".{name}"));
                    let mut value = match frame.heap.read_field(&field) {
                        Some(written) => written.clone(),
                        None => {
                            let own = self.static_entities(frame, at);
                            if !own.is_bottom() {
                                let receiver = Val {
                                    atoms: smallvec::smallvec![atom.clone()],
                                    taint: object.taint.clone(),
                                };
                                self.rebind(own, &receiver)
                            } else {
                                self.read_sym(frame, &field, object)
                            }
                        }
                    };
                    if sym.path().is_empty()
                        && sym.index == 0
                        && let Some(class) = self.own_class(frame)
                    {
                        let stored = self.stored_field(frame, class, name);
                        value.join(&stored);
                    }
                    value
                }
                Atom::Class(class) => self.class_attribute(frame, at, *class, None, name),
                Atom::Entity(entity) => self.entity_member(frame, at, *entity, name),
                Atom::Path(path) => match self.program.models.member(*path, name) {
                    Some(member) => self.external_value(site, member, Some(object)),
                    None => bound(object.clone(), name, None),
                },
                Atom::Instance(class) if self.program.is_context(*class) => {
                    let stored = self.static_entities(frame, at);
                    if stored.is_bottom() { self.external_member(site, *class, object, name) } else { stored }
                }
                Atom::Instance(class) => self.external_member(site, *class, object, name),
                Atom::Unknown => {
                    let own = self.static_entities(frame, at);
                    if own.is_bottom() {
                        Val {
                            atoms: smallvec::smallvec![Atom::Bound {
                                receiver: Box::new(unknown_of(object)),
                                name: Arc::from(name),
                                path: None
                            }],
                            taint: object.taint.clone(),
                        }
                    } else {
                        self.rebind(own, object)
                    }
                }
                Atom::None => continue,
                // Something of something that is not known: `answer.choices[0].message.content`.
                Atom::Bound { path: None, .. } => {
                    let mut value = bound(
                        Val { atoms: smallvec::smallvec![atom.clone()], taint: object.taint.clone() },
                        name,
                        None,
                    );
                    value.taint.join(&object.taint);
                    value
                }
                // A member of an enumeration.
                Atom::Number if matches!(name, "value" | "name") => Val::of(Atom::Fixed),
                _ => bound(
                    Val { atoms: smallvec::smallvec![atom.clone()], taint: object.taint.clone() },
                    name,
                    None,
                ),
            };
            found.join(&value);
        }
        if found.is_bottom() && !object.is_bottom() {
            return Val::tainted(object.taint.clone());
        }
        found
    }

    /// What the program's names and types say of a value, where the run does not know.
    pub(crate) fn static_entities(&mut self, frame: &mut Frame, at: Value) -> Val {
        let site = frame.site(at);
        let mut found = Val::default();
        for entity in self.resolver.entities(site) {
            found.join(&self.value_of_entity(frame, site, entity));
        }
        found
    }

    /// Methods among `value` get their receiver.
    fn rebind(&self, value: Val, receiver: &Val) -> Val {
        let atoms = value
            .atoms
            .into_iter()
            .map(|atom| match atom {
                Atom::Method { func, .. } => Atom::Method { func, receiver: Box::new(receiver.clone()) },
                Atom::Path(path) => Atom::Bound {
                    receiver: Box::new(receiver.clone()),
                    name: Arc::from(""),
                    path: Some(path),
                },
                other => other,
            })
            .collect();
        Val { atoms, taint: value.taint }
    }

    /// A member of an instance of an external class.
    pub(crate) fn external_member(&mut self, site: Site, class: PathId, object: &Val, name: &str) -> Val {
        match self.program.models.member(class, name) {
            Some(member) => {
                let mut value = self.external_value(site, member, Some(object));
                let sources = self.flow.sources(member);
                let method = value.atoms.iter().any(|atom| matches!(atom, Atom::Bound { .. }));
                if !object.taint.is_empty() && (!method || !sources.is_empty()) {
                    // A member that is a source itself is no more than its model says.
                    let kinds = sources.iter().fold(Kinds::NONE, |all, source| all.with(source.kinds));
                    let mut taint = object.taint.clone();
                    if !sources.is_empty() {
                        taint = taint.map(|entry| entry.kinds = entry.kinds.and(kinds.with(Kinds::PASSIVE)));
                        // Where the object came in is where its parts did.
                        if taint.entries().iter().any(|entry| matches!(entry.label, Label::Source { .. })) {
                            value.taint = Taint::default();
                        }
                    }
                    value.taint.join(&taint);
                }
                value
            }
            None => bound(object.clone(), name, None),
        }
    }

    /// The object at an external path, as it is read.
    pub(crate) fn external_value(&mut self, site: Site, path: PathId, receiver: Option<&Val>) -> Val {
        let mut value = match self.program.models.instance_of(path) {
            Some(class) => Val::of(Atom::Instance(class)),
            None => match receiver {
                Some(receiver) if receiver.atoms.iter().any(|atom| !matches!(atom, Atom::Path(_))) => {
                    bound(receiver.clone(), "", Some(path))
                }
                _ => Val::of(Atom::Path(path)),
            },
        };
        if self.known.is_request_path(path)
            && let Some(known) = &self.request_path
        {
            return known.clone();
        }
        let mut tainted = false;
        for source in self.flow.sources(path) {
            if source.to == clearance_models::flow::Slot::Result {
                value.taint.join(&self.source(site, source.origin, source.kinds));
                tainted = true;
            }
        }
        if !tainted
            && let Some(receiver) = receiver
            && !receiver.taint.is_empty()
        {
            let mut handed = Taint::default();
            let mut known = false;
            let sanitizers = self.flow.sanitizers(path);
            let removes = sanitizers.iter().fold(Kinds::NONE, |all, sanitizer| all.with(sanitizer.removes));
            if !sanitizers.is_empty() {
                known = true;
                handed.join(&receiver.taint.remove(removes));
            }
            for _ in self.flow.propagators(path) {
                known = true;
                handed.join(&receiver.taint);
            }
            if known {
                return Val {
                    atoms: smallvec::smallvec![
                        Atom::Unknown,
                        Atom::Bound {
                            receiver: Box::new(receiver.without(removes)),
                            name: Arc::from(""),
                            path: Some(path)
                        }
                    ],
                    taint: handed,
                };
            }
        }
        if tainted && !matches!(value.single(), Some(Atom::Instance(_))) {
            value.atoms.push(Atom::Unknown);
        }
        value
    }

    /// Data that comes in at a place.
    pub(crate) fn source(&self, site: Site, origin: clearance_models::flow::Origin, kinds: Kinds) -> Taint {
        Taint::of(Label::Source { site, origin }, kinds, hop(&None, site, Note::Read))
    }

    fn entity_member(&mut self, frame: &mut Frame, at: Value, entity: Entity, name: &str) -> Val {
        if let Entity::Module(module) = entity {
            let value = self.module_global(frame, module, name, 0);
            if !value.is_bottom() {
                return value;
            }
        }
        let value = self.static_entities(frame, at);
        if value.is_bottom() { Val::unknown() } else { value }
    }

    /// An attribute that a class of the program gives its instances (or itself).
    pub(crate) fn class_attribute(
        &mut self,
        frame: &mut Frame,
        at: Value,
        class: ClassRef,
        instance: Option<Val>,
        name: &str,
    ) -> Val {
        let site = frame.site(at);
        let entities = self.resolver.member_of(class, name, instance.is_some().then_some(site));
        let mut found = Val::default();
        for entity in entities {
            match entity {
                Entity::Method(func) => {
                    let receiver = instance.clone().unwrap_or_else(|| Val::of(Atom::Class(class)));
                    found.join(&Val::of(Atom::Method { func, receiver: Box::new(receiver) }));
                }
                Entity::Path(path) => {
                    let receiver = instance.clone();
                    found.join(&self.external_value(site, path, receiver.as_ref()));
                }
                other => found.join(&self.value_of_entity(frame, site, other)),
            }
        }
        if let Some(instance) = &instance
            && let Some(getter) = self.resolver.property(class, name)
        {
            return self.call_function(frame, at, getter, Some(instance.clone()), Args::default(), None);
        }
        if found.is_bottom() || found.atoms.iter().all(|atom| matches!(atom, Atom::Unknown)) {
            let fixed = self.class_constant(frame, class, name);
            found.join(&fixed);
        }
        if instance.is_some() {
            let stored = self.stored_field(frame, class, name);
            found.join(&stored);
        }
        if found.is_bottom() { Val::unknown() } else { found }
    }

    /// `base.name = value`
    pub(crate) fn store_attribute(
        &mut self,
        frame: &mut Frame,
        at: Value,
        base: Value,
        name: &str,
        value: Value,
    ) {
        let object = self.operand(frame, base);
        let site = frame.site(at);
        let value = self.operand(frame, value).map_taint(&|taint| taint.at(site, Note::Stored));
        self.named(frame, at, &[name], &value);
        let strong = object.atoms.len() == 1;
        for atom in &object.atoms {
            match atom {
                Atom::Object(id) => {
                    if let Some(Kind::External(class)) = frame.heap.get(*id).map(|object| object.kind)
                        && let Some(member) = self.program.models.member(class, name)
                    {
                        self.sink_value(frame, at, member, &value);
                    }
                    let strong = strong && !(frame.in_loop && frame.pass > 0);
                    if let Some(content) = frame.heap.edit(*id) {
                        content.set(Key::Attr(Arc::from(name)), value.clone(), strong);
                    }
                }
                Atom::Sym(sym) => {
                    frame.heap.write_field(sym.field(&format!(".{name}")), value.clone(), strong)
                }
                Atom::Path(path) | Atom::Instance(path) => {
                    if let Some(member) = self.program.models.member(*path, name) {
                        self.sink_value(frame, at, member, &value);
                    }
                }
                _ => {}
            }
        }
    }
}

pub(crate) fn bound(receiver: Val, name: &str, path: Option<PathId>) -> Val {
    Val::of(Atom::Bound { receiver: Box::new(receiver), name: Arc::from(name), path })
}

fn unknown_of(object: &Val) -> Val {
    Val::tainted(object.taint.clone())
}
