//! Calls of libraries, by their models.

use clearance_models::PathId;
use clearance_models::flow::{Kinds, Origin, Slot};
use clearance_program::{ParamSource, Site};
use clearance_python::ir::Value;
use smallvec::smallvec;

use super::{Engine, Frame};
use crate::heap::{Key, Kind, Object};
use crate::taint::{Label, Lacks, Note, Taint};
use crate::value::{Args, Atom, Val};

impl<'p> Engine<'p> {
    /// Calls an external path.
    pub(crate) fn external(
        &mut self,
        frame: &mut Frame,
        at: Value,
        path: PathId,
        receiver: Option<&Val>,
        args: &Args,
    ) -> Val {
        let flow = self.flow;
        let site = frame.site(at);
        // What an attribute of a chosen name is, is read; harm needs that it is called.
        let looked_up =
            self.known.builtin(path) == Some(super::Builtin::Getattr) && !self.is_called(frame, at);
        for sink in flow.sinks(path) {
            if !looked_up {
                self.check_sink(frame, at, sink, receiver, args);
            }
        }
        let mut escaped = false;
        for render in flow.renders(path) {
            escaped |= self.render(frame, at, render, receiver, args);
        }
        if let Some(loaded) = self.load(frame, at, path, receiver, args) {
            return loaded;
        }
        if flow.ends(path) {
            frame.ended = true;
            return Val::default();
        }
        if matches!(self.program.models.last_name(path), "model_dump" | "dict" | "asdict")
            && let Some(Atom::Object(id)) = receiver.or(args.positional.first()).and_then(Val::single)
            && matches!(frame.heap.get(*id).map(|object| object.kind), Some(Kind::Instance(_)))
            && let Some(value) = self.fields_of(frame, at, *id)
        {
            return value;
        }
        if self.program.models.dotted(path) == "builtins.print"
            && let Some(file) = args.keyword("file").cloned()
        {
            let written: Vec<&Val> = args.positional.iter().collect();
            let line = self.blend(frame, at, &written, Kinds::NONE);
            self.method(frame, at, &file, "write", &Args::of([line]));
            return Val::of(Atom::None);
        }
        if let Some(builtin) = self.known.builtin(path)
            && let Some(value) = self.builtin(frame, at, builtin, receiver, args)
        {
            return value;
        }
        if self.known.is_address_part(path) {
            return self.address_part(site, args.positional.first());
        }
        if matches!(self.program.models.last_name(path), "get" | "getlist")
            && let Some(convert) = args.get(2, "type")
            && !convert.is_bottom()
            && convert
                .atoms
                .iter()
                .all(|atom| matches!(atom, Atom::Path(path) if self.known.is_number(*path)))
        {
            // A converter of the library: what does not convert is not there.
            return Val::number();
        }
        if flow.container(path).is_some() {
            return self.made(frame, at, path, args);
        }
        let name = self.program.models.last_name(path);
        if let Some(value) = self.container_method(frame, at, name, receiver, args) {
            return value;
        }
        if let Some(row) = self.row(frame, at, path, args) {
            return row;
        }
        let mut result = Val::default();
        let class = self.program.models.result(path);
        let mut known = false;
        for source in flow.sources(path) {
            known = true;
            match &source.to {
                Slot::Result => {
                    result.taint.join(&self.source(site, source.origin, source.kinds));
                }
                slot => {
                    let taint = self.source(site, source.origin, source.kinds);
                    let targets: Vec<Val> = select(slot, receiver, args).cloned().collect();
                    for target in targets {
                        self.pour(frame, &target, &taint);
                    }
                }
            }
        }
        if self.program.models.last_name(path) == "relative_to" {
            self.confined(frame, at);
        }
        let clean = flow.is_clean(path);
        let sanitizers = flow.sanitizers(path);
        // What one sanitizer removes stays removed where another does not apply.
        let mut cleaned: Vec<(&Val, Kinds)> = Vec::new();
        for sanitizer in sanitizers {
            let applies = sanitizer.when.iter().all(|condition| self.holds(frame, condition, receiver, args));
            known = true;
            let removes = if applies { sanitizer.removes } else { Kinds::NONE };
            for value in sanitizer.slots.iter().flat_map(|slot| select(slot, receiver, args)) {
                match cleaned.iter_mut().find(|(other, _)| std::ptr::eq(*other, value)) {
                    Some((_, kinds)) => *kinds = kinds.with(removes),
                    None => cleaned.push((value, removes)),
                }
            }
        }
        for (value, removes) in cleaned {
            result.taint.join(&frame.heap.deep_taint(value).remove(removes).at(site, Note::Through));
        }
        for propagator in flow.propagators(path) {
            known = true;
            self.propagate(frame, at, propagator, receiver, args, &mut result);
        }
        if escaped {
            result.taint = result.taint.remove(Kinds::HTML);
        }
        if name == "splitext" && !result.taint.is_empty() {
            // What it takes for an extension has no separator in it.
            let mut object = Object::new(Kind::Tuple);
            object.push(Val::tainted(result.taint.clone()));
            object.push(Val::tainted(result.taint.lacking(Lacks::SLASH)));
            return self.make(frame, site, 40, object);
        }
        if name == "relative_to" {
            // It raises where the path does not begin so; `..` that follows is none of its business.
            result.taint = result.taint.map(|entry| {
                if entry.lacks.has(Lacks::UNRESOLVED) {
                    entry.kinds = entry.kinds.without(Kinds::PATH);
                }
            });
        }
        if clean {
            return class.map_or_else(Val::number, |class| Val::of(Atom::Instance(class)));
        }
        if flow.sinks(path).iter().any(|sink| sink.kind == Kinds::TEMPLATE) {
            result.taint = result.taint.remove(Kinds::HTML);
        }
        known |= !flow.guards(path).is_empty();
        if !known && flow.sinks(path).is_empty() {
            let unknown = self.unknown_call(frame, at, receiver, args, "", false);
            result.taint.join(&unknown.taint);
        }
        let fixed = known
            && result.taint.is_empty()
            && receiver.is_none_or(Val::is_constant)
            && args.all().next().is_some()
            && args.all().all(|value| made_of_constants(frame, value, 0))
            && flow.sources(path).is_empty();
        match class {
            None if fixed && result.is_bottom() | (result.single() == Some(&Atom::Unknown)) => {
                return Val::of(Atom::Fixed);
            }
            Some(class) if self.remembers(class, args) => {
                let made = self.made(frame, at, class, args);
                result.join(&made);
            }
            Some(class) => result.atoms.push(Atom::Instance(class)),
            None if result.is_bottom() => result.atoms.push(Atom::Unknown),
            None => {}
        }
        result
    }

