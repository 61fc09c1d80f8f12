//! What a configuration file of this program says, typed and with places, before anything is merged.

use std::path::{Component, Path};

use clearance_finding::{Confidence, Severity, UnknownWord};
use clearance_source::Role;
use clearance_supply::Ecosystem;
use clearance_verdict::{Level, Profile};

use super::{
    error::ConfigError,
    ignores::End,
    origin::{Place, Sited},
    reader::{TableReader, ValueReader},
    secrets::SecretsOptions,
};
use crate::{advisories::update::check_mirror, words::FailOn};

/// The settings of one file. `None` and empty: not said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) select: Option<Vec<Sited<String>>>,
    pub(crate) ignore: Vec<Sited<String>>,
    pub(crate) audit: Option<Sited<bool>>,
    pub(crate) severity: Option<Sited<Severity>>,
    pub(crate) confidence: Option<Sited<Confidence>>,
    pub(crate) exclude: Vec<Sited<String>>,
    pub(crate) per_file_ignores: Vec<(Sited<String>, Vec<Sited<String>>)>,
    pub(crate) roles: Vec<(Sited<String>, Role)>,
    pub(crate) accept: Vec<Accept>,
    pub(crate) public: Vec<Public>,
    /// What only the uppermost file may say.
    pub(crate) run: RunOptions,
}

/// Settings of the run as a whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunOptions {
    pub(crate) profile: Option<Sited<Profile>>,
    pub(crate) fail_on: Option<Sited<FailOn>>,
    pub(crate) flow: Option<Sited<bool>>,
    pub(crate) blocking_severity: Option<Sited<Severity>>,
    pub(crate) warning_severity: Option<Sited<Severity>>,
    pub(crate) controls: Vec<(Sited<String>, Level)>,
    pub(crate) max_file_size: Option<Sited<u64>>,
    /// Patterns of model files.
    pub(crate) models: Vec<Sited<String>>,
    pub(crate) advisories: Advisories,
    pub(crate) secrets: SecretsOptions,
    /// A file of `clearance baseline`.
    pub(crate) baseline: Option<Sited<String>>,
}

/// The `[advisories]` table: where the advisory database is fetched from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Advisories {
    /// A folder with `PyPI/all.zip` and `npm/all.zip`.
    pub(crate) mirror: Option<Sited<String>>,
    /// Empty: not said.
    pub(crate) ecosystems: Vec<Ecosystem>,
}

impl RunOptions {
    /// The keys that were given, with one place.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let keys = [
            ("profile", self.profile.is_some()),
            ("fail-on", self.fail_on.is_some()),
            ("flow", self.flow.is_some()),
            ("blocking-severity", self.blocking_severity.is_some()),
            ("warning-severity", self.warning_severity.is_some()),
            ("controls", !self.controls.is_empty()),
            ("max-file-size", self.max_file_size.is_some()),
            ("models", !self.models.is_empty()),
            ("baseline", self.baseline.is_some()),
            ("advisories", self.advisories.mirror.is_some() || !self.advisories.ecosystems.is_empty()),
            ("secrets", self.secrets.is_given()),
        ];
        keys.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }
}

/// A `[[public]]` table: addresses that everybody may call.
#[derive(Debug, Clone)]
pub(crate) struct Public {
    pub(crate) place: Place,
    /// `*` stands for any text.
    pub(crate) path: String,
    pub(crate) reason: String,
}

/// An `[[accept]]` table.
#[derive(Debug, Clone)]
pub(crate) struct Accept {
    pub(crate) place: Place,
    pub(crate) target: AcceptTarget,
    pub(crate) path: Option<Sited<String>>,
    pub(crate) reason: Option<String>,
    pub(crate) until: Option<End>,
}

/// What an `[[accept]]` table accepts.
#[derive(Debug, Clone)]
pub(crate) enum AcceptTarget {
    /// A rule, by any of its names.
    Rule(Sited<String>),
    /// One finding.
    Fingerprint(clearance_finding::Fingerprint),
    /// Known vulnerabilities of dependencies.
    Vulnerability(Vulnerability),
}

/// The known vulnerabilities that an acceptance is bound to: by an id, by a package, or by both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Vulnerability {
    /// Any id of it.
    pub(crate) advisory: Option<String>,
    pub(crate) package: Option<String>,
    /// As OSV calls it; `None`: any.
    pub(crate) ecosystem: Option<String>,
    /// Range of versions of the package; `None`: all.
    pub(crate) version: Option<String>,
}

