//! Files and command line, merged and checked: everything that a user may have got wrong is found here.

use clearance_finding::{AliasKind, Confidence, Rule, Severity};
use clearance_verdict::{Policy, Profile};

use super::{
    error::{ConfigError, Hint},
    ignores::Ignored,
    load::{Layer, Loaded},
    models::ModelPatterns,
    options::{Accept, AcceptTarget, Options, RunOptions, Vulnerability},
    origin::{Origin, Sited},
    patterns::{BanditPattern, Base, Pattern, RuffPattern},
    peers::{Peer, PeerOptions},
    secrets::SecretsWanted,
    selection::{self, Meant, RuleSet},
    settings::{
        AcceptRule, Accepted, BaselineFile, Exclude, ExcludePattern, PeerScope, PerFile, RoleRule,
        RunSettings, Scope, Settings,
    },
};
use crate::{
    catalogue::{Catalogue, Named, closest, is_bandit_id},
    words::FailOn,
};

/// What the command line says; it wins over files.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommandLine {
    /// Replaces `select` and lifts every `ignore` of files.
    pub(crate) select: Vec<String>,
    /// Adds to `ignore`.
    pub(crate) ignore: Vec<String>,
    pub(crate) audit: bool,
    /// Whether data is followed through the program.
    pub(crate) flow: Option<bool>,
    pub(crate) severity: Option<Severity>,
    pub(crate) confidence: Option<Confidence>,
    /// Adds to `exclude`.
    pub(crate) exclude: Vec<String>,
    pub(crate) profile: Option<Profile>,
    pub(crate) fail_on: Option<FailOn>,
}

/// What names may refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'k> {
    pub(crate) catalogue: &'k Catalogue,
    /// Ids of all controls.
    pub(crate) controls: &'k [&'k str],
}

/// Merges and checks.
pub(crate) fn resolve(
    known: Known<'_>,
    loaded: &Loaded,
    line: &CommandLine,
) -> Result<Settings, ConfigError> {
    let mut passed_over = loaded.notes.clone();
    let run = run_settings(known, loaded, line, &mut passed_over)?;
    let excludes = excludes(loaded, line, &mut passed_over)?;
    let mut notes = Vec::new();
    let overrides = Overrides::new(known.catalogue, line, &mut notes)?;
    let mut scopes = Vec::new();
    for layer in &loaded.own {
        scopes.push(scope(known.catalogue, Some(layer), &overrides, line, &mut notes)?);
    }
    let covers_all =
        |scope: &Scope| scope.base == Base::Inside(String::new()) || matches!(scope.base, Base::Above(_));
    if !scopes.iter().any(covers_all) {
        scopes.push(scope(known.catalogue, None, &overrides, line, &mut notes)?);
    }
    scopes.sort_by_key(|scope| std::cmp::Reverse(scope.base.depth()));
    let peers = |peer: Peer, layers: &[Layer<PeerOptions>], notes: &mut Vec<String>| {
        let mut scopes: Vec<PeerScope> = layers
            .iter()
            .map(|layer| peer_scope(known.catalogue, peer, layer, overrides.select.is_some(), notes))
            .collect();
        scopes.sort_by_key(|scope| std::cmp::Reverse(scope.base.depth()));
        scopes
    };
    let bandit = peers(Peer::Bandit, &loaded.bandit, &mut notes);
    let ruff = peers(Peer::Ruff, &loaded.ruff, &mut notes);
    Ok(Settings {
        run,
        scopes,
        bandit,
        ruff,
        excludes,
        roles: roles(loaded)?,
        accepts: accepts(known.catalogue, loaded)?,
        public: loaded.own.iter().flat_map(|layer| layer.options.public.iter().cloned()).collect(),
        files: loaded.files.clone(),
        passed_over,
        notes,
    })
}