    /// `session.get(Model, key)`: a row of the database is an instance of the class that is asked for.
    fn row(&mut self, frame: &mut Frame, at: Value, path: PathId, args: &Args) -> Option<Val> {
        let Some(Atom::Class(class)) = args.positional.first().and_then(Val::single) else { return None };
        let flow = self.flow;
        let source = flow.sources(path).iter().find(|source| source.origin == Origin::Database)?;
        let site = frame.site(at);
        let mut object = Object::new(Kind::Instance(*class));
        object.shared = true;
        object.add_rest(&Val::tainted(self.source(site, source.origin, source.kinds)));
        Some(self.make(frame, site, 9, object))
    }

    /// Whether how an instance is made matters later.
    pub(crate) fn remembers(&self, class: PathId, args: &Args) -> bool {
        self.flow.container(class).is_some()
            || (!self.known.is_path_class(class)
                && args
                    .positional
                    .iter()
                    .chain(args.keywords.iter().map(|(_, value)| value))
                    .any(Val::is_constant))
    }

    /// An instance of a library's class, with the constants that it is made with.
    fn made(&mut self, frame: &mut Frame, at: Value, class: PathId, args: &Args) -> Val {
        self.make(frame, frame.site(at), 8, made_with(class, args))
    }

    fn propagate(
        &mut self,
        frame: &mut Frame,
        at: Value,
        propagator: &clearance_models::flow::Propagator,
        receiver: Option<&Val>,
        args: &Args,
        result: &mut Val,
    ) {
        let site = frame.site(at);
        let mut taint = Taint::default();
        for slot in &propagator.from {
            for value in select(slot, receiver, args) {
                if propagator.same && propagator.to.contains(&Slot::Result) {
                    result.join(value);
                }
                taint.join(&frame.heap.deep_taint(value));
            }
        }
        if !propagator.adds.is_empty() {
            taint = taint.map(|entry| {
                // Who made it is no matter of how it is written.
                let adds = propagator.adds.without(Kinds::TRUST.with(Kinds::DESERIALISE));
                entry.kinds = entry.kinds.with(adds);
                entry.lacks = Lacks::NONE;
            });
        }
        let moved = if propagator.same { taint.clone() } else { taint.at(site, Note::Through) };
        for slot in &propagator.to {
            if *slot == Slot::Result {
                if !propagator.same {
                    result.taint.join(&moved);
                    if result.is_bottom() {
                        result.atoms.push(Atom::Unknown);
                    }
                }
            } else {
                let targets: Vec<Val> = select(slot, receiver, args).cloned().collect();
                for target in targets {
                    self.pour(frame, &target, &moved);
                }
            }
        }
        if let Some(slot) = &propagator.calls {
            let callbacks: Vec<Val> = select(slot, receiver, args).cloned().collect();
            let given = self.handed_on(frame, at, propagator, args);
            for callback in callbacks {
                let known = callback.atoms.iter().all(|atom| {
                    matches!(atom, Atom::Function { .. } | Atom::Method { .. } | Atom::Partial(_))
                });
                let returned = match given.clone().filter(|_| known) {
                    Some(given) => self.call_value(frame, at, &callback, given, None),
                    None => self.call_back(frame, at, &callback, &taint),
                };
                result.taint.join(&frame.heap.deep_taint(&returned));
            }
        }
    }

