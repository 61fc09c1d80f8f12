//! The environment that the application is given: environment files, and what containers, units and manifests set.

pub(crate) mod dotenv;
mod manifests;

use std::collections::BTreeMap;

use clearance_program::Program;
use clearance_source::{FileKind, Role};

use super::{
    profile::Profile,
    value::{Place, Spot},
};
use crate::DeployFile;

/// Packages that read environment files.
const READERS: &[&str] =
    &["dotenv", "decouple", "environ", "environs", "pydantic_settings", "starlette", "dynaconf"];

/// Places that are kept for one profile.
const MAX_NAMED: usize = 3;

/// A variable that some file sets.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) value: String,
    pub(crate) place: Place,
}

/// What the environment of a profile holds.
pub(crate) struct Environment<'p> {
    pub(crate) files: &'p [DeployFile],
    variables: BTreeMap<String, Variable>,
    /// Positions of the environment files that are in force.
    pub(crate) in_force: Vec<usize>,
    /// Profiles that files are for, and where that is seen.
    pub(crate) named: Vec<(Profile, Place)>,
    profile: Profile,
}

impl<'p> Environment<'p> {
    /// Reads what is in force for a profile. Later sources win: environment files that the program loads, then images, files that compositions name, what
    /// they set themselves, units and manifests.
    pub(crate) fn new(program: &Program, files: &'p [DeployFile], profile: Profile) -> Self {
        let mut environment =
            Self { files, variables: BTreeMap::new(), in_force: Vec::new(), named: Vec::new(), profile };
        let loads = READERS.iter().any(|package| program.imports(package)) || program.imports("flask");
        let mut own: Vec<usize> = (0..files.len())
            .filter(|&number| {
                let file = &files[number];
                file.kind == FileKind::EnvFile
                    && is_deployed(file)
                    && !is_pattern(file.name())
                    && file.path.matches('/').count() <= 2
                    && is_beside_code(program, &file.path)
            })
            .collect();
        if loads {
            for &number in &own {
                environment.note_file(number, files[number].name());
            }
        }
        own.retain(|&number| profile.suits(files[number].name()) > 0);
        // `.env` first, then those that name the profile.
        own.sort_by_key(|&number| {
            (
                profile.suits(files[number].name()),
                std::cmp::Reverse(files[number].path.matches('/').count()),
                number,
            )
        });
        if loads {
            for number in own {
                let name = files[number].name();
                if matches!(name, ".env" | ".flaskenv") || profile.suits(name) == 2 {
                    environment.dotenv(number);
                }
            }
        }
        manifests::read(&mut environment, profile);
        environment
    }

    /// A variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// All variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.variables.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// The variables whose names begin so.
    pub(crate) fn prefixed(&self, prefix: &str) -> Vec<(String, Variable)> {
        let matching =
            self.variables.iter().filter(|(name, _)| name.starts_with(prefix) && name.len() > prefix.len());
        matching.map(|(name, variable)| (name.clone(), variable.clone())).collect()
    }

    /// Takes the assignments of an environment file.
    fn dotenv(&mut self, number: usize) {
        if self.in_force.contains(&number) {
            return;
        }
        let assignments = dotenv::assignments(&self.files[number].text);
        for one in &assignments {
            self.note_variable(&one.name, &one.value, number, one.range);
        }
        if assignments.iter().any(|one| names_another(&one.name, &one.value, self.profile)) {
            return;
        }
        self.in_force.push(number);
        for assignment in assignments {
            let value = if assignment.expands {
                let (value, _) = dotenv::expand(&assignment.value, &|name| {
                    self.variables.get(name).map(|variable| variable.value.clone())
                });
                value.unwrap_or_default()
            } else {
                assignment.value
            };
            self.set(&assignment.name, value, number, assignment.range);
        }
    }

    fn set(&mut self, name: &str, value: String, file: usize, range: (usize, usize)) {
        if !dotenv::is_name(name) {
            return;
        }
        let note = format!("`{name}` is set here");
        self.variables.insert(
            name.to_owned(),
            Variable { value, place: Place { spot: Spot::File(file, range), note } },
        );
    }

    /// A file is for the profile that its name speaks of.
    fn note_file(&mut self, number: usize, name: &str) {
        if let Some(profile) = Profile::spoken_of(name) {
            self.note(profile, number, (0, 0), format!("a file for {}", profile.as_str()));
        }
    }

