//! What single instructions do.

use std::sync::Arc;

use clearance_program::{ClassRef, Entity, FuncRef, ImportTarget, ModuleId};
use clearance_python::ir::{self, CollectKind, Imported, ModuleIr, Op, Part, UnaryOp};

use super::{
    machine::{Frame, Machine},
    value::{Data, Entry, HOLE, Item, Kind, Object, ObjectId, Reach, Value},
};

impl<'p> Machine<'p> {
    /// What an instruction gives.
    pub(crate) fn step(&mut self, frame: &mut Frame, ir: &'p ModuleIr, at: ir::Value) -> Option<Value> {
        let range = ir.inst(at).range;
        let value = match ir.op(at) {
            Op::None => Value::new(Data::None),
            Op::Bool(flag) => Value::new(Data::Bool(flag)),
            Op::Int(number) => Value::new(Data::Int(i64::from(number))),
            Op::BigInt(text) => match ir.text(text).replace('_', "").parse() {
                Ok(number) => Value::new(Data::Int(number)),
                Err(_) => Value::unknown(),
            },
            Op::Float(text) => match ir.text(text).replace('_', "").parse() {
                Ok(number) => Value::new(Data::Float(number)),
                Err(_) => Value::unknown(),
            },
            Op::Str(text) => {
                let place = self.place(frame.module, range, "");
                Value::str(ir.text(text)).at(place)
            }
            Op::Bytes(text) => Value::new(Data::Bytes(ir.text(text).into())),
            Op::Param(index) => frame.params.get(index as usize).cloned().unwrap_or_else(Value::unknown),
            Op::Global(name) => self.global(frame, ir.name(name)),
            Op::Free(name) => {
                let parent = self.scope(frame.scope).and_then(|scope| scope.parent);
                parent.and_then(|parent| self.look(parent, ir.name(name))).unwrap_or_else(Value::unknown)
            }
            Op::Import(import) => {
                let import_data = ir.imports[import.index()];
                if import_data.what == Imported::Star {
                    self.star(frame, import.index());
                    return None;
                }
                self.imported(frame.module, import.index())
            }
            Op::Attr { base, name } => {
                let base = self.used(frame, base);
                self.attribute(&base, ir.name(name))
            }
            Op::Item { base, key } => {
                let (base, key) = (self.used(frame, base), self.used(frame, key));
                let place = self.place(frame.module, range, "");
                self.item(&base, &key, place)
            }
            Op::StoreName { name, value } => {
                let value = self.value(frame, value);
                let place = self.place(frame.module, range, format!("`{}` is set here", ir.name(name)));
                let scope = frame.scope;
                let declared_global = !self.is_body(frame)
                    && ir
                        .bindings(frame.func)
                        .iter()
                        .any(|binding| binding.name == name && binding.scope == ir::BindingScope::Global);
                let scope = if declared_global { self.module(frame.module) } else { scope };
                self.write(scope, ir.name(name), value.at(place));
                return None;
            }
            Op::StoreAttr { base, name, value } => {
                let (base, value) = (self.used(frame, base), self.value(frame, value));
                let place = self.place(frame.module, range, format!("`{}` is set here", ir.name(name)));
                self.store_attribute(&base, ir.name(name), value.at(place));
                return None;
            }
            Op::StoreItem { base, key, value } => {
                let (base, key, value) =
                    (self.used(frame, base), self.used(frame, key), self.value(frame, value));
                let shown = key.whole().unwrap_or("an item").to_owned();
                let place = self.place(frame.module, range, format!("`{shown}` is set here"));
                self.store_item(&base, key, value.at(place));
                return None;
            }
            Op::DeleteItem { base, key } => {
                let (base, key) = (self.value(frame, base), self.value(frame, key));
                self.remove_key(&base, &key);
                return None;
            }
            Op::DeleteName(name) => {
                if self.reach == Reach::Surely
                    && let Some(scope) = self.scope_mut(frame.scope)
                {
                    scope.names.remove(ir.name(name));
                }
                return None;
            }
            Op::Call { callee, args } => {
                let callee = self.used(frame, callee);
                let mut positional = Vec::new();
                let mut keywords = Vec::new();
                let mut spread = false;
                for arg in ir.args(args) {
                    let value = self.value(frame, arg.value);
                    match arg.kind {
                        ir::ArgKind::Positional => positional.push(value),
                        ir::ArgKind::Keyword(name) => keywords.push((Arc::from(ir.name(name)), value)),
                        ir::ArgKind::Star => spread = true,
                        ir::ArgKind::DoubleStar => match self.pairs(&value) {
                            Some(pairs) => keywords.extend(
                                pairs
                                    .into_iter()
                                    .filter_map(|(key, value)| Some((Arc::from(key.whole()?), value))),
                            ),
                            None => spread = true,
                        },
                    }
                }
                let place = self.place(frame.module, range, "");
                self.call(frame, &callee, positional, keywords, spread, place)
            }
            Op::Decorate { target, decorator } => {
                let decorator = self.value(frame, decorator);
                let target = self.value(frame, target);
                match decorator.data {
                    Data::External(path) if &*path == "builtins.property" => target,
                    _ => target,
                }
            }
            Op::Binary { op, in_place, left, right } => {
                let (left, right) = (self.used(frame, left), self.used(frame, right));
                self.binary(op, in_place, left, right)
            }
            Op::Unary { op, value } => {
                let value = self.used(frame, value);
                match (op, &value.data) {
                    (UnaryOp::Not, _) => match self.truth(&value) {
                        Some(truth) => Value::new(Data::Bool(!truth)).with(&value),
                        None => Value::unknown().with(&value),
                    },
                    (UnaryOp::USub, Data::Int(number)) => {
                        Value::new(Data::Int(number.wrapping_neg())).with(&value)
                    }
                    (UnaryOp::USub, Data::Float(number)) => Value::new(Data::Float(-number)).with(&value),
                    _ => Value::unknown().with(&value),
                }
            }
            Op::Compare { op, left, right } => {
                let (left, right) = (self.used(frame, left), self.used(frame, right));
                self.compare(op, &left, &right)
            }
            Op::Format(span) => {
                let mut text = String::new();
                let mut whole = Value::unknown();
                for part in ir.parts(span) {
                    match *part {
                        Part::Text(piece) => text.push_str(ir.text(piece)),
                        Part::Value { value, .. } => {
                            let value = self.used(frame, value);
                            text.push_str(&self.piece(&value));
                            whole = whole.with(&value);
                        }
                    }
                }
                Value { data: Data::Str(text.into()), ..whole }
            }
            Op::Tuple(span) => self.sequence(frame, ir, Kind::Tuple, span),
            Op::List(span) => self.sequence(frame, ir, Kind::List, span),
            Op::Set(span) => self.sequence(frame, ir, Kind::Set, span),
            Op::Dict(span) => self.dict(frame, ir, span),
            Op::Starred(value) => self.used(frame, value),
            Op::Collect { kind, .. } => self.comprehension(frame, at, kind),
            Op::Element { .. } => return None,
            Op::Unpack { value, index } if index >= 0 => {
                let value = self.value(frame, value);
                self.elements(&value)
                    .and_then(|items| items.into_iter().nth(index as usize))
                    .map_or_else(|| Value::unknown().with(&value), |(item, _)| item)
            }
            Op::Enter { manager, .. } => self.value(frame, manager),
            Op::Await(value) => self.value(frame, value),
            Op::Sigma { value, condition, truth } => {
                let (value, condition) = (self.value(frame, value), self.value(frame, condition));
                // The condition came out otherwise than the defaults have it: the value is another one.
                if !value.vars.is_empty() && self.truth(&condition) == Some(!truth) {
                    Value { data: Data::Unknown, ..value }
                } else {
                    value
                }
            }
            Op::Function(func) => {
                let function = FuncRef { module: frame.module, func };
                let params = &ir.functions[func.index()].params;
                let defaults = params
                    .iter()
                    .map(|param| param.default.some().map(|default| self.value(frame, default)))
                    .collect();
                self.defaults.insert(function, defaults);
                Value::new(Data::Function(FuncRef { module: frame.module, func }, frame.scope))
            }
            Op::Class(class) => {
                let class = ClassRef { module: frame.module, class };
                let args = ir.args(ir.classes[class.class.index()].args);
                let bases = args
                    .iter()
                    .filter(|arg| arg.kind == ir::ArgKind::Positional)
                    .map(|arg| self.value(frame, arg.value))
                    .collect();
                self.bases.insert(class, bases);
                self.define(class, frame.scope);
                Value::new(Data::Class(class))
            }
            Op::Return(value) => {
                let value =
                    if value == ir::Value::NONE { Value::new(Data::None) } else { self.value(frame, value) };
                self.returns(frame, value);
                return None;
            }
            _ => Value::unknown(),
        };
        Some(value)
    }