fn run_settings(
    known: Known<'_>,
    loaded: &Loaded,
    line: &CommandLine,
    notes: &mut Vec<String>,
) -> Result<RunSettings, ConfigError> {
    let empty = RunOptions::default();
    let top = loaded.own.iter().position(|layer| layer.base.depth() <= 1);
    for (index, layer) in loaded.own.iter().enumerate() {
        let given = layer.options.run.given();
        if Some(index) != top && !given.is_empty() {
            let keys = given.join(", ");
            notes.push(format!(
                "{}: {keys}: only the uppermost configuration may say this; passed over",
                layer.file
            ));
        }
    }
    let options = top.map_or(&empty, |index| &loaded.own[index].options.run);
    let profile = match line.profile {
        Some(profile) => Sited::option(profile, "--profile"),
        None => options.profile.clone().unwrap_or(Sited::default_value(Profile::Production)),
    };
    let fail_on = match line.fail_on {
        Some(fail_on) => Sited::option(fail_on, "--fail-on"),
        None => options.fail_on.clone().unwrap_or(Sited::default_value(FailOn::Blocked)),
    };
    let mut controls = std::collections::BTreeMap::new();
    for (control, level) in &options.controls {
        if !known.controls.contains(&control.value.as_str()) {
            let hint = match closest(&control.value, known.controls.iter().copied(), 1).first() {
                Some(&best) => Hint::DidYouMean(best.to_owned()),
                None => Hint::Because("a report lists the controls with their ids"),
            };
            return Err(ConfigError::UnknownControl {
                origin: control.origin.clone(),
                given: control.value.clone(),
                hint,
            });
        }
        let level = Sited { value: *level, origin: control.origin.clone() };
        controls.insert(control.value.clone(), level);
    }
    let policy = Policy::for_profile(profile.value);
    let blocking = options.blocking_severity.as_ref().map_or(policy.blocking, |given| given.value);
    if let Some(warning) = options.warning_severity.as_ref().filter(|given| given.value > blocking) {
        return Err(ConfigError::Thresholds {
            origin: warning.origin.clone(),
            warning: warning.value,
            blocking,
        });
    }
    let flow = match (line.flow, &options.flow) {
        (Some(flow), _) => Sited::option(flow, if flow { "--flow" } else { "--no-flow" }),
        // Who selects a flow rule by name wants it to run.
        (None, _) if line.select.iter().any(|name| clearance_checks::is_flow_rule(name)) => {
            Sited::option(true, "--select")
        }
        (None, Some(flow)) => flow.clone(),
        (None, None) => Sited::default_value(true),
    };
    Ok(RunSettings {
        profile,
        flow,
        fail_on,
        blocking_severity: options.blocking_severity.clone(),
        warning_severity: options.warning_severity.clone(),
        controls,
        max_file_size: options.max_file_size.clone(),
        models: top.map_or_else(ModelPatterns::default, |index| models(&loaded.own[index])),
        advisories: options.advisories.clone(),
        secrets: top.map_or_else(SecretsWanted::default, |index| secrets(&loaded.own[index])),
        baseline: top.and_then(|index| baseline(&loaded.own[index])),
    })
}

fn baseline(layer: &Layer<Options>) -> Option<BaselineFile> {
    let file = layer.options.run.baseline.clone()?;
    Some(BaselineFile { folder: layer.folder.clone(), file })
}

fn models(layer: &Layer<Options>) -> ModelPatterns {
    let shown = layer.file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    ModelPatterns { folder: layer.folder.clone(), shown, patterns: layer.options.run.models.clone() }
}

fn secrets(layer: &Layer<Options>) -> SecretsWanted {
    let ModelPatterns { folder, shown, .. } = models(layer);
    SecretsWanted { folder, shown, options: layer.options.run.secrets.clone() }
}

/// The parts of the command line that hold in every folder.
struct Overrides {
    select: Option<(Meant, Vec<Sited<String>>)>,
    ignore: (RuleSet, Vec<Sited<String>>),
}

impl Overrides {
    fn new(catalogue: &Catalogue, line: &CommandLine, notes: &mut Vec<String>) -> Result<Self, ConfigError> {
        let sited = |names: &[String], option| -> Vec<Sited<String>> {
            names.iter().map(|name| Sited::option(name.clone(), option)).collect()
        };
        let select = sited(&line.select, "--select");
        let ignore = sited(&line.ignore, "--ignore");
        let select = match select.is_empty() {
            true => None,
            false => Some((selection::meant_by(catalogue, &select, notes)?, select)),
        };
        let ignored = selection::meant_by(catalogue, &ignore, notes)?.rules;
        Ok(Self { select, ignore: (ignored, ignore) })
    }
}

