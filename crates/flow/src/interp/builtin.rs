//! Python's own functions whose effect on values is followed exactly.

use std::sync::Arc;

use clearance_python::ir::Value;
use smallvec::smallvec;

use super::{Engine, Frame};
use crate::heap::{Key, Kind, Object};
use clearance_models::flow::Kinds;

use crate::taint::Lacks;
use crate::value::{Args, Atom, Piece, Val, concat, literal};

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Builtin {
    Len,
    Int,
    Float,
    Bool,
    Str,
    Repr,
    Bytes,
    List,
    Tuple,
    Set,
    Dict,
    DefaultDict,
    Sorted,
    Reversed,
    Enumerate,
    Zip,
    Map,
    Filter,
    Iter,
    Next,
    Getattr,
    Setattr,
    Ord,
    Chr,
    Range,
    Numeric,
    MinMax,
    Partial,
    Wraps,
    Copy,
    StringIo,
    PathJoin,
    Basename,
    Resolve,
    Type,
    RegexCompile,
    Format,
    Vars,
}

/// The paths of what is followed.
pub(crate) const BUILTINS: &[(&str, Builtin)] = &[
    ("builtins.len", Builtin::Len),
    ("builtins.int", Builtin::Int),
    ("builtins.float", Builtin::Float),
    ("builtins.bool", Builtin::Bool),
    ("builtins.str", Builtin::Str),
    ("builtins.repr", Builtin::Repr),
    ("builtins.ascii", Builtin::Repr),
    ("builtins.bytes", Builtin::Bytes),
    ("builtins.bytearray", Builtin::Bytes),
    ("builtins.list", Builtin::List),
    ("collections.deque", Builtin::List),
    ("builtins.tuple", Builtin::Tuple),
    ("builtins.set", Builtin::Set),
    ("builtins.frozenset", Builtin::Set),
    ("builtins.dict", Builtin::Dict),
    ("collections.OrderedDict", Builtin::Dict),
    ("collections.defaultdict", Builtin::DefaultDict),
    ("builtins.sorted", Builtin::Sorted),
    ("builtins.reversed", Builtin::Reversed),
    ("builtins.enumerate", Builtin::Enumerate),
    ("builtins.zip", Builtin::Zip),
    ("builtins.map", Builtin::Map),
    ("builtins.filter", Builtin::Filter),
    ("builtins.iter", Builtin::Iter),
    ("builtins.next", Builtin::Next),
    ("builtins.getattr", Builtin::Getattr),
    ("builtins.setattr", Builtin::Setattr),
    ("builtins.ord", Builtin::Ord),
    ("builtins.chr", Builtin::Chr),
    ("builtins.range", Builtin::Range),
    ("builtins.hash", Builtin::Numeric),
    ("builtins.id", Builtin::Numeric),
    ("builtins.round", Builtin::Numeric),
    ("builtins.abs", Builtin::Numeric),
    ("builtins.sum", Builtin::Numeric),
    ("builtins.hex", Builtin::Numeric),
    ("builtins.oct", Builtin::Numeric),
    ("builtins.bin", Builtin::Numeric),
    ("builtins.any", Builtin::Numeric),
    ("builtins.all", Builtin::Numeric),
    ("builtins.isinstance", Builtin::Numeric),
    ("builtins.issubclass", Builtin::Numeric),
    ("builtins.hasattr", Builtin::Numeric),
    ("builtins.callable", Builtin::Numeric),
    ("builtins.complex", Builtin::Float),
    ("decimal.Decimal", Builtin::Float),
    ("builtins.min", Builtin::MinMax),
    ("builtins.max", Builtin::MinMax),
    ("functools.partial", Builtin::Partial),
    ("functools.wraps", Builtin::Wraps),
    ("copy.copy", Builtin::Copy),
    ("copy.deepcopy", Builtin::Copy),
    ("io.StringIO", Builtin::StringIo),
    ("io.BytesIO", Builtin::StringIo),
    ("os.path.join", Builtin::PathJoin),
    ("posixpath.join", Builtin::PathJoin),
    ("os.path.basename", Builtin::Basename),
    ("ntpath.basename", Builtin::Basename),
    ("os.path.realpath", Builtin::Resolve),
    ("os.path.abspath", Builtin::Resolve),
    ("os.path.normpath", Builtin::Resolve),
    ("pathlib.Path.resolve", Builtin::Resolve),
    ("pathlib.Path.absolute", Builtin::Copy),
    ("builtins.type", Builtin::Type),
    ("re.compile", Builtin::RegexCompile),
    ("builtins.format", Builtin::Format),
    ("builtins.vars", Builtin::Vars),
];

