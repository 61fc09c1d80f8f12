//! Settings in every environment that the project has, side by side.

use std::{collections::BTreeSet, sync::Arc};

use clearance_finding::{
    EnvironmentLine, EnvironmentValue, Notice, NoticeKind, Setting, SettingStatus, Step,
};
use clearance_program::Program;
use rayon::prelude::*;

use super::{
    Application, Effective, Framework, Plain, Profile, Settings, is_secret_name, mask_step, roots::Roots,
};
use crate::DeployFile;

/// Settings for each profile.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    /// What users see.
    pub(crate) production: Settings,
    /// The same where nothing but the code decides: no environment files, containers, units, manifests.
    pub(crate) bare: Settings,
    /// The other profiles that the project speaks of.
    others: Vec<(Profile, Settings)>,
}

/// A setting as a report shows it.
struct Shown {
    value: Option<String>,
    redacted: bool,
    status: SettingStatus,
    steps: Vec<Step>,
}

impl Matrix {
    /// Resolves the settings for production, and for the other environments that the project speaks of.
    pub(crate) fn new(program: &Program, files: &[DeployFile]) -> Self {
        let roots = Roots::new(program);
        let resolve = |files: &[DeployFile], profile| Settings::resolve(program, &roots, files, profile);
        let production = resolve(files, Profile::Production);
        // What nothing is set in differs in nothing.
        let spoken_of = |profile: &Profile| {
            !production.applications.is_empty()
                && production.choices.iter().any(|choice| choice.0 == *profile)
        };
        let profiles: Vec<Profile> =
            [Profile::Development, Profile::Staging].into_iter().filter(spoken_of).collect();
        let (bare, others) = rayon::join(
            || match production.variables.is_empty() {
                true => Settings::default(),
                false => resolve(&[], Profile::Production),
            },
            || profiles.into_par_iter().map(|profile| (profile, resolve(files, profile))).collect(),
        );
        Self { production, bare, others }
    }

    /// Where the bound on work was hit.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        let all = [&self.production].into_iter().chain(self.others.iter().map(|other| &other.1));
        let cut = all.filter(|settings| settings.cut).flat_map(|settings| &settings.applications);
        let mut notices: Vec<Notice> = cut
            .map(|application| Notice {
                path: Arc::clone(&application.location.path),
                line: Some(application.location.start.line),
                kind: NoticeKind::Truncated,
                text: "the settings were resolved in part: the bound on work was hit, so what is missing proves nothing"
                    .to_owned(),
            })
            .collect();
        notices.dedup();
        notices
    }

    /// The environments, and where the project speaks of them.
    pub(crate) fn environments(&self) -> Vec<EnvironmentLine> {
        if self.production.applications.is_empty() {
            return Vec::new();
        }
        let mut lines: Vec<EnvironmentLine> = Profile::ALL
            .into_iter()
            .map(|profile| {
                let choices = self.production.choices.iter().filter(|choice| choice.0 == profile);
                let mut evidence: Vec<Step> = choices.map(|choice| choice.1.clone()).collect();
                evidence.dedup_by(|a, b| a.location == b.location);
                for step in &mut evidence {
                    // Only the place counts; what stands there may be a secret.
                    step.location.code.clear();
                }
                EnvironmentLine { environment: profile.environment(), evidence }
            })
            .collect();
        lines.sort_by_key(|line| line.environment);
        lines
    }

    /// The settings as a report shows them, by name.
    pub(crate) fn listed(&self) -> Vec<Setting> {
        let mut listed: Vec<(usize, Setting)> = Vec::new();
        for (number, application) in self.production.applications.iter().enumerate() {
            let others: Vec<(Profile, &Settings, &Application)> = self
                .others
                .iter()
                .filter_map(|(profile, settings)| {
                    Some((*profile, settings, counterpart(&self.production, application, settings)?))
                })
                .collect();
            let mut names: BTreeSet<&Arc<str>> = application.settings.keys().collect();
            names.extend(others.iter().flat_map(|other| other.2.settings.keys()));
            for name in names {
                let own = application.settings.get(name);
                let differs = others.iter().any(|(_, _, other)| match (own, other.settings.get(name)) {
                    (Some(own), Some(other)) => !same(own, other),
                    (None, None) => false,
                    _ => true,
                });
                if own.is_none() && !differs {
                    continue;
                }
                let shown = shown_in(&self.production, application, name);
                let mut environments = Vec::new();
                if differs {
                    let own = (Profile::Production, &self.production, application);
                    for (profile, settings, application) in others.iter().copied().chain([own]) {
                        let Shown { value, redacted, status, steps } = shown_in(settings, application, name);
                        environments.push(EnvironmentValue {
                            environment: profile.environment(),
                            value,
                            redacted,
                            status,
                            provenance: steps,
                        });
                    }
                    environments.sort_by_key(|value| value.environment);
                }
                let name = match application.framework {
                    Framework::Fields => format!("{}.{name}", application.name),
                    _ => name.to_string(),
                };
                let Shown { value, redacted, status, steps } = shown;
                listed.push((
                    number,
                    Setting { name, value, redacted, status, provenance: steps, environments },
                ));
            }
        }
        listed.sort_by(|a, b| (&a.1.name, a.0).cmp(&(&b.1.name, b.0)));
        // Several applications of one tree often share their settings.
        listed.dedup_by(|a, b| a.1 == b.1);
        listed.into_iter().map(|entry| entry.1).collect()
    }
}