fn scope(
    catalogue: &Catalogue,
    layer: Option<&Layer<Options>>,
    overrides: &Overrides,
    line: &CommandLine,
    notes: &mut Vec<String>,
) -> Result<Scope, ConfigError> {
    let none = Options::default();
    let options = layer.map_or(&none, |layer| &layer.options);
    let audit = match (line.audit, &options.audit) {
        (true, _) => Sited::option(true, "--audit"),
        (false, Some(audit)) => audit.clone(),
        (false, None) => Sited::default_value(false),
    };
    let own_select = match &options.select {
        Some(names) => Some((selection::meant_by(catalogue, names, notes)?, names)),
        None => None,
    };
    let own_ignored = selection::meant_by(catalogue, &options.ignore, notes)?.rules;
    let (select, mut ignored, mut ignore) = match (&overrides.select, &own_select) {
        (Some((meant, names)), _) => (Some((meant, names)), RuleSet::empty(catalogue), Vec::new()),
        (None, Some((meant, names))) => (Some((meant, *names)), own_ignored, options.ignore.clone()),
        (None, None) => (None, own_ignored, options.ignore.clone()),
    };
    ignored.add(&overrides.ignore.0.positions().collect::<Vec<_>>());
    ignore.extend(overrides.ignore.1.iter().cloned());
    let empty_place = Origin::Default;
    let select_origin =
        select.map_or(&empty_place, |(_, names)| names.first().map_or(&empty_place, |first| &first.origin));
    let states =
        selection::states(catalogue, select.map(|(meant, _)| (meant, select_origin)), &ignored, audit.value)?;
    let mut per_file_ignores = Vec::new();
    for (written, names) in &options.per_file_ignores {
        per_file_ignores.push(PerFile {
            written: written.clone(),
            pattern: pattern(written)?,
            rules: selection::meant_by(catalogue, names, notes)?.rules,
        });
    }
    // What is only worth a look is hidden, unless just that was asked for.
    let least = if audit.value || overrides.select.is_some() { Severity::Info } else { Severity::Low };
    Ok(Scope {
        base: layer.map_or(Base::Inside(String::new()), |layer| layer.base.clone()),
        file: layer.map(|layer| layer.file.clone()),
        states,
        severity: threshold(line.severity, "--severity", options.severity.as_ref(), least),
        confidence: threshold(line.confidence, "--confidence", options.confidence.as_ref(), Confidence::Low),
        audit,
        select: select.map(|(_, names)| names.clone()),
        ignore,
        per_file_ignores,
    })
}

fn threshold<T: Copy>(
    line: Option<T>,
    option: &'static str,
    file: Option<&Sited<T>>,
    default: T,
) -> Sited<T> {
    match (line, file) {
        (Some(value), _) => Sited::option(value, option),
        (None, Some(given)) => given.clone(),
        (None, None) => Sited::default_value(default),
    }
}

/// What a peer's layer means. With `--select` its lists of ignored tests do not count; what it says about single files does.
fn peer_scope(
    catalogue: &Catalogue,
    peer: Peer,
    layer: &Layer<PeerOptions>,
    lifted: bool,
    notes: &mut Vec<String>,
) -> PeerScope {
    let knows = |rule: &Rule| match peer {
        Peer::Bandit => rule.aliases().any(is_bandit_id),
        Peer::Ruff => rule.aliases().any(|alias| alias.kind == AliasKind::Ruff),
    };
    let options = &layer.options;
    let mut ignored = selection::meant_by_peer(catalogue, &options.ignore, knows, notes);
    let mut wanted = RuleSet::empty(catalogue);
    if let Some(only) = &options.only {
        wanted = selection::meant_by_peer(catalogue, only, knows, notes);
        let unwanted: Vec<usize> =
            catalogue.known_to_bandit().filter(|&position| !wanted.contains(position)).collect();
        ignored.add(&unwanted);
    }
    if lifted {
        ignored = RuleSet::empty(catalogue);
    }
    let mut per_file_ignores = Vec::new();
    for (written, names) in &options.per_file_ignores {
        match RuffPattern::new(&written.value) {
            Some(pattern) => per_file_ignores.push(PerFile {
                written: written.clone(),
                pattern,
                rules: selection::meant_by_peer(catalogue, names, knows, notes),
            }),
            None => notes.push(format!("{}: `{}` is no pattern; passed over", written.origin, written.value)),
        }
    }
    PeerScope { base: layer.base.clone(), file: layer.file.clone(), ignored, wanted, per_file_ignores }
}