    /// A part of the address, as far as the patterns that name it let anything through.
    fn address_part(&mut self, site: Site, name: Option<&Val>) -> Val {
        let known = name.and_then(Val::as_str).and_then(|name| self.program.address_part(name));
        let not = match known {
            Some(ParamSource::Clean) => return Val::number(),
            Some(ParamSource::Tainted { not, .. }) => not,
            // Patterns that could not be told: most name a row.
            _ => Kinds::PATH,
        };
        Val::tainted(self.source(site, Origin::Remote, Kinds::CHOSEN.without(not)))
    }

    /// Data flows into an object that something outside the program writes to.
    pub(crate) fn pour(&mut self, frame: &mut Frame, target: &Val, taint: &Taint) {
        if taint.is_empty() {
            return;
        }
        for atom in &target.atoms {
            match atom {
                Atom::Object(id) => {
                    if let Some(object) = frame.heap.edit(*id) {
                        object.scatter();
                        object.add_rest(&Val::tainted(taint.clone()));
                    }
                }
                Atom::Sym(sym) => frame.heap.write_field(sym.field("[]"), Val::tainted(taint.clone()), false),
                _ => {}
            }
        }
    }

    /// `base[key]` of something external: the members that models know (`os.environ`), or whatever the base carries.
    pub(crate) fn external_item(
        &mut self,
        frame: &mut Frame,
        at: Value,
        path: PathId,
        base: &Val,
        key: &Val,
    ) -> Val {
        let site = frame.site(at);
        let mut value = match self.program.models.member(path, "__getitem__") {
            Some(member) => self.external(frame, at, member, Some(base), &Args::of([key.clone()])),
            None => Val::unknown(),
        };
        for source in self.flow.sources(path) {
            value.taint.join(&self.source(site, source.origin, source.kinds));
        }
        of_header(value, Some(key))
    }

    /// `base[key] = value` of something external: a session, response headers.
    pub(crate) fn external_store(
        &mut self,
        frame: &mut Frame,
        at: Value,
        path: PathId,
        key: &Val,
        value: &Val,
    ) {
        let member = self.program.models.member(path, "__setitem__");
        let args = Args::of([key.clone(), value.clone()]);
        let receiver = Val::of(Atom::Instance(path));
        let paths = [member, Some(path)];
        let flow = self.flow;
        for path in paths.into_iter().flatten() {
            for sink in flow.sinks(path) {
                self.check_sink(frame, at, sink, Some(&receiver), &args);
            }
        }
    }

