//! The settings in force, as text: each with where it comes from.

use std::fmt::Write;

use clearance_finding::Severity;
use clearance_verdict::Policy;

use super::{
    origin::{Origin, Sited},
    patterns::Base,
    selection::{RuleSet, State},
    settings::{Accepted, FileSettings, PeerScope, Scope, Settings},
};
use crate::catalogue::Catalogue;

/// What holds for `path`, relative to the target (`""` is the target itself).
pub(crate) fn describe(settings: &Settings, catalogue: &Catalogue, path: &str) -> String {
    let here = settings.for_file(path);
    let mut out = String::new();
    run(&mut out, settings);
    section(&mut out, "rules");
    scope(&mut out, here.scope);
    rule_counts(&mut out, catalogue, &here);
    for (peer, layer) in [("Bandit", here.bandit), ("Ruff", here.ruff)] {
        if let Some(layer) = layer {
            section(&mut out, &format!("from {peer}'s configuration ({})", layer.file));
            self::peer(&mut out, catalogue, layer);
        }
    }
    files(&mut out, settings, path);
    section(&mut out, "configuration files");
    if settings.files.is_empty() {
        let _ = writeln!(out, "  none");
    }
    for file in &settings.files {
        let _ = writeln!(out, "  {} {}", file.file, file.part);
    }
    if !settings.passed_over.is_empty() || !settings.notes.is_empty() {
        section(&mut out, "notes");
        for note in settings.passed_over.iter().chain(&settings.notes) {
            let _ = writeln!(out, "  {note}");
        }
    }
    out
}

/// What the configurations of peers change, each in one line, for a report's reader.
pub(crate) fn peer_lines(settings: &Settings, catalogue: &Catalogue) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, layers) in [("Bandit", &settings.bandit), ("Ruff", &settings.ruff)] {
        for layer in layers {
            let excludes = settings
                .excludes
                .iter()
                .filter(|exclude| name == "Bandit" && file_of(&exclude.written.origin) == Some(&*layer.file))
                .count();
            let ignored = layer.ignored.len();
            let per_file = layer.per_file_ignores.len();
            if ignored + per_file + excludes == 0 {
                continue;
            }
            let mut parts = Vec::new();
            if ignored > 0 {
                parts.push(format!("ignores {}", ids(catalogue, &layer.ignored)));
            }
            if per_file > 0 {
                parts.push(format!("ignores rules in files of {per_file} patterns"));
            }
            if excludes > 0 {
                parts.push(format!("excludes {excludes} paths"));
            }
            lines.push(format!("{name} ({}) {}", layer.file, parts.join(", ")));
        }
    }
    lines
}

fn file_of(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::File(place) => Some(&place.file),
        Origin::Default | Origin::CommandLine(_) => None,
    }
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

fn row(out: &mut String, key: &str, value: &str, origin: &dyn std::fmt::Display) {
    let line = format!("  {key:18} {value:22} {origin}");
    let _ = writeln!(out, "{}", line.trim_end());
}

fn run(out: &mut String, settings: &Settings) {
    let run = &settings.run;
    let policy = Policy::for_profile(run.profile.value);
    let _ = writeln!(out, "run");
    row(out, "profile", run.profile.value.as_str(), &run.profile.origin);
    row(out, "fail-on", run.fail_on.value.as_str(), &run.fail_on.origin);
    row(out, "flow", if run.flow.value { "true" } else { "false" }, &run.flow.origin);
    let severity = |given: &Option<Sited<Severity>>, default: Severity| match given {
        Some(given) => (given.value, given.origin.to_string()),
        None => (default, format!("default of profile {}", run.profile.value)),
    };
    let (blocking, origin) = severity(&run.blocking_severity, policy.blocking);
    row(out, "blocking-severity", blocking.as_str(), &origin);
    let (warning, origin) = severity(&run.warning_severity, policy.warning.min(blocking));
    row(out, "warning-severity", warning.as_str(), &origin);
    match &run.max_file_size {
        Some(size) => row(out, "max-file-size", &format!("{} bytes", size.value), &size.origin),
        None => {
            let bytes = clearance_source::Options::default().max_file_bytes;
            row(out, "max-file-size", &format!("{bytes} bytes"), &Origin::Default);
        }
    }
    for pattern in &run.models.patterns {
        row(out, "models", &pattern.value, &pattern.origin);
    }
    if let Some(baseline) = &run.baseline {
        row(out, "baseline", &baseline.file.value, &baseline.file.origin);
    }
    if let Some(mirror) = &run.advisories.mirror {
        row(out, "advisories.mirror", &mirror.value, &mirror.origin);
    }
    let secrets = &run.secrets.options;
    for (key, values) in [("secrets.detectors", &secrets.detectors), ("secrets.disable", &secrets.disable)] {
        for value in values {
            row(out, key, &value.value, &value.origin);
        }
    }
    if let Some(gitleaks) = &secrets.gitleaks {
        row(out, "secrets.gitleaks", &gitleaks.value, &gitleaks.origin);
    }
    for ecosystem in &run.advisories.ecosystems {
        row(out, "advisories", ecosystem.purl(), &"");
    }
    for (control, level) in &run.controls {
        row(out, "controls", &format!("{control} = {}", level.value), &level.origin);
    }
}

