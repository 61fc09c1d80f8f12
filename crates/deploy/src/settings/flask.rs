//! Flask and its kin: what gets into `app.config`.

use clearance_program::{Entity, ModuleId};

use super::{
    calls::Keywords,
    machine::{Frame, Machine},
    value::{Data, Object, ObjectId, Place, Reach, Value},
};

impl Machine<'_> {
    /// A method of a configuration (or of the dict of a module's names).
    pub(crate) fn config_method(
        &mut self,
        frame: &Frame,
        config: ObjectId,
        name: &str,
        positional: &[Value],
        keywords: &Keywords,
        place: Place,
    ) -> Value {
        let first = positional.first().cloned().map(|value| self.forced(value));
        match name {
            "from_object" => {
                if let Some(mut value) = first {
                    value.places.retain(|place| !place.note.is_empty());
                    value.places.push(Place {
                        note: "the configuration is read from it here".to_owned(),
                        ..place.clone()
                    });
                    self.take_object(config, &value);
                }
            }
            "update" | "from_mapping" | "setdefault" if name != "setdefault" => {
                for value in positional {
                    let value = self.forced(value.clone());
                    match self.pairs(&value) {
                        Some(pairs) => {
                            for (key, value) in pairs {
                                if let Some(key) = key.whole() {
                                    self.write(config, key, value);
                                }
                            }
                        }
                        None => self.open(config, "it is updated with a dict that is not known"),
                    }
                }
                for (key, value) in keywords {
                    let value = self.forced(value.clone());
                    let note = format!("`{key}` is set here");
                    self.write(config, key, value.at(Place { note, ..place.clone() }));
                }
            }
            "from_pyfile" => self.take_python_file(frame, config, first.as_ref(), &place),
            "from_envvar" => {
                let name = first.as_ref().and_then(Value::whole).map(str::to_owned).unwrap_or_default();
                let file = self.environment.variable(&name).map(|found| found.value.clone());
                match file {
                    Some(file) => {
                        let file = Value::str(&file);
                        self.take_python_file(frame, config, Some(&file), &place);
                    }
                    None => self.open(config, "an environment variable names a further file"),
                }
            }
            "from_prefixed_env" => {
                let prefix = first.as_ref().and_then(Value::whole).unwrap_or("FLASK").to_owned();
                for (variable, found) in self.environment.prefixed(&format!("{prefix}_")) {
                    let name = variable[prefix.len() + 1..].to_owned();
                    let value = parsed(&found.value)
                        .at(found.place.clone())
                        .at(Place { note: format!("environment variable `{variable}`"), ..place.clone() });
                    self.write(config, &name, value);
                }
            }
            "from_file" | "from_json" => self.take_file(config, first.as_ref()),
            "get" | "pop" | "setdefault" => {
                let Some(key) = first.as_ref().and_then(Value::whole).map(str::to_owned) else {
                    return Value::unknown();
                };
                let scope = self.scope(config);
                let known = scope.and_then(|scope| scope.names.get(&*key)).cloned();
                let open = scope.is_some_and(|scope| scope.open.is_some());
                let is_config = scope.is_some_and(|scope| scope.config);
                let default = positional.get(1).cloned().unwrap_or_else(|| Value::new(Data::None));
                if name == "setdefault" && known.is_none() {
                    self.write(config, &key, default.clone().at(place));
                }
                let builtin = if is_config { super::known::flask_default(&key) } else { None };
                return match known.or(builtin) {
                    Some(found) => found,
                    None if open => Value::unknown(),
                    None => default,
                };
            }
            _ => {}
        }
        Value::new(Data::None)
    }

    /// Takes all names in capitals of a class, an instance or a module.
    fn take_object(&mut self, config: ObjectId, value: &Value) {
        let reach = self.reach;
        if let Some(suited) = self.suited_object(value) {
            return self.take_object(config, &suited);
        }
        match &value.data {
            Data::Str(dotted) => {
                let suited = self.suited(dotted, value);
                let rests = if *suited == **dotted {
                    value.clone()
                } else {
                    Value { vars: Vec::new(), ..value.clone() }
                };
                let found = self.at_path(&suited);
                match found.or_else(|| self.near(&suited)) {
                    Some(found) => {
                        let found = self.forced(found).with(&rests);
                        self.take_object(config, &found);
                    }
                    None => self.open(config, "the object that it is read from is not known"),
                }
            }
            Data::Class(class) => {
                let (order, _) = self.lineage(*class);
                for owner in order.into_iter().rev() {
                    let scope = self.class_scope(owner);
                    self.take(config, scope, value);
                }
            }
            Data::Object(id) => match self.object(*id) {
                Object::Scope(scope) => {
                    let class = scope.class;
                    if let Some(class) = class {
                        let (order, _) = self.lineage(class);
                        for owner in order.into_iter().rev() {
                            let scope = self.class_scope(owner);
                            self.take_of(config, scope, value, Some(value));
                        }
                    }
                    self.take(config, *id, value);
                }
                Object::Mapping { .. } => {}
                _ => {}
            },
            Data::Module(id) => {
                let scope = self.module(*id);
                self.take(config, scope, value);
                if let Some(why) = self.scope(scope).and_then(|scope| scope.open.clone()) {
                    self.open(config, &why);
                }
            }
            Data::Either(all) => {
                for value in all.clone() {
                    let value = self.forced(value);
                    self.reach = reach.min(Reach::Maybe);
                    self.take_object(config, &value);
                }
                self.reach = reach;
            }
            _ => self.open(config, "the object that it is read from is not known"),
        }
    }

    /// A dotted path whose default names the environment of another profile: `os.getenv("APP_SETTINGS", "config.DevelopmentConfig")`.
    fn suited(&self, dotted: &str, value: &Value) -> String {
        if value.vars.is_empty() || self.profile.suits(dotted) != 0 {
            return dotted.to_owned();
        }
        let Some((module, _)) = dotted.rsplit_once('.') else { return dotted.to_owned() };
        let Some(Entity::Module(id)) = self.program.entity_at(module) else { return dotted.to_owned() };
        let ir = self.ir(id);
        let better =
            ir.classes.iter().map(|class| ir.name(class.name)).find(|name| self.profile.suits(name) == 2);
        better.map_or_else(|| dotted.to_owned(), |name| format!("{module}.{name}"))
    }

    fn take(&mut self, config: ObjectId, from: ObjectId, chosen: &Value) {
        self.take_of(config, from, chosen, None);
    }

    fn take_of(&mut self, config: ObjectId, from: ObjectId, chosen: &Value, instance: Option<&Value>) {
        let Some(scope) = self.scope(from) else { return };
        let mut names: Vec<_> = scope.names.keys().filter(|name| is_setting_name(name)).cloned().collect();
        names.sort();
        for name in names {
            let found = self.scope(from).and_then(|scope| scope.names.get(&name)).cloned();
            let Some(mut value) = found else { continue };
            if let Data::Function(function, _) = value.data {
                if instance.is_none() || !self.decorated(function, &["property", "cached_property"]) {
                    continue;
                }
                value = match instance {
                    Some(me) => self.attribute(&me.clone(), &name).with(&value),
                    None => continue,
                };
            }
            let value = self.forced(value);
            let value = Value { unsure: value.unsure | chosen.unsure, ..value };
            let vars = Value { places: chosen.places.clone(), vars: chosen.vars.clone(), ..Value::unknown() };
            self.write(config, &name, value.with(&vars));
        }
    }

    fn take_python_file(&mut self, frame: &Frame, config: ObjectId, name: Option<&Value>, place: &Place) {
        let Some(name) = name.and_then(Value::text) else {
            return self.open(config, "the file that it is read from is not known");
        };
        let ending =
            name.trim_start_matches(['.', '/', super::value::HOLE]).trim_start_matches("../").to_owned();
        let folders = if self.is_instance_relative(config) { &["instance/"][..] } else { &["", "instance/"] };
        match self.python_file(&ending, frame.module, folders) {
            Some(id) => {
                self.note_modules(id);
                let scope = self.module(id);
                let note = "read from this file".to_owned();
                let chosen = Value { places: vec![Place { note, ..place.clone() }], ..Value::unknown() };
                self.take(config, scope, &chosen);
            }
            None => self.open(config, "a further file is read that is not in the tree"),
        }
    }

    /// Whether paths of files are looked for in the folder of the instance.
    fn is_instance_relative(&self, config: ObjectId) -> bool {
        let app = self.apps.iter().filter_map(|app| self.app(*app)).find(|app| app.config == config);
        app.is_some_and(|app| {
            let made = self.calls.iter().find(|call| call.place == app.place);
            made.is_some_and(|call| {
                call.keywords.iter().any(|(name, value)| {
                    &**name == "instance_relative_config" && self.truth(value) == Some(true)
                })
            })
        })
    }

    fn python_file(&self, ending: &str, from: ModuleId, folders: &[&str]) -> Option<ModuleId> {
        let program = self.program;
        let folder = program.module(from).path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut here = folder;
        loop {
            for inner in folders {
                let path = if here.is_empty() {
                    format!("{inner}{ending}")
                } else {
                    format!("{here}/{inner}{ending}")
                };
                if let Some(id) = program.module_at(&path) {
                    return Some(id);
                }
            }
            if here.is_empty() {
                return None;
            }
            here = here.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }
}

/// A text of the environment as Flask reads it: JSON where it is JSON.
pub(crate) fn parsed(text: &str) -> Value {
    match text {
        "true" => Value::new(Data::Bool(true)),
        "false" => Value::new(Data::Bool(false)),
        "null" => Value::new(Data::None),
        _ => match text.parse::<i64>() {
            Ok(number) => Value::new(Data::Int(number)),
            Err(_) => Value::str(text.trim_matches('"')),
        },
    }
}

/// Whether a name is one of a setting: in capitals.
pub(crate) fn is_setting_name(name: &str) -> bool {
    name.bytes().any(|b| b.is_ascii_uppercase())
        && !name.bytes().any(|b| b.is_ascii_lowercase())
        && !name.starts_with('_')
}
