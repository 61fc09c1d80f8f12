//! Names outside the running function: globals, captured variables, class attributes, fields that other methods set.

use std::sync::Arc;

use clearance_program::{ClassRef, Entity, FuncRef, ModuleId, Site};
use clearance_python::ir::{ArgKind, FunctionKind, Op, Part, Value};

use super::{Engine, Frame, external::made_with};
use crate::heap::{Key, Kind, Object};
use crate::value::{Args, Atom, Sym, Text, Val, concat, literal};

/// How far names are followed from one place.
const MAX_DEPTH: u32 = 6;
/// Entries of a display at module level that are followed.
const MAX_ENTRIES: usize = 256;

impl<'p> Engine<'p> {
    /// A name at module level, or a built-in.
    pub(crate) fn global(&mut self, frame: &mut Frame, at: Value, name: &str) -> Val {
        let module = frame.func.module;
        let mut value = Val::default();
        let data = self.program.module(module);
        let bound = data.ir.names.find(name).is_some_and(|name| data.global(name).next().is_some());
        if !(bound && self.is_module_body(frame)) {
            value = self.module_global(frame, module, name, 0);
        }
        if value.is_bottom() {
            value = self.entity_value(frame, at);
        }
        value
    }

    /// What the program's names and types say of a value; unknown where they say nothing.
    pub(crate) fn entity_value(&mut self, frame: &mut Frame, at: Value) -> Val {
        // An imported constant of another module.
        let module = self.program.module(frame.func.module);
        if let Op::Import(import) = module.ir.op(at)
            && let Some(clearance_program::ImportTarget::MemberOf(other)) = module.imports.get(import.index())
            && let clearance_python::ir::Imported::Member(name) = module.ir.imports[import.index()].what
        {
            let value = self.module_global(frame, *other, module.ir.name(name), 0);
            if !value.is_bottom() {
                return value;
            }
        }
        let value = self.static_entities(frame, at);
        if value.is_bottom() { Val::unknown() } else { value }
    }

    pub(crate) fn value_of_entity(&mut self, frame: &mut Frame, site: Site, entity: Entity) -> Val {
        match entity {
            Entity::Path(path) => self.external_value(site, path, None),
            Entity::Instance(class, _) => {
                let mut value = Val::of(Atom::Instance(class));
                for source in self.flow.sources(class) {
                    if source.to == clearance_models::flow::Slot::Result {
                        value.taint.join(&self.source(site, source.origin, source.kinds));
                    }
                }
                value
            }
            Entity::Function(func) => Val::of(Atom::Function { func, env: None }),
            Entity::Method(func) => Val::of(Atom::Method { func, receiver: Box::new(Val::unknown()) }),
            Entity::Class(class) => Val::of(Atom::Class(class)),
            Entity::Object(class, made) => {
                // An object made elsewhere: its class is known, what it holds is not.
                let id = self.allocate(0, made, 7);
                if frame.heap.get(id).is_none() {
                    let mut object = Object::new(Kind::Instance(class));
                    object.shared = true;
                    frame.heap.put(id, object);
                }
                Val::of(Atom::Object(id))
            }
            Entity::Module(_) | Entity::Folder(_) | Entity::Super(_) => Val::of(Atom::Entity(entity)),
        }
    }

    /// What a name of a module is bound to when its functions run. Nothing where it is not bound there.
    pub(crate) fn module_global(
        &mut self,
        frame: &mut Frame,
        module: ModuleId,
        name: &str,
        depth: u32,
    ) -> Val {
        let program = self.program;
        let data = program.module(module);
        let Some(number) = data.ir.names.find(name) else {
            return Val::default();
        };
        let bindings: Vec<Value> = data.global(number).take(9).collect();
        let mut found = Val::default();
        if bindings.len() > 8 {
            return Val::unknown();
        }
        for value in bindings {
            let function = data.ir.function_of(value);
            let site = Site { module, value };
            if data.ir.functions[function.index()].kind == FunctionKind::Module {
                found.join(&self.static_value(frame, site, depth + 1));
            } else {
                // `global name` in a function: what comes from a source there.
                found.join(&self.global_store(frame, FuncRef { module, func: function }, site, depth));
            }
        }
        found
    }