impl Options {
    /// Reads the table; every key must be known.
    pub(crate) fn read(mut table: TableReader<'_>) -> Result<Self, ConfigError> {
        table.refuse(
            "output",
            "files to write are named on the command line only, so that a scanned tree cannot choose them",
        )?;
        let mut options = Self {
            select: take(&mut table, "select", ValueReader::strings)?,
            ignore: take(&mut table, "ignore", ValueReader::strings)?.unwrap_or_default(),
            audit: take(&mut table, "audit", ValueReader::boolean)?,
            severity: take(&mut table, "severity", |value| word(value, Severity::ALL))?,
            confidence: take(&mut table, "confidence", |value| word(value, Confidence::ALL))?,
            exclude: take(&mut table, "exclude", ValueReader::strings)?.unwrap_or_default(),
            ..Self::default()
        };
        if let Some(value) = table.take("per-file-ignores") {
            for (pattern, codes) in value.table()?.take_rest() {
                options.per_file_ignores.push((pattern, codes.strings()?));
            }
        }
        if let Some(value) = table.take("roles") {
            for (pattern, role) in value.table()?.take_rest() {
                options.roles.push((pattern, word(&role, Role::ALL)?.value));
            }
        }
        if let Some(value) = table.take("accept") {
            for (place, accept) in value.tables()? {
                options.accept.push(read_accept(place, accept)?);
            }
        }
        if let Some(value) = table.take("public") {
            for (place, public) in value.tables()? {
                options.public.push(read_public(place, public)?);
            }
        }
        options.run = RunOptions {
            profile: take(&mut table, "profile", |value| word(value, Profile::ALL))?,
            fail_on: take(&mut table, "fail-on", |value| word(value, FailOn::ALL))?,
            flow: take(&mut table, "flow", ValueReader::boolean)?,
            blocking_severity: take(&mut table, "blocking-severity", |value| word(value, Severity::ALL))?,
            warning_severity: take(&mut table, "warning-severity", |value| word(value, Severity::ALL))?,
            max_file_size: take(&mut table, "max-file-size", ValueReader::size)?,
            controls: Vec::new(),
            baseline: take(&mut table, "baseline", inner_file)?,
            models: take(&mut table, "models", ValueReader::strings)?.unwrap_or_default(),
            advisories: match table.take("advisories") {
                Some(value) => read_advisories(value.table()?)?,
                None => Advisories::default(),
            },
            secrets: match table.take("secrets") {
                Some(value) => SecretsOptions::read(value.table()?)?,
                None => SecretsOptions::default(),
            },
        };
        if let Some(value) = table.take("controls") {
            for (control, level) in value.table()?.take_rest() {
                options.run.controls.push((control, word(&level, Level::ALL)?.value));
            }
        }
        table.finish()?;
        Ok(options)
    }
}

fn read_advisories(mut table: TableReader<'_>) -> Result<Advisories, ConfigError> {
    let mut found = Advisories::default();
    if let Some(value) = table.take("mirror") {
        let mirror = value.string()?;
        check_mirror(&mirror.value).map_err(|problem| value.bad(problem))?;
        found.mirror = Some(mirror);
    }
    if let Some(value) = table.take("ecosystems") {
        for name in value.strings()? {
            match name.value.as_str() {
                "pypi" => found.ecosystems.push(Ecosystem::PyPi),
                "npm" => found.ecosystems.push(Ecosystem::Npm),
                other => return Err(value.bad(format!("`{other}` is not one of pypi, npm"))),
            }
        }
    }
    table.finish()?;
    Ok(found)
}

fn read_public(place: Place, mut table: TableReader<'_>) -> Result<Public, ConfigError> {
    let path = take(&mut table, "path", ValueReader::string)?;
    let reason = take(&mut table, "reason", ValueReader::string)?;
    table.finish()?;
    match (path, reason) {
        (Some(path), Some(reason))
            if path.value.starts_with(['/', '*']) && !reason.value.trim().is_empty() =>
        {
            Ok(Public { place, path: path.value, reason: reason.value })
        }
        _ => Err(ConfigError::BadValue {
            place,
            key: "public".to_owned(),
            problem: "give a `path` that begins with a slash, and the `reason` why everybody may call it"
                .to_owned(),
        }),
    }
}

