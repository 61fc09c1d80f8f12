//! Calls: of functions and classes of the program, and of methods.

use std::sync::Arc;

use clearance_program::{ClassRef, FuncRef};
use clearance_python::ir::ParamKind;

use super::{
    machine::{Call, Frame, Machine},
    value::{App, Data, HOLE, Item, Kind, Object, ObjectId, Place, Scope, Value},
};

/// Functions that are longer are only run where they speak of settings.
const SMALL: u32 = 150;
/// Longer ones are never run.
const LARGE: u32 = 6000;
/// Calls of libraries that are kept.
const MAX_CALLS: usize = 4000;

/// Named arguments.
pub(crate) type Keywords = Vec<(Arc<str>, Value)>;

impl Machine<'_> {
    /// A call.
    pub(crate) fn call(
        &mut self,
        frame: &Frame,
        callee: &Value,
        positional: Vec<Value>,
        keywords: Keywords,
        spread: bool,
        place: Place,
    ) -> Value {
        match &callee.data {
            Data::Function(function, parent) => {
                if !self.is_relevant(*function) {
                    return Value::unknown();
                }
                self.enter(*function, *parent, positional, keywords, spread)
            }
            Data::Method(function, parent, me) => {
                if !self.is_relevant(*function) {
                    return Value::unknown();
                }
                let mut all = vec![(**me).clone()];
                all.extend(positional);
                self.enter(*function, *parent, all, keywords, spread)
            }
            Data::Class(class) => self.instance(frame, *class, positional, keywords, spread, place),
            Data::External(path) => {
                let path = Arc::clone(path);
                self.library(frame, &path, positional, keywords, place)
            }
            Data::Bound(receiver, name) => {
                let (receiver, name) = (Arc::clone(receiver), Arc::clone(name));
                self.method(frame, &receiver, &name, positional, keywords, place)
            }
            Data::Object(id) => {
                if let Object::Reader { .. } = self.object(*id) {
                    return self.read(*id, "", &positional, &keywords, place);
                }
                Value::unknown()
            }
            Data::Made(path) if path.starts_with("decouple.") => self.decouple(&positional, &keywords, place),
            Data::Made(path) if path.starts_with("starlette.config.Config") => {
                let default =
                    keywords.iter().find(|(name, _)| &**name == "default").map(|entry| entry.1.clone());
                let cast = keywords.iter().find(|(name, _)| &**name == "cast").map(|entry| entry.1.clone());
                let default = default.or_else(|| positional.get(2).cloned());
                self.cast_variable(&positional, default, cast.or_else(|| positional.get(1).cloned()), place)
            }
            _ => Value::unknown().with(callee),
        }
    }

    /// Whether running a function may tell something.
    fn is_relevant(&self, function: FuncRef) -> bool {
        let ir = self.ir(function.module);
        let data = &ir.functions[function.func.index()];
        if data.insts.len <= SMALL {
            return true;
        }
        data.insts.len <= LARGE
            && ir.values(function.func).any(|value| match ir.op(value) {
                clearance_python::ir::Op::Attr { name, .. }
                | clearance_python::ir::Op::StoreAttr { name, .. } => {
                    matches!(
                        ir.name(name),
                        "config"
                            | "from_object"
                            | "from_mapping"
                            | "from_pyfile"
                            | "secret_key"
                            | "getenv"
                            | "environ"
                    )
                }
                clearance_python::ir::Op::Global(name) => ir.name(name) == "Flask",
                _ => false,
            })
    }

    /// Runs a function of the program.
    pub(crate) fn enter(
        &mut self,
        function: FuncRef,
        parent: ObjectId,
        positional: Vec<Value>,
        keywords: Keywords,
        spread: bool,
    ) -> Value {
        let ir = self.ir(function.module);
        let data = &ir.functions[function.func.index()];
        if data.is_generator {
            return Value::unknown();
        }
        let defaults = self.defaults.get(&function).cloned().unwrap_or_default();
        let mut given = positional.into_iter();
        let mut keywords = keywords;
        let mut params = Vec::with_capacity(data.params.len());
        for (index, param) in data.params.iter().enumerate() {
            let name = ir.name(param.name);
            let value = match param.kind {
                ParamKind::Star => {
                    let items: Vec<Item> = given.by_ref().map(|value| Item { value, maybe: false }).collect();
                    Value::new(Data::Object(self.make(Object::Sequence {
                        kind: Kind::Tuple,
                        items,
                        open: spread,
                    })))
                }
                ParamKind::DoubleStar => {
                    let entries = std::mem::take(&mut keywords)
                        .into_iter()
                        .map(|(key, value)| super::value::Entry { key: Value::str(&key), value })
                        .collect();
                    Value::new(Data::Object(self.make(Object::Mapping { entries, open: spread })))
                }
                kind => {
                    let passed = match kind {
                        ParamKind::KeywordOnly => None,
                        _ => given.next(),
                    };
                    let passed = passed.or_else(|| {
                        let at = keywords.iter().position(|(key, _)| &**key == name)?;
                        Some(keywords.remove(at).1)
                    });
                    let default = || defaults.get(index).cloned().flatten().unwrap_or_else(Value::unknown);
                    match passed {
                        Some(value) => value,
                        None if spread => Value::unknown(),
                        None => default(),
                    }
                }
            };
            params.push(value);
        }
        let scope = self.make(Object::Scope(Scope { parent: Some(parent), ..Scope::default() }));
        self.run(function, scope, params)
    }

    fn instance(
        &mut self,
        frame: &Frame,
        class: ClassRef,
        positional: Vec<Value>,
        keywords: Keywords,
        spread: bool,
        place: Place,
    ) -> Value {
        let (_, external) = self.lineage(class);
        let application = external.iter().find(|path| is_application(path)).cloned();
        let value = match application {
            Some(path) => self.application(frame, path, Some(class), place),
            None => {
                let scope = Scope { class: Some(class), ..Scope::default() };
                Value::new(Data::Object(self.make(Object::Scope(scope))))
            }
        };
        if let Some(Value { data: Data::Method(function, parent, me), .. }) =
            self.class_attribute(class, "__init__", Some(&value))
            && self.is_relevant(function)
        {
            let mut all = vec![(*me).clone()];
            all.extend(positional);
            self.enter(function, parent, all, keywords, spread);
        } else if let Data::Object(id) = value.data
            && self.decorated_class(class, &["dataclass", "define", "frozen"])
        {
            self.fill_dataclass(class, id, positional, &keywords);
        } else if let Data::Object(id) = value.data
            && external.iter().any(|base| is_settings_base(base))
        {
            // The fields of pydantic settings, read from the environment.
            super::pydantic::fill(self, class, id, &keywords);
        }
        value
    }

    pub(crate) fn application(
        &mut self,
        frame: &Frame,
        path: Arc<str>,
        class: Option<ClassRef>,
        place: Place,
    ) -> Value {
        let config = self.make(Object::Scope(Scope { config: true, ..Scope::default() }));
        let app = App { path, config, place, module: frame.module, class, attributes: Default::default() };
        let id = self.make(Object::App(app));
        self.apps.push(id);
        Value::new(Data::Object(id))
    }

    /// Keeps a call of a library.
    pub(crate) fn keep(
        &mut self,
        frame: &Frame,
        path: &str,
        positional: &[Value],
        keywords: &Keywords,
        place: Place,
    ) {
        if self.calls.len() < MAX_CALLS {
            self.calls.push(Call {
                path: path.into(),
                positional: positional.to_vec(),
                keywords: keywords.clone(),
                place,
                module: frame.module,
            });
        }
    }

    fn method(
        &mut self,
        frame: &Frame,
        receiver: &Value,
        name: &str,
        positional: Vec<Value>,
        keywords: Keywords,
        place: Place,
    ) -> Value {
        match &receiver.data {
            Data::Object(id) => match self.object(*id) {
                Object::App(app) => {
                    let path = format!("{}.{name}", app.path);
                    let mut all = vec![receiver.clone()];
                    all.extend(positional);
                    self.keep(frame, &path, &all, &keywords, place);
                    Value::unknown()
                }
                Object::Scope(_) => self.config_method(frame, *id, name, &positional, &keywords, place),
                Object::Mapping { .. } => self.mapping_method(*id, receiver, name, &positional, keywords),
                Object::Sequence { .. } => {
                    if matches!(name, "copy") {
                        return receiver.clone();
                    }
                    if name == "index" {
                        let elements = self.elements(receiver).unwrap_or_default();
                        let at = positional
                            .first()
                            .and_then(|wanted| elements.iter().position(|(element, _)| element.same(wanted)));
                        return at.map_or_else(Value::unknown, |at| Value::new(Data::Int(at as i64)));
                    }
                    self.change(*id, name, &positional);
                    Value::new(Data::None)
                }
                Object::Reader { .. } => self.read(*id, name, &positional, &keywords, place),
            },
            Data::Str(path) if matches!(name, "open" | "read_text" | "read_bytes") => {
                Value { data: Data::File(Arc::clone(path)), ..receiver.clone() }
            }
            Data::File(_) if matches!(name, "read" | "read_text" | "decode") => receiver.clone(),
            Data::Str(_) | Data::Profile | Data::Bytes(_) => self.text_method(receiver, name, &positional),
            Data::Duration(seconds) if name == "total_seconds" => {
                Value::new(Data::Int(*seconds)).with(receiver)
            }
            Data::Either(all) => {
                let all = all.clone();
                let mut joined: Option<Value> = None;
                for value in all {
                    let value =
                        self.method(frame, &value, name, positional.clone(), keywords.clone(), place.clone());
                    joined = Some(match joined {
                        None => value,
                        Some(before) => before.or(value),
                    });
                }
                joined.unwrap_or_else(Value::unknown).with(receiver)
            }
            Data::Made(path) => {
                let path = format!("{path}.{name}");
                self.keep(frame, &path, &positional, &keywords, place);
                Value::unknown().with(receiver)
            }
            _ => Value::unknown().with(receiver),
        }
    }

    fn mapping_method(
        &mut self,
        id: ObjectId,
        receiver: &Value,
        name: &str,
        positional: &[Value],
        keywords: Keywords,
    ) -> Value {
        match (name, positional) {
            ("get" | "pop" | "setdefault", [key, rest @ ..]) => {
                if let Some(found) = self.chosen(id, key) {
                    return found;
                }
                let Object::Mapping { entries, open } = self.object(id) else { return Value::unknown() };
                let sure = !*open && !key.is_unknown() && entries.iter().all(|entry| !entry.key.is_unknown());
                let default = rest.first().cloned().unwrap_or_else(|| Value::new(Data::None));
                let default = self.forced(default);
                if name == "setdefault" {
                    self.store_item(receiver, key.clone(), default.clone());
                }
                if sure { default.with(key) } else { Value::unknown().with(key) }
            }
            ("update", _) => {
                for value in positional {
                    match self.pairs(value) {
                        Some(pairs) => {
                            for (key, value) in pairs {
                                self.store_item(receiver, key, value);
                            }
                        }
                        None => self.store_item(receiver, Value::unknown(), Value::unknown()),
                    }
                }
                for (key, value) in keywords {
                    self.store_item(receiver, Value::str(&key), value);
                }
                Value::new(Data::None)
            }
            ("copy", _) => {
                let Object::Mapping { entries, open } = self.object(id) else { return Value::unknown() };
                let copy = Object::Mapping { entries: entries.clone(), open: *open };
                Value::new(Data::Object(self.make(copy))).with(receiver)
            }
            ("keys", _) => receiver.clone(),
            ("items", _) => {
                let Some(pairs) = self.pairs(receiver) else { return Value::unknown() };
                let mut items = Vec::new();
                for (key, value) in pairs {
                    let pair = vec![Item { value: key, maybe: false }, Item { value, maybe: false }];
                    let pair = self.make(Object::Sequence { kind: Kind::Tuple, items: pair, open: false });
                    items.push(Item { value: Value::new(Data::Object(pair)), maybe: false });
                }
                Value::new(Data::Object(self.make(Object::Sequence { kind: Kind::List, items, open: false })))
            }
            ("values", _) => {
                let Some(pairs) = self.pairs(receiver) else { return Value::unknown() };
                let items = pairs.into_iter().map(|(_, value)| Item { value, maybe: false }).collect();
                Value::new(Data::Object(self.make(Object::Sequence { kind: Kind::List, items, open: false })))
            }
            _ => Value::unknown(),
        }
    }

    fn text_method(&mut self, receiver: &Value, name: &str, positional: &[Value]) -> Value {
        let Data::Str(text) = &receiver.data else {
            return match (&receiver.data, name) {
                (Data::Profile, "lower" | "upper" | "strip" | "casefold" | "title" | "capitalize") => {
                    receiver.clone()
                }
                _ => Value::unknown().with(receiver),
            };
        };
        let argument = positional.first().and_then(Value::whole);
        let made = |text: String| Value { data: Data::Str(text.into()), ..receiver.clone() };
        let flag = |flag: bool| Value { data: Data::Bool(flag), ..receiver.clone() };
        match (name, argument) {
            ("lower" | "casefold", _) => made(text.to_lowercase()),
            ("upper", _) => made(text.to_uppercase()),
            ("capitalize" | "title", _) => {
                let mut chars = text.chars();
                let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
                made(first + &chars.as_str().to_lowercase())
            }
            ("strip", None) => made(text.trim().to_owned()),
            ("lstrip", None) => made(text.trim_start().to_owned()),
            ("rstrip", None) => made(text.trim_end().to_owned()),
            ("strip", Some(set)) => made(text.trim_matches(|c| set.contains(c)).to_owned()),
            ("lstrip", Some(set)) => made(text.trim_start_matches(|c| set.contains(c)).to_owned()),
            ("rstrip", Some(set)) => made(text.trim_end_matches(|c| set.contains(c)).to_owned()),
            ("startswith", Some(prefix)) => match text.find(HOLE) {
                Some(hole) if hole < prefix.len() => Value::unknown().with(receiver),
                _ => flag(text.starts_with(prefix)),
            },
            ("endswith", Some(suffix)) if !text.contains(HOLE) => flag(text.ends_with(suffix)),
            ("removeprefix", Some(prefix)) => made(text.strip_prefix(prefix).unwrap_or(text).to_owned()),
            ("removesuffix", Some(suffix)) => made(text.strip_suffix(suffix).unwrap_or(text).to_owned()),
            ("replace", Some(from)) if !from.is_empty() => match positional.get(1).and_then(Value::text) {
                Some(to) if text.len().saturating_mul(to.len() + 1) < 1 << 16 => made(text.replace(from, to)),
                _ => Value::unknown().with(receiver),
            },
            ("split", separator) => {
                let parts: Vec<String> = match separator {
                    Some(separator) if !separator.is_empty() => {
                        text.split(separator).map(str::to_owned).collect()
                    }
                    _ => text.split_whitespace().map(str::to_owned).collect(),
                };
                let items = parts
                    .into_iter()
                    .take(64)
                    .map(|part| Item { value: Value::str(&part).with(receiver), maybe: false });
                let items = items.collect();
                let list = self.make(Object::Sequence { kind: Kind::List, items, open: false });
                Value { data: Data::Object(list), ..receiver.clone() }
            }
            ("join", _) => {
                let Some(elements) = positional.first().and_then(|list| self.elements(list)) else {
                    return made(HOLE.to_string());
                };
                let parts: Vec<String> = elements.iter().map(|(value, _)| self.piece(value)).collect();
                made(parts.join(text))
            }
            ("isdigit", _) => flag(!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())),
            ("format", _) => made(super::operators::fill(text)),
            ("encode", _) => receiver.clone(),
            _ => Value::unknown().with(receiver),
        }
    }
}

/// Whether a path of a library is an application that has settings.
pub(crate) fn is_application(path: &str) -> bool {
    matches!(
        path,
        "flask.Flask"
            | "quart.Quart"
            | "flask.app.Flask"
            | "apiflask.APIFlask"
            | "flask_openapi3.OpenAPI"
            | "connexion.FlaskApp"
            | "fastapi.FastAPI"
            | "starlette.applications.Starlette"
            | "litestar.Litestar"
    )
}

/// Whether a path is the base of settings read from the environment.
pub(crate) fn is_settings_base(path: &str) -> bool {
    matches!(path, "pydantic_settings.BaseSettings" | "pydantic.BaseSettings" | "pydantic.v1.BaseSettings")
}