impl<'p> Engine<'p> {
    pub(crate) fn builtin(
        &mut self,
        frame: &mut Frame,
        at: Value,
        builtin: Builtin,
        receiver: Option<&Val>,
        args: &Args,
    ) -> Option<Val> {
        let first = args.positional.first();
        let site = frame.site(at);
        Some(match builtin {
            Builtin::Len => {
                if let Some(text) = first.and_then(Val::as_str) {
                    return Some(Val::of(Atom::Int(text.chars().count() as i64)));
                }
                if let Some(Atom::Object(id)) = first.and_then(Val::single)
                    && let Some(object) = frame.heap.get(*id)
                    && matches!(object.kind, Kind::List | Kind::Tuple)
                    && object.positions
                    && object.rest.is_none()
                    && !object.shared
                {
                    return Some(Val::of(Atom::Int(object.items.len() as i64)));
                }
                Val::number()
            }
            Builtin::Int => match first {
                Some(value) => {
                    match (value.as_int(), value.as_str().and_then(|text| text.trim().parse().ok())) {
                        (Some(known), _) | (None, Some(known)) => Val::of(Atom::Int(known)),
                        (None, None) => self.numeric(frame, args),
                    }
                }
                None => Val::of(Atom::Int(0)),
            },
            Builtin::Float | Builtin::Numeric => self.numeric(frame, args),
            Builtin::Bool => {
                let value = first?;
                self.truth(&frame.heap, value).map_or_else(Val::number, Val::bool)
            }
            Builtin::Ord => match first.and_then(Val::as_str).and_then(|text| text.chars().next()) {
                Some(letter) => Val::of(Atom::Int(i64::from(u32::from(letter)))),
                None => Val::number(),
            },
            Builtin::Chr => match first
                .and_then(Val::as_int)
                .and_then(|code| u32::try_from(code).ok())
                .and_then(char::from_u32)
            {
                Some(letter) => Val::str(&letter.to_string()),
                None => Val::unknown(),
            },
            Builtin::Str | Builtin::Format => {
                let Some(value) = first else { return Some(Val::str("")) };
                if let Some(Atom::Object(id)) = value.single()
                    && let Some(Kind::Instance(class)) = frame.heap.get(*id).map(|object| object.kind)
                    && self
                        .resolver
                        .member_of(class, "__str__", Some(site))
                        .iter()
                        .any(|entity| matches!(entity, clearance_program::Entity::Method(_)))
                {
                    let receiver = value.clone();
                    return Some(self.dunder(frame, at, class, receiver, "__str__", Vec::new()));
                }
                let is_path =
                    |atom: &Atom| matches!(atom, Atom::Instance(class) if self.known.is_path_class(*class));
                if value.atoms.iter().any(is_path) {
                    return Some(Val::tainted(value.shallow_taint()));
                }
                let text = self.text_of(frame, value);
                Val::from_text(text, false).without(Kinds::NOSQL)
            }
            Builtin::Repr => {
                let value = first?;
                let text = self.text_of(frame, value);
                Val::from_text(text, false).lacking(Lacks::NEWLINE)
            }
            Builtin::Bytes => match first {
                Some(value) if value.atoms.iter().all(|atom| matches!(atom, Atom::Int(_) | Atom::Number)) => {
                    Val::unknown()
                }
                Some(value) => Val::from_text(self.text_of(frame, value), true),
                None => Val::bytes(""),
            },
            Builtin::List | Builtin::Sorted | Builtin::Reversed => {
                let value = self.container_of(frame, at, Kind::List, first);
                if builtin != Builtin::List
                    && let Some(Atom::Object(id)) = value.single()
                    && let Some(object) = frame.heap.edit(*id)
                {
                    if builtin == Builtin::Reversed && object.positions {
                        object.items.reverse();
                    } else {
                        object.scatter();
                    }
                }
                value
            }
            Builtin::Tuple => self.container_of(frame, at, Kind::Tuple, first),
            Builtin::Set => self.container_of(frame, at, Kind::Set, first),
            Builtin::Dict | Builtin::DefaultDict => {
                let from = if builtin == Builtin::DefaultDict { args.positional.get(1) } else { first };
                let value = self.container_of(frame, at, Kind::Dict, from);
                if let Some(Atom::Object(id)) = value.single()
                    && let Some(object) = frame.heap.edit(*id)
                {
                    for (name, value) in &args.keywords {
                        object.set(Key::Str(name.clone()), value.clone(), true);
                    }
                    if let Some(rest) = &args.double_star {
                        object.add_rest(rest);
                    }
                }
                value
            }
            Builtin::Enumerate | Builtin::Zip => {
                // Tuples of one element of each.
                let mut pair = Object::new(Kind::Tuple);
                if builtin == Builtin::Enumerate {
                    pair.push(Val::number());
                }
                let count = if builtin == Builtin::Enumerate { 1 } else { args.positional.len() };
                for value in args.positional.iter().take(count).cloned().collect::<Vec<_>>() {
                    let element = self.element(frame, at, &value);
                    pair.push(element);
                }
                let pair = self.make(frame, site, 20, pair);
                let mut list = Object::new(Kind::List);
                list.positions = false;
                list.rest = Some(pair);
                self.make(frame, site, 21, list)
            }
            Builtin::Map => {
                let function = first?.clone();
                let mut elements = Vec::new();
                for value in args.positional.iter().skip(1).cloned().collect::<Vec<_>>() {
                    elements.push(self.element(frame, at, &value));
                }
                let result = self.call_value(frame, at, &function, Args::of(elements), None);
                let mut list = Object::new(Kind::List);
                list.positions = false;
                list.rest = Some(result);
                self.make(frame, site, 22, list)
            }
            Builtin::Filter => {
                let value = args.positional.get(1)?.clone();
                let element = self.element(frame, at, &value);
                let mut list = Object::new(Kind::List);
                list.positions = false;
                list.rest = Some(element);
                self.make(frame, site, 23, list)
            }
            Builtin::Iter => first?.clone(),
            Builtin::Next => {
                let value = first?.clone();
                let mut element = self.element(frame, at, &value);
                if let Some(default) = args.positional.get(1) {
                    element.join(default);
                }
                element
            }
            Builtin::Getattr => {
                let object = first?.clone();
                let name = args.positional.get(1)?;
                match name.as_str().map(str::to_owned) {
                    Some(name) => {
                        let mut value = self.member(frame, at, &object, &name);
                        if let Some(default) = args.positional.get(2) {
                            value.join(default);
                        }
                        value
                    }
                    None if name.atoms.len() > 1 && name.is_constant() => {
                        let mut value = Val::default();
                        for atom in name.atoms.clone() {
                            if let Some(name) = Val::of(atom).as_str() {
                                value.join(&self.member(frame, at, &object, name));
                            }
                        }
                        value
                    }
                    None => {
                        let known = self.classes_of_module(frame, &object);
                        let mut value = self.blend(frame, at, &[&object, name], Kinds::NONE);
                        value.join(&known);
                        value
                    }
                }
            }
            Builtin::Setattr => {
                let (object, name, value) = (first?, args.positional.get(1)?, args.positional.get(2)?);
                for atom in &object.atoms {
                    if let Atom::Object(id) = atom
                        && let Some(content) = frame.heap.edit(*id)
                    {
                        match name.as_str() {
                            Some(name) => content.set(Key::Attr(Arc::from(name)), value.clone(), true),
                            None => content.add_rest(value),
                        }
                    }
                }
                return None;
            }
            Builtin::Range => {
                let mut list = Object::new(Kind::List);
                list.positions = false;
                list.rest = Some(Val::number());
                self.make(frame, site, 24, list)
            }
            Builtin::MinMax => {
                if args.positional.len() == 1 {
                    let value = first?.clone();
                    return Some(self.element(frame, at, &value));
                }
                let mut joined = Val::default();
                for value in &args.positional {
                    joined.join(value);
                }
                joined
            }
            Builtin::Partial => {
                let callee = first?.clone();
                let mut rest = args.clone();
                rest.positional.remove(0);
                Val::of(Atom::Partial(Arc::new((callee, rest))))
            }
            Builtin::Wraps => Val::unknown(),
            Builtin::Copy => match (receiver, first) {
                (Some(receiver), None) => receiver.clone(),
                (_, Some(value)) => {
                    if let Some(Atom::Object(id)) = value.single()
                        && let Some(object) = frame.heap.get(*id).cloned()
                    {
                        return Some(self.make(frame, site, 25, (*object).clone()));
                    }
                    value.clone()
                }
                _ => return None,
            },
            Builtin::StringIo => {
                let mut object = Object::new(Kind::Buffer);
                let text = first.cloned().unwrap_or_else(|| Val::str(""));
                object.set(Key::Attr(Arc::from("text")), text, true);
                self.make(frame, site, 26, object)
            }
            Builtin::PathJoin => {
                let mut text = literal("");
                for (number, value) in args.positional.iter().enumerate() {
                    let piece = self.text_of(frame, value);
                    let absolute = matches!(piece.first(), Some(Piece::Lit(lit)) if lit.starts_with('/'));
                    if absolute {
                        text = piece;
                        continue;
                    }
                    if number > 0 && !matches!(text.last(), Some(Piece::Lit(lit)) if lit.ends_with('/')) {
                        text = concat(&text, &literal("/"));
                    }
                    text = concat(&text, &piece);
                }
                if let Some(star) = &args.star {
                    let taint = frame.heap.deep_taint(star);
                    text = concat(&text, &smallvec![Piece::Hole { taint, exact: false }]);
                }
                if text.is_empty() {
                    text = smallvec![Piece::Hole { taint: crate::taint::Taint::default(), exact: false }];
                }
                // An absolute part replaces what stands before it, so the beginning decides nothing.
                Val::tainted(crate::value::text_taint(&text).forget_lacks(Lacks::ALL_CHARS)).joined(&if args
                    .positional
                    .iter()
                    .all(Val::is_constant)
                    && args.star.is_none()
                {
                    Val::from_text(text, false)
                } else {
                    Val::default()
                })
            }
            Builtin::Basename => {
                let value = first?;
                self.blend(frame, at, &[value], Kinds::PATH).lacking(Lacks::SLASH.with(Lacks::LEADING_SLASH))
            }
            Builtin::Resolve => {
                let value = receiver.or(first)?;
                let class = value.atoms.iter().find(|atom| matches!(atom, Atom::Instance(_))).cloned();
                let taint = frame.heap.deep_taint(value).lacking(Lacks::UNRESOLVED);
                Val { atoms: smallvec![class.unwrap_or(Atom::Unknown)], taint }
            }
            Builtin::Type => {
                let value = first?;
                let mut classes = Val::default();
                for atom in &value.atoms {
                    match atom {
                        Atom::Object(id) => match frame.heap.get(*id).map(|object| object.kind) {
                            Some(Kind::Instance(class)) => classes.join(&Val::of(Atom::Class(class))),
                            _ => classes.join(&Val::unknown()),
                        },
                        _ => classes.join(&Val::unknown()),
                    }
                }
                classes
            }
            Builtin::RegexCompile => {
                let pattern = args.get(0, "pattern")?.clone();
                let path = self.known.regex_pattern()?;
                let mut object = Object::new(Kind::External(path));
                object.set(Key::Attr(Arc::from("pattern")), pattern, true);
                self.make(frame, site, 27, object)
            }
            Builtin::Vars => return None,
        })
    }

    /// A number: nothing but hashing and showing can still be wrong with it.
    fn numeric(&self, frame: &Frame, args: &Args) -> Val {
        let mut value = Val::number();
        for argument in args.all() {
            value
                .taint
                .join(&frame.heap.deep_taint(argument).remove(super::facts::WORD_SAFE.with(Kinds::TRUST)));
        }
        value
    }

    /// The classes of a module, for `getattr(module, name)` with an unknown name.
    fn classes_of_module(&mut self, frame: &mut Frame, object: &Val) -> Val {
        let mut found = Val::default();
        for atom in &object.atoms {
            if let Atom::Entity(clearance_program::Entity::Module(module)) = atom {
                let names: Vec<String> = {
                    let data = self.program.module(*module);
                    let ir = &data.ir;
                    let mut names: Vec<String> = ir
                        .classes
                        .iter()
                        .filter(|class| class.parent.0 == 0)
                        .map(|class| ir.name(class.name).to_owned())
                        .collect();
                    names.truncate(4);
                    names
                };
                for name in names {
                    let value = self.module_global(frame, *module, &name, 1);
                    found.join(&value);
                }
            }
        }
        found
    }
}