fn read_accept(place: Place, mut table: TableReader<'_>) -> Result<Accept, ConfigError> {
    let rule = take(&mut table, "rule", ValueReader::string)?;
    let fingerprint = table.take("fingerprint");
    let path = take(&mut table, "path", ValueReader::string)?;
    let reason = take(&mut table, "reason", ValueReader::string)?;
    let until = take(&mut table, "until", read_until)?;
    let vulnerability = Vulnerability {
        advisory: take(&mut table, "advisory", filled)?,
        package: take(&mut table, "package", filled)?,
        ecosystem: None,
        version: take(&mut table, "version", filled)?,
    };
    table.finish()?;
    let bad = |problem: &str| ConfigError::BadValue {
        place: place.clone(),
        key: "accept".to_owned(),
        problem: problem.to_owned(),
    };
    if vulnerability.version.is_some() && vulnerability.package.is_none() {
        return Err(bad("`version` needs `package`: the package whose versions are meant"));
    }
    let is_bound = vulnerability.advisory.is_some() || vulnerability.package.is_some();
    if until == Some(End::Fixed) && !is_bound {
        return Err(bad("`until = \"fixed\"` needs `advisory` or `package`"));
    }
    let target = match (rule, fingerprint) {
        (None, None) if is_bound => AcceptTarget::Vulnerability(vulnerability),
        (Some(_), _) | (_, Some(_)) if is_bound => {
            return Err(bad(
                "give `rule`, or `fingerprint`, or `advisory` and `package`, and not two of them",
            ));
        }
        (Some(rule), None) => AcceptTarget::Rule(rule),
        (None, Some(value)) => {
            let text = value.string()?.value;
            let is_complete = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            match u128::from_str_radix(&text, 16) {
                Ok(number) if is_complete => {
                    AcceptTarget::Fingerprint(clearance_finding::Fingerprint(number))
                }
                _ => {
                    let problem = "expected the 32 hexadecimal digits that a report shows for the finding";
                    return Err(value.bad(problem.to_owned()));
                }
            }
        }
        _ => {
            return Err(ConfigError::BadValue {
                place,
                key: "accept".to_owned(),
                problem:
                    "give either `rule` or `fingerprint`, or, for a vulnerability, `advisory` or `package`"
                        .to_owned(),
            });
        }
    };
    Ok(Accept { place, target, path, reason: reason.map(|reason| reason.value), until })
}

/// A day, or `"fixed"`: as long as no fixed version is known.
fn read_until(value: &ValueReader<'_>) -> Result<End, ConfigError> {
    match value.string() {
        Ok(text) if text.value == clearance_verdict::acceptance::UNTIL_FIXED => Ok(End::Fixed),
        _ => Ok(End::Day(value.day()?.value)),
    }
}

/// A file below the folder of the configuration.
fn inner_file(value: &ValueReader<'_>) -> Result<Sited<String>, ConfigError> {
    let file = value.string()?;
    let path = Path::new(&file.value);
    let is_inner = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if file.value.is_empty() || !is_inner {
        let problem = "name a file below the folder of the configuration, such as `clearance-baseline.toml`";
        return Err(value.bad(problem.to_owned()));
    }
    Ok(file)
}

/// A text that is not empty.
fn filled(value: &ValueReader<'_>) -> Result<String, ConfigError> {
    let text = value.string()?.value.trim().to_owned();
    if text.is_empty() { Err(value.bad("is empty".to_owned())) } else { Ok(text) }
}

fn take<'d, T>(
    table: &mut TableReader<'d>,
    key: &'static str,
    read: impl FnOnce(&ValueReader<'d>) -> Result<T, ConfigError>,
) -> Result<Option<T>, ConfigError> {
    table.take(key).as_ref().map(read).transpose()
}

/// A word of one of the closed lists that the crates share.
fn word<T>(value: &ValueReader<'_>, all: &[T]) -> Result<Sited<T>, ConfigError>
where
    T: Copy + std::str::FromStr<Err = UnknownWord> + std::fmt::Display,
{
    let words: Vec<String> = all.iter().map(ToString::to_string).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    value.word(|text| text.parse().ok(), &words)
}