    /// A value that is looked into: a name of another module is what it stands for there.
    pub(crate) fn used(&mut self, frame: &Frame, value: ir::Value) -> Value {
        let value = self.value(frame, value);
        self.forced(value)
    }

    pub(crate) fn forced(&mut self, mut value: Value) -> Value {
        for _ in 0..8 {
            let Data::Lazy(module, name) = &value.data else { break };
            let found = self.module_member(*module, name);
            // Where it is used comes before where it is made.
            let data = found.data.clone();
            value = Value { data, ..value.with(&found) };
        }
        value
    }

    fn sequence(&mut self, frame: &Frame, ir: &'p ModuleIr, kind: Kind, span: ir::Span) -> Value {
        let mut items = Vec::new();
        let mut open = false;
        let mut whole = Value::unknown();
        for item in ir.list(span) {
            let value = self.value(frame, *item);
            if let Op::Starred(_) = ir.op(*item) {
                match self.elements(&value) {
                    Some(more) => items.extend(more.into_iter().map(|(value, maybe)| Item { value, maybe })),
                    None => open = true,
                }
                whole = whole.with(&Value { places: Vec::new(), ..value });
            } else {
                items.push(Item { value, maybe: false });
            }
        }
        Value { data: Data::Object(self.make(Object::Sequence { kind, items, open })), ..whole }
    }

