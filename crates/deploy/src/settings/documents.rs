//! Files of configuration that the program reads itself: TOML, JSON and YAML.

use super::{
    calls::Keywords,
    flask::is_setting_name,
    machine::Machine,
    profile::Profile,
    value::{Data, Entry, HOLE, Item, Kind, Object, ObjectId, Place, Spot, Value},
};
use crate::yaml::{self, Node};

/// Values inside values.
const MAX_DEPTH: usize = 16;

impl Machine<'_> {
    /// `app.config.from_file("config.json", load=json.load)`: takes the names in capitals.
    pub(super) fn take_file(&mut self, config: ObjectId, name: Option<&Value>) {
        let Some(name) = name.and_then(Value::text).map(str::to_owned) else {
            return self.open(config, "the file that it is read from is not known");
        };
        let Some(entries) = self.document(&name) else {
            return self.open(config, "a further file is read that is not in the tree, or not understood");
        };
        for Entry { key, value } in entries {
            if let Some(key) = key.whole().filter(|key| is_setting_name(key)) {
                self.write(config, key, value);
            }
        }
    }

    /// What a file holds, as a dict: `json.load(open("config.json"))`.
    pub(super) fn loaded(&mut self, file: &Value) -> Value {
        let name = match &file.data {
            Data::File(name) => name.to_string(),
            _ => return Value::unknown().with(file),
        };
        match self.document(&name) {
            Some(entries) => {
                let made = self.make(Object::Mapping { entries, open: false });
                Value { data: Data::Object(made), ..file.clone() }
            }
            None => Value::unknown().with(file),
        }
    }

    /// The entries of a file of configuration, each with its place. The file is known by the end of its path.
    pub(super) fn document(&mut self, name: &str) -> Option<Vec<Entry>> {
        let ending = name.trim_start_matches(['.', '/', HOLE]).to_owned();
        let number = self.environment.file_ending(&ending)?;
        self.document_at(number)
    }

    pub(super) fn document_at(&mut self, number: usize) -> Option<Vec<Entry>> {
        let file = &self.environment.files[number];
        if file.name().ends_with(".toml") {
            let table: toml::Table = file.text.parse().ok()?;
            return Some(self.toml_entries(&table, number, "", 0));
        }
        let read = yaml::parse(&file.text);
        if read.problem.is_some() {
            return None;
        }
        let document = read.documents.first()?;
        if document.entries().is_empty() {
            return None;
        }
        Some(self.yaml_entries(document, number, 0))
    }

    fn toml_entries(&mut self, table: &toml::Table, file: usize, section: &str, depth: usize) -> Vec<Entry> {
        let entries = table.iter().map(|(key, value)| {
            let range = toml_place(&self.environment.files[file].text, section, key);
            let place = Place { spot: Spot::File(file, range), note: format!("`{key}` is set here") };
            let inner = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
            let value = self.of_toml(value, file, &inner, depth + 1).at(place);
            Entry { key: Value::str(key), value }
        });
        entries.collect()
    }

    fn of_toml(&mut self, value: &toml::Value, file: usize, section: &str, depth: usize) -> Value {
        Value::new(match value {
            _ if depth > MAX_DEPTH => Data::Unknown,
            toml::Value::String(text) => Data::Str(text.as_str().into()),
            toml::Value::Integer(number) => Data::Int(*number),
            toml::Value::Float(number) => Data::Float(*number),
            toml::Value::Boolean(flag) => Data::Bool(*flag),
            toml::Value::Datetime(_) => Data::Unknown,
            toml::Value::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| Item { value: self.of_toml(item, file, section, depth + 1), maybe: false })
                    .collect();
                Data::Object(self.make(Object::Sequence { kind: Kind::List, items, open: false }))
            }
            toml::Value::Table(table) => {
                let entries = self.toml_entries(table, file, section, depth);
                Data::Object(self.make(Object::Mapping { entries, open: false }))
            }
        })
    }

    fn yaml_entries(&mut self, node: &Node, file: usize, depth: usize) -> Vec<Entry> {
        let entries = node.entries().iter().map(|entry| {
            let place = Place {
                spot: Spot::File(file, (entry.span.start, entry.value.span.end.max(entry.span.end))),
                note: format!("`{}` is set here", entry.key),
            };
            Entry {
                key: Value::str(&entry.key),
                value: self.of_yaml(&entry.value, file, depth + 1).at(place),
            }
        });
        entries.collect()
    }

    fn of_yaml(&mut self, node: &Node, file: usize, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::unknown();
        }
        match &node.data {
            yaml::Data::Scalar(text) => {
                let before =
                    self.environment.files[file].text.as_bytes().get(node.span.start.wrapping_sub(1));
                if matches!(before, Some(b'"' | b'\'')) {
                    return Value::str(text);
                }
                scalar(text)
            }
            yaml::Data::List(items) => {
                let items = items
                    .iter()
                    .map(|item| Item { value: self.of_yaml(item, file, depth + 1), maybe: false })
                    .collect();
                Value::new(Data::Object(self.make(Object::Sequence { kind: Kind::List, items, open: false })))
            }
            yaml::Data::Map(_) => {
                let entries = self.yaml_entries(node, file, depth);
                Value::new(Data::Object(self.make(Object::Mapping { entries, open: false })))
            }
        }
    }

    /// Settings of Dynaconf: its files, `[default]` and the environment's part of them where they have parts, then variables with its prefix.
    pub(super) fn dynaconf(&mut self, scope: ObjectId, given: &Keywords) {
        let option =
            |name: &str| given.iter().find(|(known, _)| &**known == name).map(|entry| entry.1.clone());
        let mut names: Vec<String> = Vec::new();
        for name in ["settings_files", "settings_file", "SETTINGS_FILE_FOR_DYNACONF"] {
            let Some(value) = option(name) else { continue };
            let listed = self.elements(&value).unwrap_or_else(|| vec![(value.clone(), false)]);
            names.extend(listed.iter().filter_map(|(name, _)| name.text().map(str::to_owned)));
        }
        if names.is_empty() {
            names.extend(
                ["settings.toml", ".secrets.toml", "settings.yaml", "settings.json"].map(str::to_owned),
            );
        }
        let mut layers = Vec::new();
        for name in &names {
            layers.push(name.clone());
            if let Some((stem, extension)) = name.rsplit_once('.') {
                layers.push(format!("{stem}.local.{extension}"));
            }
        }
        let parts = match option("environments").map(|value| (self.truth(&value), value)) {
            Some((Some(said), _)) => Some(said),
            Some((None, _)) => Some(true),
            None => None,
        };
        let profile = self.profile;
        let switch = option("env_switcher").and_then(|value| value.whole().map(str::to_owned));
        let switch = switch.unwrap_or_else(|| "ENV_FOR_DYNACONF".to_owned());
        let current = self.environment.variable(&switch).map(|found| found.value.to_lowercase());
        for name in layers {
            let is_local = name.contains(".local.");
            if is_local && profile == Profile::Production {
                continue;
            }
            let ending = name.trim_start_matches(['.', '/', HOLE]).to_owned();
            let ending = if name.starts_with('.') && !name.starts_with("..") && !name.starts_with("./") {
                name.clone()
            } else {
                ending
            };
            let Some(number) = self.environment.file_ending(&ending) else { continue };
            let Some(entries) = self.document_at(number) else {
                self.open(scope, "a file of it is not understood");
                continue;
            };
            let part = |wanted: &dyn Fn(&str) -> bool| {
                let found = entries.iter().find(|entry| {
                    entry.key.whole().is_some_and(wanted) && matches!(entry.value.data, Data::Object(_))
                });
                found.map(|entry| entry.value.clone())
            };
            for entry in &entries {
                if let Some(profile) = entry.key.whole().and_then(Profile::named)
                    && matches!(entry.value.data, Data::Object(_))
                    && let Some(place) = entry.value.places.first().cloned()
                {
                    self.note_choice(
                        profile,
                        Place { note: format!("a part for {}", profile.as_str()), ..place },
                    );
                }
            }
            let has_default = part(&|key| key.eq_ignore_ascii_case("default")).is_some();
            if parts.unwrap_or(has_default) {
                let default = part(&|key| key.eq_ignore_ascii_case("default"));
                let own = part(&|key| match &current {
                    Some(current) => key.eq_ignore_ascii_case(current),
                    None => profile.is_named(key) == Some(true),
                });
                let global = part(&|key| key.eq_ignore_ascii_case("global"));
                for part in [default, own, global].into_iter().flatten() {
                    for (key, value) in self.pairs(&part).unwrap_or_default() {
                        if let Some(key) = key.whole() {
                            self.write(scope, &key.to_uppercase(), value);
                        }
                    }
                }
            } else {
                for Entry { key, value } in entries {
                    if let Some(key) = key.whole() {
                        self.write(scope, &key.to_uppercase(), value);
                    }
                }
            }
        }
        let prefix = option("envvar_prefix").or_else(|| option("ENVVAR_PREFIX_FOR_DYNACONF"));
        let prefix = prefix.as_ref().and_then(Value::whole).unwrap_or("DYNACONF").to_uppercase();
        for (variable, found) in self.environment.prefixed(&format!("{prefix}_")) {
            let name = variable[prefix.len() + 1..].to_owned();
            if name.contains("__") {
                continue;
            }
            let note = format!("environment variable `{variable}`");
            let place = Place { spot: found.place.spot.clone(), note };
            self.write(scope, &name, scalar(&found.value).at(place));
        }
    }
}