    /// `get` and `set` of containers that models describe.
    pub(crate) fn container_method(
        &mut self,
        frame: &mut Frame,
        at: Value,
        name: &str,
        receiver: Option<&Val>,
        args: &Args,
    ) -> Option<Val> {
        let receiver = receiver?;
        let Some(Atom::Object(id)) = receiver.single() else { return None };
        let Kind::External(class) = frame.heap.get(*id)?.kind else { return None };
        let container = self.flow.container(class)?;
        let key = |positions: &[u8]| {
            let mut parts = String::new();
            for position in positions {
                let part = args.positional.get(usize::from(*position))?;
                match part.single() {
                    Some(Atom::Path(path)) => parts.push_str(&object_key(self.program.models.dotted(*path))),
                    _ => parts.push_str(part.as_str()?),
                }
                parts.push('\0');
            }
            Some(Key::Str(parts.into()))
        };
        if let Some((positions, value)) = container.set.get(name) {
            let value = args.positional.get(usize::from(*value)).cloned().unwrap_or_else(Val::unknown);
            let site = frame.site(at);
            let value = value.map_taint(&|taint| taint.at(site, Note::Stored));
            let in_loop = frame.in_loop && frame.pass > 0;
            let object = frame.heap.edit(*id)?;
            match key(positions) {
                Some(key) => object.set(key, value, !in_loop),
                None => object.add_rest(&value),
            }
            return Some(Val::of(Atom::None));
        }
        if let Some(positions) = container.get.get(name) {
            let object = frame.heap.get(*id)?;
            let mut value = match key(positions) {
                Some(key) => super::container::read_item(object, Some(&key)),
                None => object.content(),
            };
            if let Some(fallback) = args.keyword("fallback")
                && value.atoms.contains(&Atom::Unknown)
            {
                value.join(&fallback.clone());
            }
            return Some(value);
        }
        None
    }
}

/// A dict of pairs, as far as they are known to be pairs.
fn paired(frame: &Frame, source: &Object) -> Object {
    let mut object = Object::new(Kind::Dict);
    for element in source.items.iter().chain(&source.rest) {
        let mut rest = Val { atoms: smallvec![], taint: element.taint.clone() };
        for atom in &element.atoms {
            let pair = match atom {
                Atom::Object(id) => frame.heap.get(*id).filter(|pair| {
                    matches!(pair.kind, Kind::Tuple | Kind::List) && pair.positions && pair.items.len() == 2
                }),
                _ => None,
            };
            match pair {
                Some(pair) => match pair.items[0].as_str() {
                    Some(key) => object.set(Key::Str(key.into()), pair.items[1].clone(), false),
                    None => {
                        object.key_taint.join(&frame.heap.deep_taint(&pair.items[0]));
                        object.add_rest(&pair.items[1]);
                    }
                },
                None => rest.atoms.push(atom.clone()),
            }
        }
        if !rest.is_bottom() || !rest.taint.is_empty() {
            object.key_taint.join(&rest.taint);
            object.add_rest(&rest);
        }
    }
    object.shared = source.shared;
    object
}

/// Begins the names under which an instance of a library's class keeps the arguments that it is made with: no attribute of Python's is called so.
pub(crate) const MADE_WITH: &str = "\0made:";

/// An instance of a library's class that remembers the constants it is made with.
pub(crate) fn made_with(class: PathId, args: &Args) -> Object {
    let mut object = Object::new(Kind::External(class));
    let telling = |value: &Val| {
        value.is_constant()
            || (value.taint.is_empty()
                && value
                    .atoms
                    .iter()
                    .all(|atom| matches!(atom, Atom::Path(_) | Atom::Instance(_) | Atom::Object(_))))
    };
    for (number, value) in args.positional.iter().enumerate().filter(|(_, value)| telling(value)) {
        object.set(Key::Attr(format!("{MADE_WITH}{number}").into()), value.clone(), true);
    }
    for (name, value) in args.keywords.iter().filter(|(_, value)| telling(value)) {
        object.set(Key::Attr(format!("{MADE_WITH}{name}").into()), value.clone(), true);
    }
    object
}

