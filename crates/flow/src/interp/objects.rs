//! Objects of the program's classes: making them, their special methods, context managers.

use std::sync::Arc;

use clearance_program::{ClassRef, Entity};
use clearance_python::ir::{Op, Value};

use super::{Engine, Frame, root};
use crate::heap::{Key, Kind, Object};
use crate::value::{Args, Atom, Val};

impl<'p> Engine<'p> {
    /// Makes an instance of a class of the program.
    pub(crate) fn instantiate(&mut self, frame: &mut Frame, at: Value, class: ClassRef, args: Args) -> Val {
        let site = frame.site(at);
        let mut object = Object::new(Kind::Instance(class));
        let (_, external) = self.resolver.ancestors(class);
        object.shared = !external.is_empty();
        let initialisers = self.resolver.member_of(class, "__init__", Some(site));
        let own = initialisers.iter().find_map(|entity| match entity {
            Entity::Method(func) => Some(*func),
            _ => None,
        });
        if own.is_none() {
            // Data classes, named tuples, models: fields by position and name.
            let fields = self.resolver.fields(class);
            for (value, name) in args.positional.iter().zip(&fields) {
                object.set(Key::Attr(Arc::from(name.as_str())), value.clone(), true);
            }
            for (name, value) in &args.keywords {
                object.set(Key::Attr(name.clone()), value.clone(), true);
            }
            for rest in args.star.iter().chain(&args.double_star) {
                object.add_rest(rest);
            }
            if fields.is_empty() && !external.is_empty() {
                for value in &args.positional {
                    object.add_rest(value);
                }
            }
        }
        let instance = self.make(frame, site, 2, object);
        if let Some(func) = own {
            self.call_function(frame, at, func, Some(instance.clone()), args.clone(), None);
        }
        if self.is_exception(class) {
            // `BaseException.__new__` keeps them, whatever `__init__` does.
            let mut kept = Object::new(Kind::Tuple);
            for value in &args.positional {
                kept.push(value.clone());
            }
            let kept = self.make(frame, site, 8, kept);
            if let Some(Atom::Object(id)) = instance.single()
                && let Some(object) = frame.heap.edit(*id)
            {
                object.set(Key::Attr(Arc::from("args")), kept, true);
            }
        }
        let no_page = own.is_none() && !external.is_empty() && self.is_no_page_class(class);
        for base in external {
            if let Entity::Path(path) = base
                && own.is_none()
                && !no_page
            {
                self.external(frame, at, path, Some(&instance), &args);
            }
        }
        instance
    }

    /// Whether a class is one of exceptions, by what it or its ancestors in the program derive from.
    fn is_exception(&mut self, class: ClassRef) -> bool {
        let (order, _) = self.resolver.ancestors(class);
        order.into_iter().any(|class| {
            let ir = &self.program.module(class.module).ir;
            ir.args(self.program.class(class).args).iter().any(|base| {
                let name = match ir.op(root(ir, base.value)) {
                    Op::Global(name) | Op::Attr { name, .. } => ir.name(name),
                    _ => return false,
                };
                name.ends_with("Error") || name.ends_with("Exception")
            })
        })
    }

    pub(crate) fn dunder(
        &mut self,
        frame: &mut Frame,
        at: Value,
        class: ClassRef,
        receiver: Val,
        name: &str,
        args: Vec<Val>,
    ) -> Val {
        self.dunder_args(frame, at, class, receiver, name, Args::of(args))
    }

    pub(super) fn dunder_args(
        &mut self,
        frame: &mut Frame,
        at: Value,
        class: ClassRef,
        receiver: Val,
        name: &str,
        args: Args,
    ) -> Val {
        let site = frame.site(at);
        let mut result = Val::default();
        for entity in self.resolver.member_of(class, name, Some(site)) {
            match entity {
                Entity::Method(func) => {
                    let value =
                        self.call_function(frame, at, func, Some(receiver.clone()), args.clone(), None);
                    result.join(&value);
                }
                Entity::Path(path) => {
                    let value = self.external(frame, at, path, Some(&receiver), &args);
                    result.join(&value);
                }
                _ => {}
            }
        }
        if result.is_bottom() {
            let mut taint = frame.heap.deep_taint(&receiver);
            for value in args.all() {
                taint.join(&frame.heap.deep_taint(value));
            }
            return Val::tainted(taint);
        }
        result
    }

    /// `with manager as …`
    pub(crate) fn enter_context(&mut self, frame: &mut Frame, at: Value, manager: Value) -> Val {
        let value = self.operand(frame, manager);
        let mut result = Val { taint: value.taint.clone(), ..Val::default() };
        for atom in &value.atoms {
            match atom {
                Atom::Object(id) => match frame.heap.get(*id).map(|object| object.kind) {
                    Some(Kind::Instance(class)) => {
                        let entered =
                            self.dunder(frame, at, class, Val::of(atom.clone()), "__enter__", Vec::new());
                        let nothing = entered.atoms.iter().all(|atom| matches!(atom, Atom::Unknown));
                        result.join(&entered);
                        if nothing {
                            result.join(&Val::of(atom.clone()));
                        }
                    }
                    // A generator under contextlib.contextmanager: what it yields.
                    Some(Kind::List) => {
                        let content = frame.heap.get(*id).map(|object| object.content()).unwrap_or_default();
                        result.join(&content);
                    }
                    Some(Kind::External(class)) => {
                        let entered = self
                            .program
                            .models
                            .member(class, "__enter__")
                            .and_then(|enter| self.program.models.result(enter));
                        result.join(
                            &entered.map_or_else(
                                || Val::of(atom.clone()),
                                |class| Val::of(Atom::Instance(class)),
                            ),
                        );
                    }
                    _ => result.join(&Val::of(atom.clone())),
                },
                Atom::Instance(class) => {
                    let entered = self
                        .program
                        .models
                        .member(*class, "__enter__")
                        .and_then(|enter| self.program.models.result(enter))
                        .unwrap_or(*class);
                    result.join(&Val::of(Atom::Instance(entered)));
                }
                other => result.join(&Val::of(other.clone())),
            }
        }
        result
    }
}
