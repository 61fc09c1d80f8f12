//! The effective settings of an application: what is in force, not what is written down.
//!
//! In: the program and the files of deployment. Out: [`Settings`]: for every application what its configuration holds in a profile, how well that is known,
//! and where it comes from. Bodies of modules, classes and factories are gone through on known values ([`machine`]); nothing of the target is run.

mod attributes;
mod calls;
mod choices;
mod documents;
mod effective;
pub(crate) mod environment;
mod flask;
pub(crate) mod known;
mod library;
mod machine;
mod matrix;
mod operators;
mod ops;
mod overlap;
mod profile;
mod pydantic;
mod reads;
mod roots;
mod show;
mod value;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clearance_finding::{Location, Step};
use clearance_program::Program;
use clearance_source::Role;

pub(crate) use effective::{Effective, Plain};
pub(crate) use known::{Strength, is_secret_name, is_signing_key, strength, url_password, words};
pub(crate) use matrix::Matrix;
pub use overlap::settle;
pub use profile::Profile;

use self::{
    effective::Maker,
    environment::Environment,
    machine::Machine,
    reads::Reads,
    roots::Roots,
    value::{Data, Object, ObjectId},
};
use crate::DeployFile;

/// What settings belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Framework {
    Flask,
    Django,
    /// FastAPI, Starlette: the object of the application; its options are calls.
    Asgi,
    /// A class whose fields are read from the environment.
    Fields,
}

/// The configuration of one application, module or class.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) framework: Framework,
    /// Where it is made.
    pub(crate) location: Location,
    /// The settings that something sets.
    pub(crate) settings: BTreeMap<Arc<str>, Effective>,
    /// Those of them that nothing reads.
    pub(crate) dead: BTreeSet<Arc<str>>,
    /// Why further settings may be there that are not known.
    pub(crate) open: Option<String>,
    /// Modules it is about (for messages): dotted path of the settings.
    pub(crate) name: String,
}

/// A call of a library with what it was given.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) path: Arc<str>,
    pub(crate) positional: Vec<Effective>,
    pub(crate) keywords: Vec<(Arc<str>, Effective)>,
    pub(crate) location: Location,
}

/// A variable of the environment that the program reads.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) name: Arc<str>,
    pub(crate) has_default: bool,
    pub(crate) is_set: bool,
    pub(crate) location: Location,
}

/// All effective settings of a program.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) applications: Vec<Application>,
    pub(crate) calls: Vec<Called>,
    pub(crate) read: Vec<Read>,
    /// Variables of the environment that files set: name, value, place.
    pub(crate) variables: Vec<(String, String, Location)>,
    /// Positions of the environment files that are in force.
    pub(crate) in_force: Vec<usize>,
    /// Where the project speaks of a profile as of one that it may run in.
    pub(crate) choices: Vec<(Profile, Step)>,
    /// The bound on work was hit: what is missing proves nothing.
    pub(crate) cut: bool,
}

impl Application {
    /// A setting that something sets and something reads.
    pub(crate) fn get(&self, name: &str) -> Option<&Effective> {
        self.settings.get(name).filter(|_| !self.dead.contains(name))
    }

    /// The settings that something reads.
    pub(crate) fn live(&self) -> impl Iterator<Item = (&Arc<str>, &Effective)> {
        self.settings.iter().filter(|(name, _)| !self.dead.contains(*name))
    }
}

impl Settings {
    /// Resolves the settings of a profile.
    pub(crate) fn resolve(
        program: &Program,
        roots: &Roots<'_>,
        files: &[DeployFile],
        profile: Profile,
    ) -> Self {
        let environment = Environment::new(program, files, profile);
        let mut machine = Machine::new(program, &environment, profile);
        let mut settings = Self { in_force: environment.in_force.clone(), ..Self::default() };
        let mut found: Vec<(Framework, String, ObjectId, Location)> = Vec::new();
        let django = roots::django(program, &environment, profile);
        machine.choices.extend(roots::django_choices(program, &django));
        for module in django {
            let scope = machine.module(module);
            let dotted = program.module(module).dotted.clone();
            let location = Location::file(Arc::clone(&program.module(module).path));
            found.push((Framework::Django, dotted, scope, location));
        }
        for maker in &roots.makers {
            roots::make(&mut machine, *maker);
        }
        if machine.apps.iter().any(|app| machine.app(*app).is_some_and(|app| is_flask(&app.path))) {
            for module in &roots.changers {
                machine.module(*module);
            }
        }
        let mut places = Vec::new();
        for app in machine.apps.clone() {
            let Some(app) = machine.app(app) else { continue };
            if places.contains(&app.place.spot) || program.module(app.module).role != Role::Application {
                continue;
            }
            places.push(app.place.spot.clone());
            let framework = if is_flask(&app.path) { Framework::Flask } else { Framework::Asgi };
            let location = effective::location(program, files, &app.place.spot);
            found.push((framework, program.module(app.module).dotted.clone(), app.config, location));
        }
        for &class in &roots.classes {
            let instance = pydantic::resolve(&mut machine, class);
            let data = program.class(class);
            let module = program.module(class.module);
            let location = program.location(class.module, data.name_range);
            found.push((Framework::Fields, module.ir.name(data.name).to_owned(), instance, location));
        }
        for module in &roots.standalone {
            machine.module(*module);
        }
        for (scope, place) in machine.standalone.clone() {
            let location = effective::location(program, files, &place.spot);
            found.push((Framework::Fields, "settings".to_owned(), scope, location));
        }
        let mut maker = Maker::new(&machine, files);
        for (framework, name, scope, location) in found {
            let Object::Scope(names) = machine.object(scope) else { continue };
            let mut all = BTreeMap::new();
            for (setting, value) in &names.names {
                let is_setting = framework == Framework::Fields || flask::is_setting_name(setting);
                let is_value = !matches!(
                    value.data,
                    Data::Function(..) | Data::Class(_) | Data::Module(_) | Data::Lazy(..)
                );
                if is_setting && is_value {
                    all.insert(Arc::clone(setting), maker.effective(value));
                }
            }
            settings.applications.push(Application {
                framework,
                location,
                settings: all,
                dead: BTreeSet::new(),
                open: names.open.clone(),
                name,
            });
        }
        for call in &machine.calls {
            settings.calls.push(Called {
                path: Arc::clone(&call.path),
                positional: call.positional.iter().map(|value| maker.effective(value)).collect(),
                keywords: call
                    .keywords
                    .iter()
                    .map(|(name, value)| (Arc::clone(name), maker.effective(value)))
                    .collect(),
                location: effective::location(program, files, &call.place.spot),
            });
        }
        for (name, default, place) in &machine.reads {
            settings.read.push(Read {
                name: Arc::clone(name),
                has_default: default.is_some(),
                is_set: environment.variable(name).is_some(),
                location: effective::location(program, files, &place.spot),
            });
        }
        settings.variables = environment
            .variables()
            .map(|(name, variable)| {
                (
                    name.to_owned(),
                    variable.value.clone(),
                    effective::location(program, files, &variable.place.spot),
                )
            })
            .collect();
        let choices = machine.choices.iter().chain(&environment.named);
        settings.choices = choices
            .map(|(profile, place)| {
                let location = effective::location(program, files, &place.spot);
                (*profile, Step { location, note: place.note.clone() })
            })
            .collect();
        settings.cut = machine.exhausted();
        for app in &mut settings.applications {
            let dead = app
                .settings
                .keys()
                .filter(|name| is_dead(app, name, &roots.reads, program))
                .cloned()
                .collect();
            app.dead = dead;
        }
        settings
    }
}