    fn global_store(&mut self, frame: &mut Frame, function: FuncRef, site: Site, depth: u32) -> Val {
        let known = self.static_value(frame, site, depth.max(MAX_DEPTH - 2) + 1);
        if !self.graph.reads_source(function) {
            return known;
        }
        let Some(summary) = self.summary(function) else {
            return known;
        };
        let mut value = known;
        for (stored, from) in &summary.globals {
            if *stored == site.value {
                value.taint.join(&from.shallow_taint().sources_only());
            }
        }
        value
    }

    /// The value of an instruction of a body that is not being run: constants, displays, names.
    pub(crate) fn static_value(&mut self, frame: &mut Frame, site: Site, depth: u32) -> Val {
        if site.value == Value::NONE {
            return Val::of(Atom::None);
        }
        if depth > MAX_DEPTH {
            return Val::unknown();
        }
        let program = self.program;
        let module = program.module(site.module);
        let ir = &module.ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::None => Val::of(Atom::None),
            Op::Bool(value) => Val::bool(value),
            Op::Int(value) => Val::of(Atom::Int(i64::from(value))),
            Op::BigInt(_) | Op::Float(_) | Op::Complex(_) | Op::Ellipsis => Val::number(),
            Op::Str(text) => Val::str(ir.text(text)),
            Op::Bytes(text) => Val::bytes(ir.text(text)),
            Op::Sigma { value, .. } | Op::Starred(value) => self.static_value(frame, at(value), depth + 1),
            Op::Phi(operands) => {
                let mut found = Val::default();
                for operand in ir.list(operands).iter().take(6) {
                    if *operand != site.value {
                        found.join(&self.static_value(frame, at(*operand), depth + 2));
                    }
                }
                found
            }
            Op::Tuple(items) | Op::List(items) | Op::Set(items) => {
                let kind = match ir.op(site.value) {
                    Op::Tuple(_) => Kind::Tuple,
                    Op::List(_) => Kind::List,
                    _ => Kind::Set,
                };
                let id = self.allocate(0, site, 5);
                if frame.heap.get(id).is_none() {
                    let mut object = Object::new(kind);
                    for item in ir.list(items).iter().take(MAX_ENTRIES) {
                        let value = self.static_value(frame, at(*item), depth + 1);
                        object.push(value);
                    }
                    if items.len as usize > MAX_ENTRIES {
                        object.add_rest(&Val::unknown());
                    }
                    frame.heap.put(id, object);
                }
                Val::of(Atom::Object(id))
            }
            Op::Dict(pairs) => {
                let id = self.allocate(0, site, 5);
                if frame.heap.get(id).is_none() {
                    let mut object = Object::new(Kind::Dict);
                    for pair in ir.list(pairs).chunks_exact(2).take(MAX_ENTRIES) {
                        let value = self.static_value(frame, at(pair[1]), depth + 1);
                        let key = pair[0].some().map(|key| self.static_value(frame, at(key), depth + 1));
                        match key.as_ref().and_then(super::container::key_of) {
                            Some(key) => object.set(key, value, true),
                            None => object.add_rest(&value),
                        }
                    }
                    frame.heap.put(id, object);
                }
                Val::of(Atom::Object(id))
            }
            Op::Format(parts) => {
                let mut out = Text::new();
                for part in ir.parts(parts) {
                    let piece = match part {
                        Part::Text(text) => literal(ir.text(*text)),
                        Part::Value { value, .. } => self.static_value(frame, at(*value), depth + 1).pieces(),
                    };
                    out = concat(&out, &piece);
                }
                Val::from_text(out, false)
            }
            Op::Binary { op: clearance_python::ir::BinaryOp::Add, left, right, .. } => {
                let a = self.static_value(frame, at(left), depth + 1);
                let b = self.static_value(frame, at(right), depth + 1);
                match (a.as_int(), b.as_int()) {
                    (Some(x), Some(y)) => {
                        x.checked_add(y).map_or_else(Val::number, |sum| Val::of(Atom::Int(sum)))
                    }
                    _ => super::texts::join_texts(&a, &b),
                }
            }
            Op::Global(name) => {
                let value = self.module_global(frame, site.module, ir.name(name), depth + 1);
                if value.is_bottom() { self.static_site(frame, site) } else { value }
            }
            Op::Import(import) => {
                if let Some(clearance_program::ImportTarget::MemberOf(other)) =
                    module.imports.get(import.index())
                    && let clearance_python::ir::Imported::Member(name) = ir.imports[import.index()].what
                {
                    let value = self.module_global(frame, *other, ir.name(name), depth + 1);
                    if !value.is_bottom() {
                        return value;
                    }
                }
                self.static_site(frame, site)
            }
            Op::Function(func) => {
                Val::of(Atom::Function { func: FuncRef { module: site.module, func }, env: None })
            }
            Op::Class(class) => Val::of(Atom::Class(ClassRef { module: site.module, class })),
            Op::Decorate { target, .. } => self.static_value(frame, at(target), depth + 1),
            Op::Call { .. } => self.static_call(frame, site, depth),
            Op::Item { base, .. } => {
                let value = self.static_site(frame, site);
                if !value.atoms.iter().all(|atom| matches!(atom, Atom::Unknown)) {
                    return value;
                }
                let container = self.static_value(frame, at(base), depth + 1);
                match container.single() {
                    Some(Atom::Instance(path) | Atom::Path(path)) => self.typed_item(*path, value),
                    _ => value,
                }
            }
            _ => self.static_site(frame, site),
        }
    }

    /// A call outside the running function: containers and compiled patterns that the module keeps, else what types say.
    fn static_call(&mut self, frame: &mut Frame, site: Site, depth: u32) -> Val {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let Op::Call { callee, args } = ir.op(site.value) else {
            return Val::unknown();
        };
        let paths: Vec<_> = self.resolver.paths(Site { module: site.module, value: callee }).collect();
        for path in &paths {
            let first = ir.args(args).first().map(|arg| Site { module: site.module, value: arg.value });
            if self.known.regex_compile(*path)
                && let Some(first) = first
            {
                // Only the pattern matters, under the attribute `pattern`.
                let pattern = self.static_value(frame, first, depth + 1);
                let id = self.allocate(0, site, 6);
                let mut object = Object::new(Kind::External(*path));
                object.set(Key::Attr(Arc::from("pattern")), pattern, true);
                frame.heap.put(id, object);
                return Val::of(Atom::Object(id));
            }
            if matches!(
                self.known.builtin(*path),
                Some(
                    super::Builtin::Set | super::Builtin::List | super::Builtin::Tuple | super::Builtin::Copy
                )
            ) && let Some(first) = first
            {
                return self.static_value(frame, first, depth + 1);
            }
            if self.known.builtin(*path) == Some(super::Builtin::Ord)
                && let Some(first) = first
                && let Some(c) =
                    self.static_value(frame, first, depth + 1).as_str().and_then(|text| text.chars().next())
            {
                return Val::of(Atom::Int(i64::from(u32::from(c))));
            }
            // A parser, a client: with which constants it is made may matter where it is used.
            if let Some(class) =
                self.program.models.result(*path).filter(|class| !self.known.is_path_class(*class))
            {
                let mut given = Args::default();
                for arg in ir.args(args) {
                    let value = Site { module: site.module, value: arg.value };
                    match arg.kind {
                        ArgKind::Positional => {
                            given.positional.push(self.static_value(frame, value, depth + 1))
                        }
                        ArgKind::Keyword(name) => {
                            let value = self.static_value(frame, value, depth + 1);
                            given.keywords.push((Arc::from(ir.name(name)), value));
                        }
                        ArgKind::Star | ArgKind::DoubleStar => {}
                    }
                }
                if self.remembers(class, &given) {
                    let id = self.allocate(0, site, 6);
                    if frame.heap.get(id).is_none() {
                        frame.heap.put(id, made_with(class, &given));
                    }
                    return Val::of(Atom::Object(id));
                }
            }
        }
        self.static_site(frame, site)
    }

    fn static_site(&mut self, frame: &mut Frame, site: Site) -> Val {
        let mut found = Val::default();
        for entity in self.resolver.entities(site) {
            found.join(&self.value_of_entity(frame, site, entity));
        }
        if found.is_bottom() { Val::unknown() } else { found }
    }

    /// A captured variable.
    pub(crate) fn free(&mut self, frame: &mut Frame, at: Value, name: &str) -> Val {
        let mut env = frame.outer;
        for _ in 0..8 {
            let Some(id) = env else { break };
            let Some(object) = frame.heap.get(id) else { break };
            if let Some(value) = object.key(&Key::Attr(Arc::from(name))) {
                return value.clone();
            }
            env = match object.key(&Key::Attr(Arc::from("\0outer"))).and_then(Val::single) {
                Some(Atom::Object(outer)) => Some(*outer),
                _ => None,
            };
        }
        let ir = self.ir(frame.func);
        let mut here = ir.functions[frame.func.func.index()].parent;
        while let Some(parent) = here {
            let function = &ir.functions[parent.index()];
            let bindings: Vec<Value> = ir
                .bindings(parent)
                .iter()
                .filter(|binding| ir.name(binding.name) == name)
                .map(|binding| binding.value)
                .collect();
            if !bindings.is_empty() {
                let mut found = Val::default();
                for value in bindings.into_iter().take(6) {
                    found.join(&self.static_value(frame, Site { module: frame.func.module, value }, 1));
                }
                return found;
            }
            here = function.parent;
        }
        self.entity_value(frame, at)
    }

    /// The class in whose body the running function is written.
    pub(crate) fn own_class(&self, frame: &Frame) -> Option<ClassRef> {
        let module = self.program.module(frame.func.module);
        module.class_of(frame.func.func).map(|class| ClassRef { module: frame.func.module, class })
    }

    /// A constant that a class body binds, its own or inherited.
    pub(crate) fn class_constant(&mut self, frame: &mut Frame, class: ClassRef, name: &str) -> Val {
        let (order, _) = self.resolver.ancestors(class);
        for owner in order {
            let module = self.program.module(owner.module);
            let Some(number) = module.ir.names.find(name) else { continue };
            let body = module.ir.classes[owner.class.index()].body;
            let values: Vec<Value> = module.attribute(body, number).take(4).collect();
            if values.is_empty() {
                continue;
            }
            let mut found = Val::default();
            for value in values {
                found.join(&self.static_value(frame, Site { module: owner.module, value }, 1));
            }
            return found;
        }
        Val::default()
    }

    /// What methods of the class store in a field, as far as it comes from a source or is a constant.
    pub(crate) fn stored_field(&mut self, frame: &mut Frame, class: ClassRef, name: &str) -> Val {
        let key = (class, name.to_owned());
        match self.fields.get(&key) {
            Some(Some(known)) => return known.clone(),
            // It is being looked up further out.
            Some(None) => {
                self.provisional = true;
                return Val::default();
            }
            None => {}
        }
        self.fields.insert(key.clone(), None);
        let outer =
            (std::mem::replace(&mut self.leans_on, usize::MAX), std::mem::take(&mut self.provisional));
        let mut found = Val::default();
        let (order, _) = self.resolver.ancestors(class);
        for owner in order.into_iter().take(6) {
            let module = self.program.module(owner.module);
            let Some(number) = module.ir.names.find(name) else { continue };
            let stores: Vec<Value> = module.instance_stores(owner.class, number).take(6).collect();
            for value in stores {
                let function = FuncRef { module: owner.module, func: module.ir.function_of(value) };
                let kept = self.static_value(frame, Site { module: owner.module, value }, 2);
                found.join(&Val { atoms: kept.atoms, taint: kept.taint.sources_only() });
                if self.graph.reads_source(function)
                    && let Some(summary) = self.summary(function)
                {
                    let sym = Sym::new(0).field(&format!(".{name}"));
                    for (written, value) in &summary.written {
                        if *written == sym {
                            found.taint.join(&summary.deep(value).sources_only().map(|entry| {
                                // Another request may have put it there.
                                entry.lacks = crate::taint::Lacks::NONE;
                            }));
                        }
                    }
                }
            }
        }
        // Objects belong to the run that made them.
        found.atoms.retain(|atom| !matches!(atom, Atom::Object(_) | Atom::Sym(_)));
        if self.provisional || self.leans_on < usize::MAX {
            self.fields.remove(&key);
        } else {
            self.fields.insert(key, Some(found.clone()));
        }
        self.leans_on = self.leans_on.min(outer.0);
        self.provisional |= outer.1;
        found
    }
}