/// A plain scalar of YAML or TOML.
fn scalar(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" | "yes" | "on" => Value::new(Data::Bool(true)),
        "false" | "False" | "FALSE" | "no" | "off" => Value::new(Data::Bool(false)),
        "null" | "Null" | "NULL" | "~" | "" => Value::new(Data::None),
        _ => match (text.parse(), text.parse()) {
            (Ok(number), _) => Value::new(Data::Int(number)),
            (_, Ok(number)) if text.contains('.') => Value::new(Data::Float(number)),
            _ => Value::str(text),
        },
    }
}

/// The line of a key of a table of TOML.
fn toml_place(text: &str, section: &str, key: &str) -> (usize, usize) {
    let mut here = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let start = at + line.len() - trimmed.len();
        let body = trimmed.trim_end();
        at += line.len();
        if let Some(header) = body.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            here = header.trim_matches(['[', ' ']).replace('"', "");
            let whole = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            if here == whole {
                return (start, start + body.len());
            }
            continue;
        }
        let name = body.split('=').next().unwrap_or("").trim().trim_matches('"');
        if here == section && name == key {
            return (start, start + body.len());
        }
    }
    (0, 0)
}

/// Whether a path of a library reads a file that it is given.
pub(super) fn is_loader(path: &str) -> bool {
    matches!(
        path,
        "json.load"
            | "json.loads"
            | "tomllib.load"
            | "tomllib.loads"
            | "tomli.load"
            | "tomli.loads"
            | "toml.load"
            | "toml.loads"
            | "yaml.safe_load"
            | "yaml.load"
            | "yaml.full_load"
            | "ujson.load"
            | "simplejson.load"
            | "orjson.loads"
    )
}