/// Whether the module that sets a name speaks of it again without setting it, comments aside.
fn is_named_again(application: &Application, name: &str, program: &Program) -> bool {
    let Some(step) = application.settings.get(name).and_then(|value| value.steps.first()) else {
        return false;
    };
    let Some(module) = program.module_at(&step.location.path) else { return false };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    program.module(module).text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        line.match_indices(name).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + name.len()..]);
            let sets = after.trim_start().strip_prefix('=').is_some_and(|rest| !rest.starts_with('='))
                || after.trim_start().starts_with(':');
            let whole = !before.ends_with(|c: char| word(c) || matches!(c, '"' | '\'' | '`'))
                && !after.starts_with(|c: char| word(c) || matches!(c, '"' | '\'' | '`'));
            let code = before.matches(['"', '\'']).count() % 2 == 0 && !before.contains('#');
            whole && !sets && code && before.contains(['=', '(', '[', ',', '{'])
        })
    })
}

fn is_dead(application: &Application, name: &str, reads: &Reads<'_>, program: &Program) -> bool {
    let imports = |package: &str| program.imports(package);
    match application.framework {
        Framework::Flask => {
            !known::flask_reads(name, &imports)
                && !reads.reads(name)
                && !is_named_again(application, name, program)
                && (known::is_of_absent_extension(name, &imports) || !reads.whole_config)
        }
        Framework::Django => {
            !known::django_reads(name)
                && !reads.reads(name)
                && !is_used_within(application, name)
                && !is_named_again(application, name, program)
        }
        Framework::Fields => {
            !reads.reads_field(name)
                && !reads.reads_field(&name.to_lowercase())
                && !is_used_within(application, name)
        }
        Framework::Asgi => false,
    }
}

/// Whether the value of another setting was made of this one.
fn is_used_within(application: &Application, name: &str) -> bool {
    let note = format!("`{name}` is set here");
    application
        .settings
        .iter()
        .any(|(other, value)| &**other != name && value.steps.iter().any(|step| step.note == note))
}

fn is_flask(path: &str) -> bool {
    path.contains("Flask") || path.contains("Quart") || path.contains("OpenAPI")
}

/// A step without the secret that its code shows.
pub(crate) fn mask_step(step: &Step, secret: &Plain) -> Step {
    Step { location: mask(&step.location, secret), note: step.note.clone() }
}

/// A place whose code does not show a secret.
pub(crate) fn mask(location: &Location, secret: &Plain) -> Location {
    let mut texts = Vec::new();
    secret.texts(&mut texts);
    let mut masked = location.clone();
    for line in &mut masked.code {
        for text in &texts {
            for piece in text.lines().filter(|piece| piece.trim().len() >= 2) {
                line.text = hide(&line.text, piece);
            }
        }
        if let Some(password) = url_password(&line.text) {
            let password = password.to_owned();
            line.text = hide(&line.text, &password);
        }
    }
    masked
}

/// A line with quoted or assigned occurrences of a text replaced; names that hold it stay.
fn hide(line: &str, text: &str) -> String {
    let mut result = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(text) {
        let before = rest[..at].chars().next_back().or_else(|| result.chars().next_back());
        let after = rest[at + text.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        result.push_str(&rest[..at]);
        if inside(before) || inside(after) || after == Some('=') {
            result.push_str(text);
        } else {
            result.extend(text.chars().map(|_| '*'));
        }
        rest = &rest[at + text.len()..];
    }
    result.push_str(rest);
    result
}