    fn dict(&mut self, frame: &Frame, ir: &'p ModuleIr, span: ir::Span) -> Value {
        let mut entries: Vec<Entry> = Vec::new();
        let mut open = false;
        for pair in ir.list(span).chunks_exact(2) {
            let value = self.used(frame, pair[1]);
            if pair[0] == ir::Value::NONE {
                match self.pairs(&value) {
                    Some(pairs) => {
                        for (key, value) in pairs {
                            put(&mut entries, key, value, Reach::Surely);
                        }
                    }
                    None => open = true,
                }
                continue;
            }
            let key = self.used(frame, pair[0]);
            let shown = key.whole().map_or_else(String::new, |key| format!("the value under key `{key}`"));
            let place = self.place(frame.module, ir.inst(pair[1]).range, shown);
            put(&mut entries, key, value.at(place), Reach::Surely);
        }
        Value::new(Data::Object(self.make(Object::Mapping { entries, open })))
    }

    fn comprehension(&mut self, frame: &Frame, at: ir::Value, kind: CollectKind) -> Value {
        let Some(found) = self.collected(frame, at) else {
            // The loop had no element, or one that is not known.
            return Value::unknown();
        };
        let unknown = found.iter().any(|(value, _, reach)| *reach != Reach::Surely && value.is_unknown());
        if unknown {
            let all = found.iter().fold(Value::unknown(), |all, (value, ..)| all.with(value));
            return all;
        }
        if kind == CollectKind::Dict {
            let entries = found.into_iter().map(|(value, key, _)| Entry { key, value }).collect();
            return Value::new(Data::Object(self.make(Object::Mapping { entries, open: false })));
        }
        let rests = found.iter().fold(Value::unknown(), |all, (value, ..)| {
            all.with(&Value { places: Vec::new(), ..value.clone() })
        });
        let kind = if kind == CollectKind::Set { Kind::Set } else { Kind::List };
        let items = found
            .into_iter()
            .map(|(value, _, reach)| Item { value, maybe: reach != Reach::Surely })
            .collect();
        Value { data: Data::Object(self.make(Object::Sequence { kind, items, open: false })), ..rests }
    }

    /// The elements of a sequence, the keys of a mapping, with whether each is there only under a condition.
    pub(crate) fn elements(&self, value: &Value) -> Option<Vec<(Value, bool)>> {
        let Data::Object(id) = value.data else { return None };
        match self.object(id) {
            Object::Sequence { items, open: false, .. } => {
                Some(items.iter().map(|item| (item.value.clone(), item.maybe)).collect())
            }
            Object::Mapping { entries, open: false } => {
                Some(entries.iter().map(|entry| (entry.key.clone(), false)).collect())
            }
            _ => None,
        }
    }

    /// The entries of a mapping that is known whole.
    pub(crate) fn pairs(&self, value: &Value) -> Option<Vec<(Value, Value)>> {
        let Data::Object(id) = value.data else { return None };
        match self.object(id) {
            Object::Mapping { entries, open: false } => {
                Some(entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect())
            }
            Object::Scope(scope) => {
                let mut all: Vec<_> = scope.names.iter().collect();
                all.sort_by_key(|entry| entry.0);
                Some(all.into_iter().map(|(name, value)| (Value::str(name), value.clone())).collect())
            }
            _ => None,
        }
    }

    /// A value as a piece of a text.
    pub(crate) fn piece(&self, value: &Value) -> String {
        match &value.data {
            Data::Str(text) => text.to_string(),
            Data::Int(number) => number.to_string(),
            Data::Bool(true) => "True".to_owned(),
            Data::Bool(false) => "False".to_owned(),
            Data::None => "None".to_owned(),
            Data::Profile => self.profile.as_str().to_owned(),
            _ => HOLE.to_string(),
        }
    }

