//! Attributes and items: what they hold, and writes to them.

use std::sync::Arc;

use clearance_program::{ClassRef, Entity, FuncRef};
use clearance_python::ir::Op;

use super::{
    machine::Machine,
    ops::put,
    value::{Data, Entry, Item, Kind, Object, ObjectId, Place, Reach, Value},
};

/// Classes of a class that are looked through.
const MAX_ANCESTORS: usize = 24;

impl Machine<'_> {
    /// `base.name`
    pub(crate) fn attribute(&mut self, base: &Value, name: &str) -> Value {
        let found = match &base.data {
            Data::Module(id) => self.module_member(*id, name),
            Data::External(path) => match (&**path, name) {
                ("sys", "argv") => Value::new(Data::External("sys.argv".into())),
                _ => Value::new(Data::External(format!("{path}.{name}").into())),
            },
            Data::Class(class) => self.class_attribute(*class, name, None).unwrap_or_else(Value::unknown),
            Data::Object(id) => self.object_attribute(*id, base, name),
            Data::Either(all) => {
                let all = all.clone();
                let each = all.iter().map(|value| self.attribute(value, name)).collect::<Vec<_>>();
                return each.into_iter().reduce(Value::or).unwrap_or_else(Value::unknown).with(base);
            }
            Data::Unknown | Data::None => return Value::unknown().with(base),
            _ => Value::new(Data::Bound(Arc::new(base.clone()), name.into())),
        };
        if base.vars.is_empty() && !base.unsure { found } else { found.with(base) }
    }

    fn object_attribute(&mut self, id: ObjectId, base: &Value, name: &str) -> Value {
        match self.object(id) {
            Object::App(app) => {
                let (config, class) = (app.config, app.class);
                if let Some(found) = app.attributes.get(name) {
                    return found.clone();
                }
                match name {
                    "config" => return Value::new(Data::Object(config)),
                    _ if app_setting(name).is_some() => {
                        return self.setting(config, app_setting(name).unwrap_or_default());
                    }
                    _ => {}
                }
                if let Some(class) = class
                    && let Some(found) = self.class_attribute(class, name, Some(base))
                {
                    return found;
                }
                Value::new(Data::Bound(Arc::new(base.clone()), name.into()))
            }
            Object::Scope(scope) if scope.class.is_some() && !scope.config => {
                if let Some(found) = scope.names.get(name) {
                    return found.clone();
                }
                let class = scope.class;
                class
                    .and_then(|class| self.class_attribute(class, name, Some(base)))
                    .unwrap_or_else(Value::unknown)
            }
            _ => Value::new(Data::Bound(Arc::new(base.clone()), name.into())),
        }
    }

    /// The class and what it inherits from, nearest first, and what of it belongs to libraries.
    pub(crate) fn lineage(&mut self, class: ClassRef) -> (Vec<ClassRef>, Vec<Arc<str>>) {
        let mut order = Vec::new();
        let mut external = Vec::new();
        let mut todo = vec![class];
        while let Some(next) = todo.pop() {
            if order.contains(&next) || order.len() >= MAX_ANCESTORS {
                continue;
            }
            self.class_scope(next);
            order.push(next);
            let bases = self.bases.get(&next).cloned().unwrap_or_default();
            let mut own = Vec::new();
            for base in bases {
                match self.forced(base).data {
                    Data::Class(base) => own.push(base),
                    Data::External(path) => external.push(path),
                    _ => {}
                }
            }
            todo.extend(own.into_iter().rev());
        }
        (order, external)
    }

    /// An attribute of a class, or of an instance of it.
    pub(crate) fn class_attribute(
        &mut self,
        class: ClassRef,
        name: &str,
        instance: Option<&Value>,
    ) -> Option<Value> {
        let (order, _) = self.lineage(class);
        for owner in order {
            let scope = self.class_scope(owner);
            let Some(found) = self.scope(scope).and_then(|scope| scope.names.get(name)).cloned() else {
                continue;
            };
            let Data::Function(function, parent) = found.data else { return Some(found) };
            if self.decorated(function, &["property", "cached_property"]) && instance.is_some() {
                let me = instance.cloned().unwrap_or_else(Value::unknown);
                return Some(self.enter(function, parent, vec![me], Vec::new(), false).with(&found));
            }
            if self.decorated(function, &["staticmethod"]) {
                return Some(found);
            }
            if self.decorated(function, &["classmethod", "property"]) {
                let me = Arc::new(Value::new(Data::Class(class)));
                return Some(Value::new(Data::Method(function, parent, me)));
            }
            return Some(match instance {
                Some(me) => Value::new(Data::Method(function, parent, Arc::new(me.clone()))),
                None => found,
            });
        }
        None
    }

    /// Whether a class has a decorator of one of these names.
    pub(crate) fn decorated_class(&self, class: ClassRef, names: &[&str]) -> bool {
        let ir = self.ir(class.module);
        ir.classes[class.class.index()].decorators.iter().any(|decorator| {
            let op = match ir.op(*decorator) {
                Op::Call { callee, .. } => ir.op(callee),
                op => op,
            };
            let name = match op {
                Op::Global(name) | Op::Free(name) | Op::Attr { name, .. } => ir.name(name),
                Op::Import(import) => ir.name(ir.imports[import.index()].bound),
                _ => return false,
            };
            names.contains(&name)
        })
    }

    pub(crate) fn decorated(&self, function: FuncRef, names: &[&str]) -> bool {
        let ir = self.ir(function.module);
        ir.functions[function.func.index()].decorators.iter().any(|decorator| {
            let name = match ir.op(*decorator) {
                Op::Global(name) | Op::Free(name) | Op::Attr { name, .. } => ir.name(name),
                Op::Import(import) => ir.name(ir.imports[import.index()].bound),
                _ => return false,
            };
            names.contains(&name)
        })
    }

    /// `base[key]`
    pub(crate) fn item(&mut self, base: &Value, key: &Value, place: Place) -> Value {
        match &base.data {
            Data::Object(id) => match self.object(*id) {
                Object::Mapping { .. } => self.chosen(*id, key).unwrap_or_else(|| Value::unknown().with(key)),
                Object::Sequence { items, open, .. } => {
                    let Data::Int(number) = key.data else { return Value::unknown().with(base) };
                    if *open || items.iter().any(|item| item.maybe) {
                        return Value::unknown().with(base);
                    }
                    let number = if number < 0 { items.len() as i64 + number } else { number };
                    let found = usize::try_from(number).ok().and_then(|number| items.get(number));
                    found.map_or_else(Value::unknown, |item| item.value.clone())
                }
                Object::Scope(_) => match key.whole() {
                    Some(name) => self.setting(*id, name),
                    None => Value::unknown(),
                },
                _ => Value::unknown(),
            },
            Data::External(path) if &**path == "os.environ" => match key.whole() {
                Some(name) => self.variable(name, None, place),
                None => Value::unknown(),
            },
            Data::Either(all) => {
                let all = all.clone();
                let each = all.iter().map(|value| self.item(value, key, place.clone())).collect::<Vec<_>>();
                each.into_iter().reduce(Value::or).unwrap_or_else(Value::unknown).with(base)
            }
            _ => Value::unknown().with(base),
        }
    }

    /// The value under a key of a dict; that of the profile where the key is what the profile says.
    pub(crate) fn entry(&self, mapping: ObjectId, key: &Value) -> Option<Value> {
        let Object::Mapping { entries, .. } = self.object(mapping) else { return None };
        if let Data::Profile = key.data {
            let named = |entry: &&Entry| {
                entry.key.whole().is_some_and(|text| self.profile.is_named(text) == Some(true))
            };
            let plain = |entry: &&Entry| entry.key.whole() == Some("default");
            return entries
                .iter()
                .find(named)
                .or_else(|| entries.iter().find(plain))
                .map(|entry| entry.value.clone());
        }
        entries.iter().find(|entry| entry.key.same(key)).map(|entry| entry.value.clone())
    }

    /// A setting of a Flask configuration, its default where nothing sets it.
    pub(crate) fn setting(&self, config: ObjectId, name: &str) -> Value {
        let Some(scope) = self.scope(config) else { return Value::unknown() };
        if let Some(found) = scope.names.get(name) {
            return found.clone();
        }
        if scope.open.is_some() {
            return Value::unknown();
        }
        if scope.config {
            super::known::flask_default(name).unwrap_or_else(Value::unknown)
        } else {
            Value::unknown()
        }
    }

    pub(crate) fn store_attribute(&mut self, base: &Value, name: &str, value: Value) {
        match &base.data {
            Data::Object(id) => {
                let id = *id;
                match &mut self.heap[id.0 as usize] {
                    Object::App(app) => {
                        let config = app.config;
                        match app_setting(name) {
                            Some(setting) => self.write(config, setting, value),
                            None if name == "config" => {}
                            None => {
                                app.attributes.insert(name.into(), value);
                            }
                        }
                    }
                    Object::Scope(scope) if !scope.config => self.write(id, name, value),
                    _ => {}
                }
            }
            Data::Class(class) => {
                let scope = self.class_scope(*class);
                self.write(scope, name, value);
            }
            Data::Module(id) => {
                let scope = self.module(*id);
                self.write(scope, name, value);
            }
            _ => {}
        }
    }

    pub(crate) fn store_item(&mut self, base: &Value, key: Value, value: Value) {
        let reach = self.reach;
        match &base.data {
            Data::Object(id) => match &mut self.heap[id.0 as usize] {
                Object::Mapping { entries, open } => {
                    if key.is_unknown() {
                        *open = true;
                    } else {
                        put(entries, key, value, reach);
                    }
                }
                Object::Sequence { items, .. } => {
                    if let Data::Int(number) = key.data
                        && let Some(item) =
                            usize::try_from(number).ok().and_then(|number| items.get_mut(number))
                    {
                        item.value = super::value::written(Some(item.value.clone()), value, reach);
                    }
                }
                Object::Scope(_) => match key.whole() {
                    Some(name) => {
                        let name = name.to_owned();
                        self.write(*id, &name, value);
                    }
                    None => self.open(*id, "a setting is written under a name that is not known"),
                },
                _ => {}
            },
            Data::Either(all) => {
                for value_of in all.clone() {
                    self.reach = reach.min(Reach::Maybe);
                    self.store_item(&value_of, key.clone(), value.clone());
                }
                self.reach = reach;
            }
            _ => {}
        }
    }

    /// Further settings may be there that are not known.
    pub(crate) fn open(&mut self, scope: ObjectId, why: &str) {
        if let Some(scope) = self.scope_mut(scope) {
            scope.open.get_or_insert_with(|| why.to_owned());
        }
    }

    pub(crate) fn remove_key(&mut self, base: &Value, key: &Value) {
        let Data::Object(id) = base.data else { return };
        if self.reach != Reach::Surely {
            return;
        }
        match &mut self.heap[id.0 as usize] {
            Object::Mapping { entries, .. } => entries.retain(|entry| !entry.key.same(key)),
            Object::Scope(scope) => {
                if let Some(name) = key.whole() {
                    scope.names.remove(name);
                }
            }
            _ => {}
        }
    }

    /// A method that changes a list.
    pub(crate) fn change(&mut self, list: ObjectId, name: &str, args: &[Value]) {
        let reach = self.reach;
        let more = args.first().and_then(|value| self.elements(value));
        let equal: Vec<bool> = match (self.object(list), args.first()) {
            (Object::Sequence { items, .. }, Some(value)) => {
                items.iter().map(|item| item.value.same(value)).collect()
            }
            _ => Vec::new(),
        };
        let Object::Sequence { items, open, kind } = &mut self.heap[list.0 as usize] else { return };
        let maybe = reach != Reach::Surely;
        match (name, args) {
            ("append" | "add", [value]) if *kind != Kind::Set || !equal.contains(&true) => {
                items.push(Item { value: value.clone(), maybe });
            }
            ("insert", [at, value]) => {
                let at = match at.data {
                    Data::Int(at) if at >= 0 => (at as usize).min(items.len()),
                    Data::Int(at) => items.len().saturating_sub(at.unsigned_abs() as usize),
                    _ => items.len(),
                };
                items.insert(at, Item { value: value.clone(), maybe });
            }
            ("extend" | "update", [_]) => match more {
                Some(more) => {
                    items.extend(more.into_iter().map(|(value, open)| Item { value, maybe: maybe || open }))
                }
                None => *open = true,
            },
            ("remove" | "discard", [_]) => {
                let Some(at) = equal.iter().position(|equal| *equal) else { return };
                match reach {
                    Reach::Surely => {
                        items.remove(at);
                    }
                    _ => items[at].maybe = true,
                }
            }
            ("clear", _) if !maybe => items.clear(),
            ("pop", _) if !maybe => {
                items.pop();
            }
            _ => {}
        }
    }

    /// The class or module at a dotted path as Python imports it.
    pub(crate) fn at_path(&mut self, dotted: &str) -> Option<Value> {
        let program = self.program;
        let find = |path: &str| {
            let exact = program.entity_at(path);
            exact.or_else(|| {
                // Below a source folder.
                let ending = format!(".{path}");
                program
                    .modules()
                    .find(|(_, module)| {
                        module.dotted.ends_with(&ending) && module.role == clearance_source::Role::Application
                    })
                    .map(|(id, _)| Entity::Module(id))
            })
        };
        if let Some(Entity::Module(id)) = find(dotted) {
            return Some(Value::new(Data::Module(id)));
        }
        let (module, name) = dotted.rsplit_once(['.', ':'])?;
        match find(module)? {
            Entity::Module(id) => Some(self.module_member(id, name)).filter(|value| !value.is_unknown()),
            _ => None,
        }
    }
}

/// Attributes of a Flask application that are settings.
fn app_setting(name: &str) -> Option<&'static str> {
    Some(match name {
        "debug" => "DEBUG",
        "testing" => "TESTING",
        "secret_key" => "SECRET_KEY",
        "permanent_session_lifetime" => "PERMANENT_SESSION_LIFETIME",
        "send_file_max_age_default" => "SEND_FILE_MAX_AGE_DEFAULT",
        "use_x_sendfile" => "USE_X_SENDFILE",
        _ => return None,
    })
}