/// The application in another environment.
fn counterpart<'a>(
    production: &Settings,
    application: &Application,
    others: &'a Settings,
) -> Option<&'a Application> {
    let kin = |other: &&Application| other.framework == application.framework;
    if application.framework != Framework::Django {
        return others.applications.iter().filter(kin).find(|other| {
            other.name == application.name
                && other.location.path == application.location.path
                && other.location.bytes == application.location.bytes
        });
    }
    let project =
        |dotted: &str| dotted.rsplit_once('.').map_or(String::new(), |(folder, _)| folder.to_owned());
    let found =
        others.applications.iter().filter(kin).find(|other| {
            other.name == application.name || project(&other.name) == project(&application.name)
        });
    let single = |settings: &Settings| {
        settings.applications.iter().filter(|other| other.framework == Framework::Django).count() == 1
    };
    found.or_else(|| {
        let mut all = others.applications.iter().filter(kin);
        all.next().filter(|_| single(production) && single(others))
    })
}

fn is_open(settings: &Settings, application: &Application) -> bool {
    settings.cut || application.open.is_some()
}

/// A setting of an application as a report shows it.
fn shown_in(settings: &Settings, application: &Application, name: &str) -> Shown {
    let Some(value) = application.settings.get(name) else {
        let open = is_open(settings, application);
        let status = if open { SettingStatus::Undecided } else { SettingStatus::Absent };
        return Shown { value: None, redacted: false, status, steps: Vec::new() };
    };
    let status = match application.dead.contains(name) {
        true => SettingStatus::Dead,
        false => value.status(),
    };
    let secret = is_secret_name(name) || value.plain.holds_credential();
    let redacted =
        secret && !matches!(value.plain, Plain::None | Plain::Unknown) && !value.plain.is_empty_text();
    let text = (!redacted && !value.plain.is_unknown()).then(|| value.plain.python(0));
    let mask = |step: &Step| if secret { mask_step(step, &value.plain) } else { step.clone() };
    Shown { value: text, redacted, status, steps: value.steps.iter().map(mask).collect() }
}

/// Whether two values are the same, as far as they are known.
fn same(a: &Effective, b: &Effective) -> bool {
    let all =
        |a: &[Effective], b: &[Effective]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    match (&a.plain, &b.plain) {
        (Plain::None, Plain::None) | (Plain::Random, Plain::Random) | (Plain::Unknown, Plain::Unknown) => {
            true
        }
        (Plain::Bool(a), Plain::Bool(b)) => a == b,
        (Plain::Int(a), Plain::Int(b)) | (Plain::Duration(a), Plain::Duration(b)) => a == b,
        (Plain::Float(a), Plain::Float(b)) => a.to_bits() == b.to_bits(),
        (Plain::Str(a), Plain::Str(b))
        | (Plain::Bytes(a), Plain::Bytes(b))
        | (Plain::Named(a), Plain::Named(b)) => a == b,
        (Plain::List(a, more), Plain::List(b, other)) => {
            more == other
                && a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| a.1 == b.1 && same(&a.0, &b.0))
        }
        (Plain::Map(a, more), Plain::Map(b, other)) => {
            more == other
                && a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| same(&a.0, &b.0) && same(&a.1, &b.1))
        }
        (Plain::Either(a), Plain::Either(b)) => all(a, b),
        _ => false,
    }
}