    pub(crate) fn global(&mut self, frame: &Frame, name: &str) -> Value {
        if let Some(found) = self.look(frame.scope, name) {
            return found;
        }
        let module = self.module(frame.module);
        if let Some(found) = self.look(module, name) {
            return found;
        }
        match name {
            "__name__" => Value::str(&self.program.module(frame.module).dotted),
            "__file__" => Value::str("…"),
            _ => Value::new(Data::External(format!("builtins.{name}").into())),
        }
    }

    /// A name in a scope or those around it.
    pub(crate) fn look(&self, scope: ObjectId, name: &str) -> Option<Value> {
        let mut here = Some(scope);
        for _ in 0..8 {
            let scope = self.scope(here?)?;
            if let Some(found) = scope.names.get(name) {
                return Some(found.clone());
            }
            here = scope.parent;
        }
        None
    }

    fn imported(&mut self, module: ModuleId, import: usize) -> Value {
        let program = self.program;
        let data = &program.module(module).ir.imports[import];
        let ir = &program.module(module).ir;
        match program.module(module).imports.get(import) {
            Some(ImportTarget::Whole(Entity::Module(id))) => Value::new(Data::Module(*id)),
            Some(ImportTarget::MemberOf(id)) => match data.what {
                Imported::Member(name) => Value::new(Data::Lazy(*id, ir.name(name).into())),
                _ => Value::new(Data::Module(*id)),
            },
            Some(ImportTarget::Whole(Entity::Folder(_))) => Value::unknown(),
            _ if data.level > 0 => Value::unknown(),
            _ => {
                let dotted = ir.text(data.module);
                let path = match data.what {
                    Imported::Top => dotted.split('.').next().unwrap_or(dotted).to_owned(),
                    Imported::Member(name) => format!("{dotted}.{}", ir.name(name)),
                    _ => dotted.to_owned(),
                };
                Value::new(Data::External(path.into()))
            }
        }
    }

    /// A name of a module of the program.
    pub(crate) fn module_member(&mut self, id: ModuleId, name: &str) -> Value {
        let scope = self.module(id);
        if let Some(found) = self.look(scope, name) {
            return found;
        }
        let module = self.program.module(id);
        if module.is_package
            && let Some(Entity::Module(sub)) = self.program.entity_at(&format!("{}.{name}", module.dotted))
        {
            return Value::new(Data::Module(sub));
        }
        // A module that is still being run: a definition in it is what the name stands for.
        let found = module.ir.names.find(name).and_then(|name| {
            let mut values = module.global(name);
            values.next().map(|value| (value, module.ir.op(value)))
        });
        match found {
            Some((_, Op::Function(func))) => Value::new(Data::Function(FuncRef { module: id, func }, scope)),
            Some((_, Op::Class(class))) => Value::new(Data::Class(ClassRef { module: id, class })),
            _ => Value::unknown(),
        }
    }

    /// `from module import *`
    fn star(&mut self, frame: &Frame, import: usize) {
        let program = self.program;
        let Some(ImportTarget::Whole(Entity::Module(id)) | ImportTarget::MemberOf(id)) =
            program.module(frame.module).imports.get(import)
        else {
            let data = &program.module(frame.module).ir.imports[import];
            let shown = program.module(frame.module).ir.text(data.module).to_owned();
            let internal = data.level > 0;
            if internal && let Some(scope) = self.scope_mut(frame.scope) {
                scope.open = Some(format!("the module `{shown}` is not in the tree"));
            }
            return;
        };
        if *id == frame.module {
            return;
        }
        let other = self.module(*id);
        let exports = program
            .module(*id)
            .ir
            .exports
            .as_ref()
            .map(|names| names.iter().map(|name| program.module(*id).ir.name(*name)).collect::<Vec<_>>());
        let Some(pairs) = self.pairs(&Value::new(Data::Object(other))) else { return };
        let open = self.scope(other).and_then(|scope| scope.open.clone());
        for (name, value) in pairs {
            let Some(name) = name.whole() else { continue };
            let taken = match &exports {
                Some(names) => names.contains(&name),
                None => !name.starts_with('_'),
            };
            if taken {
                self.write(frame.scope, name, value);
            }
        }
        if open.is_some()
            && let Some(scope) = self.scope_mut(frame.scope)
        {
            scope.open = open;
        }
    }
}

/// Puts an entry into a dict.
pub(crate) fn put(entries: &mut Vec<Entry>, key: Value, value: Value, reach: Reach) {
    match entries.iter_mut().find(|entry| entry.key.same(&key)) {
        Some(entry) => {
            let old = std::mem::replace(&mut entry.value, Value::unknown());
            entry.value = super::value::written(Some(old), value, reach);
        }
        None => entries.push(Entry { key, value: super::value::written(None, value, reach) }),
    }
}
