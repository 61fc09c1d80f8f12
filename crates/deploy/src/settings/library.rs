//! Calls of libraries whose result is known: readers of the environment, conversions, constructors.

use std::sync::Arc;

use clearance_python::TextRange;

use super::{
    calls::{Keywords, is_application},
    documents::is_loader,
    machine::{Frame, Machine},
    profile::{Profile, names_profile},
    value::{Data, Entry, HOLE, Kind, Object, ObjectId, Place, Scope, Spot, Value},
};

/// Variables that are noted as read.
const MAX_READS: usize = 2000;

impl Machine<'_> {
    /// What a variable of the environment holds.
    pub(crate) fn variable(&mut self, name: &str, default: Option<Value>, place: Place) -> Value {
        let default = default.map(|default| self.forced(default));
        if self.reads.len() < MAX_READS {
            self.reads.push((name.into(), default.clone(), place.clone()));
        }
        let said = default.as_ref().and_then(Value::whole);
        let no_default = default.as_ref().is_none_or(|default| matches!(default.data, Data::None));
        if let Some(found) = self.environment.variable(name) {
            let note = format!("environment variable `{name}`");
            return Value::str(&found.value).at(found.place.clone()).at(Place { note, ..place });
        }
        if (no_default || said.is_some()) && names_profile(name, said) {
            if let Some(profile) = said.and_then(Profile::named) {
                let note = format!("the default of `{name}`");
                self.note_choice(profile, Place { note, ..place.clone() });
            }
            let note = format!("environment variable `{name}`, taken as {}", self.profile.as_str());
            return Value::new(Data::Profile).at(Place { note, ..place });
        }
        let note = match &default {
            Some(default) if matches!(default.data, Data::None) => format!("environment variable `{name}`"),
            Some(_) => format!("environment variable `{name}`, with a default"),
            None => format!("environment variable `{name}`, required"),
        };
        let mut value = match default {
            Some(default) => Value { places: Vec::new(), ..default.clone() }.with(&default),
            None => Value::unknown(),
        };
        let var: Arc<str> = name.into();
        if !value.vars.contains(&var) {
            value.vars.push(var);
        }
        value.at(Place { note, ..place })
    }

    /// A variable that is converted by a function or type.
    pub(crate) fn cast_variable(
        &mut self,
        positional: &[Value],
        default: Option<Value>,
        cast: Option<Value>,
        place: Place,
    ) -> Value {
        let Some(name) = positional.first().and_then(Value::whole).map(str::to_owned) else {
            return Value::unknown();
        };
        let found = self.variable(&name, default, place);
        self.cast_to(found, cast)
    }

    fn cast_to(&mut self, found: Value, cast: Option<Value>) -> Value {
        match cast.map(|cast| self.forced(cast)) {
            Some(Value { data: Data::External(path), .. }) => {
                let kind = path.rsplit('.').next().unwrap_or("").to_owned();
                self.converted(found, &kind)
            }
            Some(Value { data: Data::Made(path), .. }) if path.ends_with("Csv") => {
                self.converted(found, "list")
            }
            _ => found,
        }
    }

    /// `config("X", default=…, cast=bool)` of decouple: the environment, then `settings.ini`.
    pub(crate) fn decouple(&mut self, positional: &[Value], keywords: &Keywords, place: Place) -> Value {
        let named =
            |wanted: &str| keywords.iter().find(|(name, _)| &**name == wanted).map(|entry| entry.1.clone());
        let default = named("default").or_else(|| positional.get(1).cloned());
        let cast = named("cast").or_else(|| positional.get(2).cloned());
        if let Some(name) = positional.first().and_then(Value::whole)
            && self.environment.variable(name).is_none()
            && let Some(found) = self.environment.ini(name)
        {
            let value =
                Value::str(&found.value).at(found.place).at(Place { note: format!("`{name}`"), ..place });
            return self.cast_to(value, cast);
        }
        self.cast_variable(positional, default, cast, place)
    }

    /// `env("X")`, `env.bool("X", default=…)` of django-environ and environs.
    pub(crate) fn read(
        &mut self,
        reader: ObjectId,
        method: &str,
        positional: &[Value],
        keywords: &Keywords,
        place: Place,
    ) -> Value {
        let Object::Reader { defaults, prefix } = self.object(reader) else { return Value::unknown() };
        if method == "prefixed" {
            return self.prefixed(reader, positional, &place);
        }
        if matches!(method, "read_env" | "seal") {
            return Value::unknown();
        }
        let named =
            |wanted: &str| keywords.iter().find(|(name, _)| &**name == wanted).map(|entry| entry.1.clone());
        let name = positional.first().cloned().or_else(|| named("var"));
        let default_name = if method == "db" { "DATABASE_URL" } else { "" };
        let Some(name) =
            name.as_ref().and_then(Value::whole).or(Some(default_name).filter(|name| !name.is_empty()))
        else {
            return Value::unknown();
        };
        let declared = defaults.get(name).cloned();
        let mut name = format!("{prefix}{name}");
        for (of, until, prefix) in self.prefixes.iter().rev() {
            if *of == reader && is_within(until, &place.spot) {
                name = format!("{prefix}{name}");
            }
        }
        let default = named("default")
            .or_else(
                || if method.is_empty() { positional.get(2).cloned() } else { positional.get(1).cloned() },
            )
            .or_else(|| declared.as_ref().and_then(|declared| self.second(declared)));
        let cast = named("cast").or_else(|| declared.as_ref().and_then(|declared| self.first(declared)));
        let found = self.variable(&name, default, place);
        let kind = match (method, cast.map(|cast| cast.data)) {
            ("", Some(Data::External(path))) => path.rsplit('.').next().unwrap_or("").to_owned(),
            ("", _) => "str".to_owned(),
            (method, _) => method.to_owned(),
        };
        self.converted(found, &kind)
    }

    /// `with env.prefixed("SHOP_"):` — what is read in the block begins so.
    fn prefixed(&mut self, reader: ObjectId, positional: &[Value], place: &Place) -> Value {
        let value = Value::new(Data::Object(reader));
        let Some(prefix) = positional.first().and_then(Value::whole) else { return Value::unknown() };
        let Spot::Code(module, range) = place.spot else { return value };
        let text = &self.program.module(module).text;
        let start = usize::from(range.start());
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = |line: &str| line.len() - line.trim_start().len();
        let own = indent(&text[line..]);
        let mut end = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
        for line in text[end..].split_inclusive('\n') {
            if !line.trim().is_empty() && indent(line) <= own {
                break;
            }
            end += line.len();
        }
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        let block = Spot::Code(module, TextRange::new(range.start(), end.into()));
        if self.prefixes.len() < MAX_READS {
            self.prefixes.push((reader, block, prefix.into()));
        }
        value
    }

    fn first(&self, value: &Value) -> Option<Value> {
        self.elements(value)?.into_iter().next().map(|entry| entry.0)
    }

    fn second(&self, value: &Value) -> Option<Value> {
        self.elements(value)?.into_iter().nth(1).map(|entry| entry.0)
    }

    /// A text as a type reads it.
    pub(crate) fn converted(&mut self, value: Value, kind: &str) -> Value {
        let Data::Str(text) = &value.data else { return value };
        let text = text.to_string();
        match kind {
            "bool" | "Boolean" | "strtobool" | "parse_bool" => {
                match text.trim().to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "1" | "y" | "t" | "ok" => {
                        Value { data: Data::Bool(true), ..value }
                    }
                    "false" | "no" | "off" | "0" | "n" | "f" | "" => {
                        Value { data: Data::Bool(false), ..value }
                    }
                    _ => Value { data: Data::Unknown, ..value },
                }
            }
            "int" => match text.trim().parse() {
                Ok(number) => Value { data: Data::Int(number), ..value },
                Err(_) => Value { data: Data::Unknown, ..value },
            },
            "float" => match text.trim().parse() {
                Ok(number) => Value { data: Data::Float(number), ..value },
                Err(_) => Value { data: Data::Unknown, ..value },
            },
            "list" | "tuple" | "Csv" | "CommaSeparatedStrings" | "set" => {
                let items = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .take(64)
                    .map(|part| super::value::Item { value: Value::str(part), maybe: false })
                    .collect();
                let list = self.make(Object::Sequence { kind: Kind::List, items, open: false });
                Value { data: Data::Object(list), ..value }
            }
            "db" | "db_url" | "dj_db_url" => self.database(value),
            _ => value,
        }
    }

    /// What a database URL means to Django.
    fn database(&mut self, url: Value) -> Value {
        let engine = url.text().map(|text| match text.split([':', '+']).next().unwrap_or("") {
            "sqlite" | "sqlite3" | "spatialite" => "django.db.backends.sqlite3",
            "postgres" | "postgresql" | "psql" | "pgsql" => "django.db.backends.postgresql",
            "mysql" | "mysql2" => "django.db.backends.mysql",
            "oracle" => "django.db.backends.oracle",
            _ => "…",
        });
        let Some(engine) = engine else { return url };
        let entry = |name: &str, value: Value| Entry { key: Value::str(name), value };
        let engine = Value { data: Data::Str(engine.into()), ..url.clone() };
        let entries = vec![entry("ENGINE", engine), entry("URL", url.clone())];
        let made = self.make(Object::Mapping { entries, open: false });
        Value { data: Data::Object(made), ..url }
    }

    /// A call of something of a library.
    pub(crate) fn library(
        &mut self,
        frame: &Frame,
        path: &str,
        positional: Vec<Value>,
        keywords: Keywords,
        place: Place,
    ) -> Value {
        let named =
            |wanted: &str| keywords.iter().find(|(name, _)| &**name == wanted).map(|entry| entry.1.clone());
        let first = positional.first().cloned();
        let whole = first.as_ref().and_then(Value::whole).map(str::to_owned);
        if is_application(path) {
            self.keep(frame, path, &positional, &keywords, place.clone());
            return self.application(frame, path.into(), None, place);
        }
        match path {
            "os.getenv" | "os.environ.get" | "os.environ.pop" => {
                let default = positional.get(1).cloned().or_else(|| named("default"));
                match whole {
                    Some(name) => {
                        self.variable(&name, Some(default.unwrap_or_else(|| Value::new(Data::None))), place)
                    }
                    None => Value::unknown(),
                }
            }
            "decouple.config" => self.decouple(&positional, &keywords, place),
            "builtins.open" | "io.open" | "codecs.open" => match first {
                Some(value) => match value.text() {
                    Some(text) => Value { data: Data::File(text.into()), ..value },
                    None => Value::unknown().with(&value),
                },
                None => Value::unknown(),
            },
            _ if is_loader(path) => match first {
                // Some of them take the path as well.
                Some(value) if path.starts_with("toml.") && value.text().is_some() => {
                    let text = value.text().unwrap_or_default().into();
                    let file = Value { data: Data::File(text), ..value };
                    self.loaded(&file)
                }
                Some(value) => self.loaded(&value),
                None => Value::unknown(),
            },
            "dynaconf.FlaskDynaconf" | "dynaconf.contrib.FlaskDynaconf" => {
                self.keep(frame, path, &positional, &keywords, place);
                let app = first.or_else(|| named("app")).and_then(|app| match app.data {
                    Data::Object(app) => self.app(app).map(|app| app.config),
                    _ => None,
                });
                if let Some(config) = app {
                    let mut given = vec![
                        (Arc::from("environments"), Value::new(Data::Bool(true))),
                        (Arc::from("envvar_prefix"), Value::str("FLASK")),
                        (Arc::from("env_switcher"), Value::str("FLASK_ENV")),
                    ];
                    given.retain(|(name, _)| !keywords.iter().any(|(known, _)| known == name));
                    given.extend(keywords);
                    self.dynaconf(config, &given);
                }
                Value::new(Data::Made(path.into()))
            }
            "dynaconf.DjangoDynaconf" => {
                let mut given = vec![
                    (Arc::from("environments"), Value::new(Data::Bool(true))),
                    (Arc::from("envvar_prefix"), Value::str("DJANGO")),
                    (Arc::from("env_switcher"), Value::str("DJANGO_ENV")),
                ];
                given.retain(|(name, _)| !keywords.iter().any(|(known, _)| known == name));
                given.extend(keywords);
                self.dynaconf(frame.scope, &given);
                Value::new(Data::Made(path.into()))
            }
            "dynaconf.Dynaconf" | "dynaconf.LazySettings" => {
                let scope = Scope { config: true, ..Scope::default() };
                let scope = self.make(Object::Scope(scope));
                self.dynaconf(scope, &keywords);
                self.standalone.push((scope, place));
                Value::new(Data::Object(scope))
            }
            "environ.Env" | "environ.FileAwareEnv" | "environs.Env" => {
                let defaults = keywords.into_iter().collect();
                Value::new(Data::Object(self.make(Object::Reader { defaults, prefix: "".into() })))
            }
            "builtins.bool" => match first.as_ref().map(|value| (self.truth(value), value)) {
                Some((Some(truth), value)) => Value::new(Data::Bool(truth)).with(value),
                Some((None, value)) => Value::unknown().with(value),
                None => Value::new(Data::Bool(false)),
            },
            "builtins.int" | "builtins.float" => match first {
                Some(value) => self.converted(value, path.trim_start_matches("builtins.")),
                None => Value::new(Data::Int(0)),
            },
            "builtins.str" => match first {
                Some(value) => Value { data: Data::Str(self.piece(&value).into()), ..value },
                None => Value::str(""),
            },
            "distutils.util.strtobool"
            | "setuptools.distutils.util.strtobool"
            | "setuptools._distutils.util.strtobool"
            | "builtins.strtobool" => match first {
                Some(value) => self.converted(value, "bool"),
                None => Value::unknown(),
            },
            "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.sorted"
            | "builtins.frozenset" | "builtins.reversed" => {
                let kind = match path {
                    "builtins.tuple" => Kind::Tuple,
                    "builtins.set" | "builtins.frozenset" => Kind::Set,
                    _ => Kind::List,
                };
                let Some(value) = first else {
                    return Value::new(Data::Object(self.make(Object::Sequence {
                        kind,
                        items: Vec::new(),
                        open: false,
                    })));
                };
                let Some(elements) = self.elements(&value) else { return Value::unknown().with(&value) };
                let items =
                    elements.into_iter().map(|(value, maybe)| super::value::Item { value, maybe }).collect();
                Value {
                    data: Data::Object(self.make(Object::Sequence { kind, items, open: false })),
                    ..value
                }
            }
            "builtins.len" => match first.as_ref().map(|value| &value.data) {
                Some(Data::Str(text)) if !text.contains(HOLE) => {
                    Value::new(Data::Int(text.chars().count() as i64))
                }
                _ => match first.as_ref().and_then(|value| self.elements(value)) {
                    Some(elements) if elements.iter().all(|entry| !entry.1) => {
                        Value::new(Data::Int(elements.len() as i64))
                    }
                    _ => Value::unknown(),
                },
            },
            "builtins.dict" | "collections.OrderedDict" => {
                let mut entries = Vec::new();
                let mut open = false;
                if let Some(value) = &first {
                    match self.pairs(value) {
                        Some(pairs) => {
                            entries.extend(pairs.into_iter().map(|(key, value)| Entry { key, value }))
                        }
                        None => open = true,
                    }
                }
                for (key, value) in keywords {
                    super::ops::put(&mut entries, Value::str(&key), value, super::value::Reach::Surely);
                }
                Value::new(Data::Object(self.make(Object::Mapping { entries, open })))
            }
            "builtins.getattr" => {
                let (Some(base), Some(name)) = (first, positional.get(1)) else { return Value::unknown() };
                let base = self.forced(base);
                let name = match (&name.data, name.whole()) {
                    (Data::Str(_), Some(name)) => name.to_owned(),
                    _ => return Value::unknown(),
                };
                let mut found = self.attribute(&base, &name);
                if found.is_unknown()
                    && let Data::Module(module) = base.data
                    && let Some(member) = self.member_for_profile(module, &name)
                {
                    found = member;
                }
                match (found.is_unknown(), positional.get(2)) {
                    (true, Some(default)) => default.clone(),
                    _ => found,
                }
            }
            "builtins.globals" | "builtins.locals" | "builtins.vars" if positional.is_empty() => {
                Value::new(Data::Object(frame.scope))
            }
            "builtins.setattr" => {
                if let [base, name, value] = &positional[..]
                    && let Some(name) = name.whole()
                {
                    let base = self.forced(base.clone());
                    self.store_attribute(&base, name, value.clone().at(place));
                }
                Value::new(Data::None)
            }
            "typing.cast" => positional.get(1).cloned().unwrap_or_else(Value::unknown),
            "copy.copy"
            | "copy.deepcopy"
            | "pydantic.SecretStr"
            | "django.utils.translation.gettext_lazy"
            | "starlette.datastructures.Secret"
            | "starlette.datastructures.URL"
            | "starlette.datastructures.CommaSeparatedStrings"
            | "pydantic.AnyUrl"
            | "pydantic.AnyHttpUrl" => first.unwrap_or_else(Value::unknown),
            "datetime.timedelta" => duration(&positional, &keywords),
            "os.path.join" => {
                let parts: Vec<String> = positional.iter().map(|value| self.piece(value)).collect();
                let all = positional.iter().fold(Value::unknown(), |all, value| all.with(value));
                Value { data: Data::Str(parts.join("/").into()), ..all }
            }
            "os.path.dirname" | "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.getcwd"
            | "pathlib.Path" | "pathlib.Path.cwd" => match first {
                Some(value) if path == "pathlib.Path" && !value.is_unknown() => {
                    Value { data: Data::Str(self.piece(&value).into()), ..value }
                }
                _ => Value::str(&HOLE.to_string()),
            },
            "urllib.parse.quote" | "urllib.parse.quote_plus" => Value::str(&HOLE.to_string()),
            "secrets.token_hex"
            | "secrets.token_urlsafe"
            | "secrets.token_bytes"
            | "os.urandom"
            | "uuid.uuid4"
            | "secrets.choice"
            | "django.core.management.utils.get_random_secret_key" => {
                Value::new(Data::Random).at(Place { note: "made anew at every start".to_owned(), ..place })
            }
            "dj_database_url.config" => {
                let name = named("env").and_then(|value| value.whole().map(str::to_owned));
                let default = named("default").or_else(|| positional.get(1).cloned());
                let url = self.variable(name.as_deref().unwrap_or("DATABASE_URL"), default, place);
                self.database(url)
            }
            "dj_database_url.parse" => match first {
                Some(value) => self.database(value),
                None => Value::unknown(),
            },
            "os.environ.setdefault" => {
                self.keep(frame, path, &positional, &keywords, place);
                positional.get(1).cloned().unwrap_or_else(Value::unknown)
            }
            "pydantic.Field" | "pydantic.fields.Field" | "dataclasses.field" | "pydantic.v1.Field" => {
                let default = named("default").or(first.filter(|_| path != "dataclasses.field"));
                let factory = named("default_factory").map(|factory| self.forced(factory));
                match (default, factory) {
                    (Some(value), _) => {
                        self.keep(frame, path, &positional, &keywords, place);
                        value
                    }
                    (None, Some(factory)) => self.call(frame, &factory, Vec::new(), Vec::new(), false, place),
                    (None, None) => Value::new(Data::External("builtins.Ellipsis".into())),
                }
            }
            _ => {
                self.keep(frame, path, &positional, &keywords, place);
                let rests = positional.iter().fold(Value::unknown(), |all, value| {
                    all.with(&Value { places: Vec::new(), ..value.clone() })
                });
                Value { data: Data::Made(path.into()), ..rests }
            }
        }
    }
}

/// Whether a place is in the block of another.
fn is_within(block: &Spot, place: &Spot) -> bool {
    match (block, place) {
        (Spot::Code(a, block), Spot::Code(b, place)) => a == b && block.contains_range(*place),
        _ => false,
    }
}

fn duration(positional: &[Value], keywords: &Keywords) -> Value {
    const UNITS: [(&str, i64); 7] = [
        ("days", 86_400),
        ("seconds", 1),
        ("microseconds", 0),
        ("milliseconds", 0),
        ("minutes", 60),
        ("hours", 3600),
        ("weeks", 604_800),
    ];
    let mut total = 0_i64;
    let mut whole = Value::unknown();
    let given = positional.iter().zip(UNITS).map(|(value, (_, unit))| (value, unit));
    let named = keywords.iter().map(|(name, value)| {
        (value, UNITS.iter().find(|(unit, _)| *unit == &**name).map_or(0, |unit| unit.1))
    });
    for (value, unit) in given.chain(named) {
        whole = whole.with(value);
        match value.data {
            Data::Int(number) => total = total.saturating_add(number.saturating_mul(unit)),
            _ => return whole,
        }
    }
    Value { data: Data::Duration(total), ..whole }
}
