//! Choices between environments: where the program names one that it may run in, and what is taken for the one that settings are resolved for.

use clearance_program::{ClassRef, ModuleId};
use clearance_python::{TextRange, ir::Class};

use super::{
    machine::Machine,
    profile::{Profile, names_profile},
    roots::counts,
    value::{Data, Object, ObjectId, Place, Spot, Value},
};

/// Places that are kept for one profile.
const MAX_CHOICES: usize = 3;

impl Machine<'_> {
    /// The program speaks of a profile at a place.
    pub(crate) fn note_choice(&mut self, profile: Profile, place: Place) {
        let same = self.choices.iter().filter(|known| known.0 == profile);
        if same.clone().count() < MAX_CHOICES && !same.clone().any(|known| known.1.spot == place.spot) {
            self.choices.push((profile, place));
        }
    }

    /// A comparison of what says in which environment the program runs with the name of one.
    pub(crate) fn note_comparison(&mut self, left: &Value, right: &Value) {
        for (asked, named) in [(left, right), (right, left)] {
            let asks = match &asked.data {
                Data::Profile => true,
                Data::Str(_) => asked.places.iter().any(|place| {
                    let variable = place.note.strip_prefix("environment variable `");
                    let variable = variable.and_then(|rest| rest.split('`').next());
                    variable.is_some_and(|name| names_profile(name, Some("production")))
                }),
                _ => false,
            };
            if !asks {
                continue;
            }
            let mut all = vec![named.clone()];
            if let Some(elements) = self.elements(named) {
                all = elements.into_iter().map(|(element, _)| element).collect();
            }
            for value in all {
                if let Some(profile) = value.whole().and_then(Profile::named)
                    && let Some(place) = value.places.first()
                {
                    let note = format!("the environment is compared with {}", profile.as_str());
                    let place = Place { note, ..place.clone() };
                    self.note_choice(profile, place);
                }
            }
        }
    }

    /// The value under a key of a dict. Where the dict has an entry for each environment, and the key names another one than settings are resolved for, or
    /// the default of what the environment says, that of this one.
    pub(crate) fn chosen(&mut self, mapping: ObjectId, key: &Value) -> Option<Value> {
        let Object::Mapping { entries, .. } = self.object(mapping) else { return None };
        let named: Vec<(Profile, Option<Place>)> = entries
            .iter()
            .filter_map(|entry| {
                let profile = Profile::named(entry.key.whole()?)?;
                let place = entry.value.places.iter().chain(&entry.key.places).next().cloned();
                Some((profile, place))
            })
            .collect();
        let by_profile = matches!(key.data, Data::Profile);
        // A table of levels has a `debug`, too: one name alone says nothing.
        if !by_profile && named.iter().all(|entry| entry.0 == named[0].0) {
            return self.entry(mapping, key).map(|value| value.with(key));
        }
        for (profile, place) in &named {
            if let Some(place) = place.clone() {
                let note = format!("the entry for {}", profile.as_str());
                self.note_choice(*profile, Place { note, ..place });
            }
        }
        let has_own = named.iter().any(|entry| entry.0 == self.profile);
        let is_own = by_profile || key.whole().is_some_and(|key| self.profile.is_named(key) == Some(true));
        let defaults = key.whole() == Some("default") && !key.vars.is_empty();
        if has_own && !is_own && (defaults || self.profile != Profile::Production && !key.is_unknown()) {
            let key = Value { data: Data::Profile, vars: Vec::new(), unsure: false, ..key.clone() };
            let found = self.entry(mapping, &key).map(|value| value.with(&key));
            // Another start of the program names another entry: nothing in the tree chooses this one.
            return found.map(|value| Value { unsure: value.unsure || !defaults, ..value });
        }
        self.entry(mapping, key).map(|value| value.with(key))
    }

    /// The class beside this one that is made for the profile, where this one is made for another and the profile is not production.
    pub(crate) fn suited_class(&mut self, class: ClassRef) -> Option<ClassRef> {
        let ir = self.ir(class.module);
        let own = ir.name(ir.classes[class.class.index()].name);
        Profile::spoken_of(own)?;
        self.note_classes(class.module, own);
        if self.profile == Profile::Production || self.profile.suits(own) != 0 {
            return None;
        }
        let ending = last_word(own);
        let found = ir.classes.iter().position(|class| {
            let name = ir.name(class.name);
            self.profile.suits(name) == 2 && last_word(name) == ending
        })?;
        Some(ClassRef { module: class.module, class: Class(found as u32) })
    }

    /// Which environments the classes beside one of that name are for.
    pub(crate) fn note_classes(&mut self, module: ModuleId, own: &str) {
        let ir = self.ir(module);
        let ending = last_word(own);
        for class in &ir.classes {
            let name = ir.name(class.name);
            if let Some(profile) = Profile::spoken_of(name)
                && last_word(name) == ending
            {
                let place = self.place(module, class.name_range, format!("the class `{name}`"));
                self.note_choice(profile, place);
            }
        }
    }

    /// The class or module for the profile, where a path made of its name leads to none: `f"config.{env.title()}Config"`.
    pub(crate) fn near(&mut self, dotted: &str) -> Option<Value> {
        let (parent, last) = dotted.rsplit_once(['.', ':'])?;
        Profile::spoken_of(last).filter(|profile| *profile == self.profile)?;
        let Some(Value { data: Data::Module(id), .. }) = self.at_path(parent) else { return None };
        let ir = self.ir(id);
        let class = ir.classes.iter().position(|class| self.profile.suits(ir.name(class.name)) == 2);
        if let Some(class) = class {
            return Some(Value::new(Data::Class(ClassRef { module: id, class: Class(class as u32) })));
        }
        let program = self.program;
        let package = &program.module(id).dotted;
        let found = program.modules().find(|(other, module)| {
            counts(program, *other)
                && module
                    .dotted
                    .rsplit_once('.')
                    .is_some_and(|(folder, last)| folder == package && self.profile.suits(last) == 2)
        });
        found.map(|(id, _)| Value::new(Data::Module(id)))
    }

    /// Which environments the modules beside one are for, if that one is for one.
    pub(crate) fn note_modules(&mut self, id: ModuleId) {
        let program = self.program;
        let folder_of = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let own = program.module(id);
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).trim_end_matches(".py").to_owned();
        if Profile::spoken_of(&name(&own.path)).is_none() {
            return;
        }
        let folder = folder_of(&own.path);
        for (other, module) in program.modules() {
            if counts(program, other)
                && folder_of(&module.path) == folder
                && let Some(profile) = Profile::spoken_of(&name(&module.path))
            {
                self.note_choice(profile, start_of(other, format!("the module `{}`", module.dotted)));
            }
        }
    }

    /// The class of a configuration for the profile that stands for a module which was found by the name of another.
    pub(crate) fn member_for_profile(&mut self, module: ModuleId, name: &str) -> Option<Value> {
        let ir = self.ir(module);
        Profile::spoken_of(name).filter(|profile| *profile == self.profile)?;
        let ending = last_word(name);
        let class = ir.classes.iter().position(|class| {
            let name = ir.name(class.name);
            self.profile.suits(name) == 2 && last_word(name) == ending
        })?;
        self.note_classes(module, name);
        Some(Value::new(Data::Class(ClassRef { module, class: Class(class as u32) })))
    }

    /// What `from_object` is given, where this names another environment than the profile.
    pub(crate) fn suited_object(&mut self, value: &Value) -> Option<Value> {
        let class = match &value.data {
            Data::Class(class) => *class,
            Data::Object(id) => match self.object(*id) {
                Object::Scope(scope) if !scope.config => scope.class?,
                _ => return None,
            },
            Data::Module(id) => {
                self.note_modules(*id);
                return None;
            }
            _ => return None,
        };
        let suited = self.suited_class(class)?;
        Some(Value { data: Data::Class(suited), unsure: true, ..value.clone() })
    }
}

/// The place where a module begins.
pub(crate) fn start_of(module: ModuleId, note: String) -> Place {
    Place { spot: Spot::Code(module, TextRange::default()), note }
}

fn last_word(name: &str) -> Option<String> {
    let words = super::known::words(name);
    // A name that is nothing but that of an environment: `class Production`.
    if words.len() < 2 { None } else { words.last().cloned() }
}