fn excludes(
    loaded: &Loaded,
    line: &CommandLine,
    notes: &mut Vec<String>,
) -> Result<Vec<Exclude>, ConfigError> {
    let mut excludes = Vec::new();
    let top = Base::Inside(String::new());
    let from_line = line.exclude.iter().map(|written| (&top, Sited::option(written.clone(), "--exclude")));
    let from_files = loaded
        .own
        .iter()
        .flat_map(|layer| layer.options.exclude.iter().map(|written| (&layer.base, written.clone())));
    for (base, written) in from_line.chain(from_files) {
        excludes.push(Exclude {
            base: base.clone(),
            pattern: ExcludePattern::Own(pattern(&written)?),
            written,
        });
    }
    for layer in &loaded.bandit {
        for written in &layer.options.exclude {
            match BanditPattern::new(&written.value) {
                Some(pattern) => excludes.push(Exclude {
                    base: layer.base.clone(),
                    written: written.clone(),
                    pattern: ExcludePattern::Bandit(pattern),
                }),
                None => {
                    notes.push(format!("{}: `{}` is no pattern; passed over", written.origin, written.value))
                }
            }
        }
    }
    Ok(excludes)
}

fn roles(loaded: &Loaded) -> Result<Vec<RoleRule>, ConfigError> {
    let mut roles = Vec::new();
    for layer in &loaded.own {
        for (written, role) in &layer.options.roles {
            roles.push(RoleRule {
                base: layer.base.clone(),
                written: written.clone(),
                pattern: pattern(written)?,
                role: *role,
            });
        }
    }
    roles.sort_by_key(|rule| std::cmp::Reverse(rule.base.depth()));
    Ok(roles)
}

fn accepts(catalogue: &Catalogue, loaded: &Loaded) -> Result<Vec<AcceptRule>, ConfigError> {
    let mut accepts = Vec::new();
    for layer in &loaded.own {
        for accept in &layer.options.accept {
            accepts.push(accept_rule(catalogue, &layer.base, accept)?);
        }
    }
    for layer in &loaded.ignores {
        // What holds for its own folder only does not hold for a target below it.
        let holds = |entry: &&Ignored| !(entry.flat && matches!(layer.base, Base::Above(_)));
        accepts.extend(layer.options.iter().filter(holds).map(|entry| imported(&layer.base, entry)));
    }
    Ok(accepts)
}

/// An entry of another tool's file.
fn imported(base: &Base, entry: &Ignored) -> AcceptRule {
    AcceptRule {
        place: entry.place.clone(),
        target: Accepted::Vulnerability(Vulnerability {
            advisory: entry.advisory.clone(),
            package: entry.package.clone(),
            ecosystem: entry.ecosystem.clone(),
            version: entry.version.clone(),
        }),
        path: base.glob_from_target(entry.flat.then_some("*")),
        reason: entry.reason.clone(),
        until: entry.until,
        by: Some(entry.by.clone()),
        elsewhere: entry.elsewhere,
    }
}

fn accept_rule(catalogue: &Catalogue, base: &Base, accept: &Accept) -> Result<AcceptRule, ConfigError> {
    let target = match &accept.target {
        AcceptTarget::Fingerprint(fingerprint) => Accepted::Finding(*fingerprint),
        AcceptTarget::Vulnerability(vulnerability) => Accepted::Vulnerability(vulnerability.clone()),
        AcceptTarget::Rule(name) => {
            let found = catalogue
                .find(&name.value)
                .map_err(|unknown| ConfigError::UnknownRule { origin: name.origin.clone(), name: unknown })?;
            match found {
                Named::Rules { exact: true, .. } => Accepted::Rule(name.value.trim().to_owned()),
                Named::Rules { exact: false, .. } | Named::RetiredInBandit | Named::Foreign => {
                    return Err(ConfigError::NotOneRule {
                        origin: name.origin.clone(),
                        given: name.value.clone(),
                    });
                }
            }
        }
    };
    if let Some(written) = &accept.path {
        pattern(written)?;
    }
    Ok(AcceptRule {
        place: accept.place.clone(),
        target,
        path: base.glob_from_target(accept.path.as_ref().map(|path| path.value.as_str())),
        reason: accept.reason.clone(),
        until: accept.until,
        by: None,
        elsewhere: false,
    })
}

fn pattern(written: &Sited<String>) -> Result<Pattern, ConfigError> {
    Pattern::new(&written.value).map_err(|problem| ConfigError::BadPattern {
        origin: written.origin.clone(),
        pattern: written.value.clone(),
        problem,
    })
}