    /// What sets a variable is for the profile that the variable names.
    fn note_variable(&mut self, name: &str, value: &str, file: usize, range: (usize, usize)) {
        let named = match name {
            "DJANGO_SETTINGS_MODULE" => Profile::spoken_of(value),
            _ if super::profile::names_profile(name, None) => Profile::named(value),
            _ => None,
        };
        if let Some(profile) = named {
            self.note(profile, file, range, format!("`{name}` names {}", profile.as_str()));
        }
    }

    fn note(&mut self, profile: Profile, file: usize, range: (usize, usize), note: String) {
        let place = Place { spot: Spot::File(file, range), note };
        let same = self.named.iter().filter(|known| known.0 == profile);
        if same.clone().count() < MAX_NAMED && !same.clone().any(|known| known.1.spot == place.spot) {
            self.named.push((profile, place));
        }
    }

    /// The position of a file, by a path as another file writes it.
    fn file_at(&self, from: &str, path: &str) -> Option<usize> {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = path.trim().trim_start_matches("./");
        let mut base: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                ".." => {
                    base.pop();
                }
                "" | "." => {}
                part => base.push(part),
            }
        }
        let whole = base.join("/");
        self.files.iter().position(|file| *file.path == *whole)
    }

    /// A file of configuration whose path ends so, the outermost one.
    pub(crate) fn file_ending(&self, ending: &str) -> Option<usize> {
        if ![".toml", ".json", ".yaml", ".yml"].iter().any(|end| ending.ends_with(end)) {
            return None;
        }
        let whole = format!("/{ending}");
        let found = (0..self.files.len()).filter(|&number| {
            let file = &self.files[number];
            is_deployed(file) && (*file.path == *ending || file.path.ends_with(&whole))
        });
        found.min_by_key(|&number| (self.files[number].path.matches('/').count(), number))
    }

    /// A setting of `settings.ini`, which only `decouple` reads.
    pub(crate) fn ini(&self, name: &str) -> Option<Variable> {
        let number = (0..self.files.len())
            .filter(|&number| self.files[number].name() == "settings.ini" && is_deployed(&self.files[number]))
            .min_by_key(|&number| (self.files[number].path.matches('/').count(), number))?;
        let text = &self.files[number].text;
        let mut inside = false;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let body = line.trim();
            if body.starts_with('[') {
                inside = body == "[settings]";
                continue;
            }
            let Some((key, value)) = body.split_once(['=', ':']).filter(|_| inside) else { continue };
            if key.trim().eq_ignore_ascii_case(name) {
                let place = Place {
                    spot: Spot::File(number, (start, start + line.trim_end().len())),
                    note: format!("`{name}` is set here"),
                };
                return Some(Variable { value: value.trim().replace("%%", "%"), place });
            }
        }
        None
    }
}

/// Whether modules of the program are in the folder of a file, or below it.
fn is_beside_code(program: &Program, path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.is_empty()
        || program
            .modules()
            .any(|(_, module)| module.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// Whether a variable says that what sets it is for another profile: `FLASK_ENV=development`, `DJANGO_SETTINGS_MODULE=shop.settings.dev`.
fn names_another(name: &str, value: &str, profile: Profile) -> bool {
    match name {
        "DJANGO_SETTINGS_MODULE" => profile.suits(value) == 0,
        // What runs in a developer's or a test environment says so.
        _ if profile != Profile::Production => {
            super::profile::names_profile(name, None) && profile.is_named(value) != Some(true)
        }
        _ => super::profile::names_profile(name, None) && profile.is_named(value) == Some(false),
    }
}

/// Whether a file belongs to what is deployed.
pub(crate) fn is_deployed(file: &DeployFile) -> bool {
    !matches!(file.role, Role::Test | Role::Documentation | Role::Example | Role::Vendored | Role::Generated)
}

/// Whether an environment file is a pattern to copy and never in force.
pub(crate) fn is_pattern(name: &str) -> bool {
    const PATTERNS: &[&str] = &[
        "example", "sample", "template", "tmpl", "dist", "default", "defaults", "backup", "bak", "old",
        "orig", "disabled",
    ];
    name.split(['.', '-', '_']).any(|part| PATTERNS.iter().any(|pattern| part.eq_ignore_ascii_case(pattern)))
}