fn scope(out: &mut String, scope: &Scope) {
    if let Some(file) = &scope.file {
        row(out, "decided by", file, &base_text(&scope.base));
    }
    match &scope.select {
        Some(names) => names.iter().for_each(|name| row(out, "select", &name.value, &name.origin)),
        None => row(out, "select", "all", &Origin::Default),
    }
    for name in &scope.ignore {
        row(out, "ignore", &name.value, &name.origin);
    }
    row(out, "audit", if scope.audit.value { "true" } else { "false" }, &scope.audit.origin);
    row(out, "severity", scope.severity.value.as_str(), &scope.severity.origin);
    row(out, "confidence", scope.confidence.value.as_str(), &scope.confidence.origin);
    for entry in &scope.per_file_ignores {
        let value = format!("{} ({} rules)", entry.written.value, entry.rules.len());
        row(out, "per-file-ignores", &value, &entry.written.origin);
    }
}

fn base_text(base: &Base) -> String {
    match base {
        Base::Inside(folder) if folder.is_empty() => "for the whole target".to_owned(),
        Base::Inside(folder) => format!("for {folder}/"),
        Base::Above(_) => "for the whole target, from above it".to_owned(),
    }
}

fn rule_counts(out: &mut String, catalogue: &Catalogue, here: &FileSettings<'_>) {
    let mut on = 0;
    let mut audit = 0;
    let mut off = Vec::new();
    for (position, rule) in catalogue.rules().iter().enumerate() {
        match (here.rule_hidden(position), here.scope.states[position]) {
            (None, _) => on += 1,
            (Some(_), State::OffAudit) => audit += 1,
            (Some(_), State::OffNotSelected) => {}
            (Some(_), State::On | State::OffIgnored) => off.push(rule.id),
        }
    }
    let not_selected = here.scope.states.iter().filter(|state| **state == State::OffNotSelected).count();
    let _ = writeln!(
        out,
        "  {on} of {} rules are on; off are {audit} audit rules, {not_selected} that are not selected, {} ignored{}{}",
        catalogue.rules().len(),
        off.len(),
        if off.is_empty() { "" } else { ": " },
        off.join(", "),
    );
}

fn ids(catalogue: &Catalogue, rules: &RuleSet) -> String {
    let ids: Vec<&str> = rules.positions().map(|position| catalogue.rules()[position].id).collect();
    ids.join(", ")
}

fn peer(out: &mut String, catalogue: &Catalogue, layer: &PeerScope) {
    if !layer.ignored.is_empty() {
        row(out, "ignored", &ids(catalogue, &layer.ignored), &"");
    }
    if !layer.wanted.is_empty() {
        row(out, "asked for", &ids(catalogue, &layer.wanted), &"");
    }
    for entry in &layer.per_file_ignores {
        let value = format!("{}: {}", entry.written.value, ids(catalogue, &entry.rules));
        row(out, "per-file-ignores", &value, &entry.written.origin);
    }
}

fn files(out: &mut String, settings: &Settings, path: &str) {
    section(out, "files");
    for exclude in &settings.excludes {
        row(out, "exclude", &exclude.written.value, &exclude.written.origin);
    }
    for role in &settings.roles {
        row(out, "roles", &format!("{} = {}", role.written.value, role.role), &role.written.origin);
    }
    for accept in &settings.accepts {
        let target = match &accept.target {
            Accepted::Rule(name) => name.clone(),
            Accepted::Finding(fingerprint) => fingerprint.to_string(),
            Accepted::Vulnerability(bound) => {
                let parts = [&bound.advisory, &bound.package, &bound.version];
                parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
            }
        };
        let path = accept.path.as_deref().unwrap_or("everywhere");
        row(out, "accept", &format!("{target} in {path}"), &accept.place);
    }
    for public in &settings.public {
        row(out, "public", &format!("{} ({})", public.path, public.reason), &public.place);
    }
    if path.is_empty() {
        return;
    }
    if let Some(exclude) = settings.excluded(path) {
        row(out, "this file", &format!("left out by `{}`", exclude.written.value), &exclude.written.origin);
    }
    if let Some(role) = settings.role(path) {
        row(out, "this file", &format!("has the role {}", role.role), &role.written.origin);
    }
}