/// Whether a value is a constant, or a display of constants.
fn made_of_constants(frame: &Frame, value: &Val, depth: u32) -> bool {
    value.is_constant()
        || depth < 4
            && value.taint.is_empty()
            && !value.is_bottom()
            && value.atoms.iter().all(|atom| match atom {
                Atom::Object(id) => frame.heap.get(*id).is_some_and(|object| {
                    matches!(object.kind, Kind::List | Kind::Tuple | Kind::Dict | Kind::Set)
                        && object.rest.is_none()
                        && !object.shared
                        && object.key_taint.is_empty()
                        && object
                            .items
                            .iter()
                            .chain(object.keys.iter().map(|(_, value)| value))
                            .all(|value| made_of_constants(frame, value, depth + 1))
                }),
                other => Val::of(other.clone()).is_constant(),
            })
}

/// Headers in which a client names a host.
fn names_host(header: &str) -> bool {
    let header = header.to_ascii_lowercase().replace('_', "-");
    matches!(
        header.trim_start_matches("http-"),
        "host" | "x-forwarded-host" | "x-host" | "x-original-host" | "x-forwarded-server" | "forwarded"
    )
}

/// What one header carries, by its name: only few name a host.
fn of_header(value: Val, key: Option<&Val>) -> Val {
    match key.and_then(Val::as_str) {
        Some(name) if !names_host(name) => value.map_taint(&|taint| {
            taint.map(|entry| {
                if matches!(entry.label, Label::Source { origin: Origin::Header, .. }) {
                    entry.kinds = entry.kinds.without(Kinds::HOST);
                }
            })
        }),
        _ => value,
    }
}

/// How the object at an external path is written as a key.
pub(crate) fn object_key(path: &str) -> String {
    format!("\u{2}{path}")
}

/// The values that a slot names.
pub(crate) fn select<'a>(
    slot: &'a Slot,
    receiver: Option<&'a Val>,
    args: &'a Args,
) -> Box<dyn Iterator<Item = &'a Val> + 'a> {
    match slot {
        Slot::Position(at) => {
            let given = args.positional.get(usize::from(*at));
            Box::new(given.into_iter().chain(given.is_none().then_some(args.star.as_ref()).flatten()))
        }
        Slot::Keyword(name) => {
            let given = args.keyword(name);
            Box::new(given.into_iter().chain(given.is_none().then_some(args.double_star.as_ref()).flatten()))
        }
        Slot::Receiver => Box::new(receiver.into_iter()),
        Slot::Any => Box::new(args.all()),
        Slot::From(at) => Box::new(args.positional.iter().skip(usize::from(*at)).chain(&args.star)),
        Slot::Names => Box::new(args.names.iter()),
        Slot::Result => Box::new(std::iter::empty()),
    }
}

impl<'p> Engine<'p> {
    /// An object of a builtin container kind, with the given content.
    pub(crate) fn container_of(
        &mut self,
        frame: &mut Frame,
        at: Value,
        kind: Kind,
        from: Option<&Val>,
    ) -> Val {
        let mut object = Object::new(kind);
        if let Some(from) = from {
            match from.single() {
                Some(Atom::Object(id))
                    if frame.heap.get(*id).is_some_and(|source| {
                        matches!(source.kind, Kind::List | Kind::Tuple | Kind::Set) || source.kind == kind
                    }) =>
                {
                    if let Some(source) = frame.heap.get(*id) {
                        object = if kind == Kind::Dict && source.kind != kind {
                            paired(frame, source)
                        } else {
                            (**source).clone()
                        };
                        object.kind = kind;
                    }
                }
                _ => {
                    let element = self.element(frame, at, from);
                    object.positions = false;
                    if !element.is_bottom() {
                        object.rest = Some(element);
                    }
                    if kind == Kind::Dict {
                        object.key_taint.join(&from.taint);
                        object.shared = true;
                    }
                }
            }
        }
        self.make(frame, frame.site(at), 4, object)
    }

    /// A text made of others, in which nothing is known but what they carry.
    pub(crate) fn blend(&self, frame: &Frame, at: Value, values: &[&Val], removes: Kinds) -> Val {
        let mut taint = Taint::default();
        for value in values {
            taint.join(&frame.heap.deep_taint(value));
        }
        Val {
            atoms: smallvec![Atom::Unknown],
            taint: taint.remove(removes).at(frame.site(at), Note::Through),
        }
    }
}
