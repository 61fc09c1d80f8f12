//! Settings that cannot be invalid: what the run as a whole and each file are judged by.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use clearance_finding::{Confidence, Fingerprint, Severity};
use clearance_source::Role;
use clearance_verdict::{Level, Profile};

use super::error::ConfigError;
use super::ignores::End;
use super::options::{Advisories, Public, Vulnerability};
use super::{
    load::FileRead,
    models::ModelPatterns,
    origin::{Place, Sited},
    patterns::{BanditPattern, Base, Pattern, RuffPattern},
    secrets::SecretsWanted,
    selection::{RuleSet, State},
};
use crate::words::FailOn;

/// The configuration of a run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) run: RunSettings,
    /// Innermost first; the last one holds for every file.
    pub(crate) scopes: Vec<Scope>,
    /// Bandit's, innermost first.
    pub(crate) bandit: Vec<PeerScope>,
    /// Ruff's, innermost first.
    pub(crate) ruff: Vec<PeerScope>,
    pub(crate) excludes: Vec<Exclude>,
    /// Innermost first; the first that matches counts.
    pub(crate) roles: Vec<RoleRule>,
    pub(crate) accepts: Vec<AcceptRule>,
    /// Addresses that everybody may call.
    pub(crate) public: Vec<Public>,
    pub(crate) files: Vec<FileRead>,
    /// What configuration was passed over and why: somebody may believe it in force.
    pub(crate) passed_over: Vec<String>,
    /// Names in the configuration that change nothing here.
    pub(crate) notes: Vec<String>,
}

/// What holds for the run as a whole.
#[derive(Debug, Clone)]
pub(crate) struct RunSettings {
    pub(crate) profile: Sited<Profile>,
    pub(crate) fail_on: Sited<FailOn>,
    /// Data is followed through the whole program.
    pub(crate) flow: Sited<bool>,
    /// `None`: what the profile says.
    pub(crate) blocking_severity: Option<Sited<Severity>>,
    /// `None`: what the profile says.
    pub(crate) warning_severity: Option<Sited<Severity>>,
    pub(crate) controls: BTreeMap<String, Sited<Level>>,
    /// In bytes. `None`: the reader's own limit.
    pub(crate) max_file_size: Option<Sited<u64>>,
    pub(crate) models: ModelPatterns,
    pub(crate) advisories: Advisories,
    pub(crate) secrets: SecretsWanted,
    pub(crate) baseline: Option<BaselineFile>,
}

/// The baseline that a configuration names.
#[derive(Debug, Clone)]
pub(crate) struct BaselineFile {
    /// The folder of the configuration.
    pub(crate) folder: PathBuf,
    /// Relative to it.
    pub(crate) file: Sited<String>,
}

impl BaselineFile {
    /// The file. Errors: a link leads it out of the folder of the configuration.
    pub(crate) fn inside(&self) -> Result<PathBuf, ConfigError> {
        let path = self.folder.join(&self.file.value);
        let folder = self.folder.canonicalize();
        // What is not there is told by whoever reads it.
        match (path.canonicalize(), folder) {
            (Ok(real), Ok(folder)) if !real.starts_with(&folder) => Err(ConfigError::BadPattern {
                origin: self.file.origin.clone(),
                pattern: self.file.value.clone(),
                problem: "it leads out of the folder of the configuration".to_owned(),
            }),
            _ => Ok(path),
        }
    }
}

/// Rules and thresholds below a folder.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) base: Base,
    /// The file, if one says so.
    pub(crate) file: Option<Arc<str>>,
    /// By position in the catalogue.
    pub(crate) states: Vec<State>,
    pub(crate) severity: Sited<Severity>,
    pub(crate) confidence: Sited<Confidence>,
    pub(crate) audit: Sited<bool>,
    /// As written, for display.
    pub(crate) select: Option<Vec<Sited<String>>>,
    pub(crate) ignore: Vec<Sited<String>>,
    pub(crate) per_file_ignores: Vec<PerFile<Pattern>>,
}

/// What a peer's configuration adds below a folder.
#[derive(Debug, Clone)]
pub(crate) struct PeerScope {
    pub(crate) base: Base,
    pub(crate) file: Arc<str>,
    pub(crate) ignored: RuleSet,
    /// Audit rules that it asks for by name.
    pub(crate) wanted: RuleSet,
    pub(crate) per_file_ignores: Vec<PerFile<RuffPattern>>,
}

/// Rules that are off in some files.
#[derive(Debug, Clone)]
pub(crate) struct PerFile<P> {
    pub(crate) written: Sited<String>,
    pub(crate) pattern: P,
    pub(crate) rules: RuleSet,
}

/// Files that are left out.
#[derive(Debug, Clone)]
pub(crate) struct Exclude {
    pub(crate) base: Base,
    pub(crate) written: Sited<String>,
    pub(crate) pattern: ExcludePattern,
}

/// A pattern of this program or of Bandit.
#[derive(Debug, Clone)]
pub(crate) enum ExcludePattern {
    Own(Pattern),
    Bandit(BanditPattern),
}

/// The role of some files.
#[derive(Debug, Clone)]
pub(crate) struct RoleRule {
    pub(crate) base: Base,
    pub(crate) written: Sited<String>,
    pub(crate) pattern: Pattern,
    pub(crate) role: Role,
}

/// A configured acceptance.
#[derive(Debug, Clone)]
pub(crate) struct AcceptRule {
    pub(crate) place: Place,
    pub(crate) target: Accepted,
    /// A glob relative to the target; `None`: everywhere.
    pub(crate) path: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) until: Option<End>,
    /// What another tool's file says, as the report calls it; `None` for a table of our own.
    pub(crate) by: Option<String>,
    /// It may be meant for what only that tool looks at.
    pub(crate) elsewhere: bool,
}

/// What an acceptance is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// The findings of a rule, by the name that was used.
    Rule(String),
    /// One finding.
    Finding(Fingerprint),
    /// Known vulnerabilities of dependencies.
    Vulnerability(Vulnerability),
}

/// Why a finding is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HiddenBecause {
    /// Its rule is for auditors.
    Audit,
    /// `select` does not name its rule.
    NotSelected,
    /// `ignore` or `per-file-ignores` names its rule.
    Ignored,
    /// The configuration of Bandit or Ruff ignores its rule.
    IgnoredByPeer,
    /// Below the severity asked for.
    Severity,
    /// Below the confidence asked for.
    Confidence,
}

/// What one file is judged by.
#[derive(Debug)]
pub(crate) struct FileSettings<'s> {
    pub(crate) scope: &'s Scope,
    pub(crate) bandit: Option<&'s PeerScope>,
    pub(crate) ruff: Option<&'s PeerScope>,
    ignored: Vec<&'s RuleSet>,
    ignored_by_peer: Vec<&'s RuleSet>,
}

impl Settings {
    /// Why `path`, relative to the target, is left out, if it is.
    pub(crate) fn excluded(&self, path: &str) -> Option<&Exclude> {
        self.excludes.iter().find(|exclude| {
            exclude.base.relative(path).is_some_and(|path| match &exclude.pattern {
                ExcludePattern::Own(pattern) => pattern.covers(&path),
                ExcludePattern::Bandit(pattern) => pattern.covers(&path),
            })
        })
    }

    /// The patterns that the walk through the target may apply itself, as written: this program's, from the target's own folder.
    pub(crate) fn walk_excludes(&self) -> Vec<String> {
        self.excludes
            .iter()
            .filter(|exclude| {
                matches!(exclude.pattern, ExcludePattern::Own(_))
                    && exclude.base == Base::Inside(String::new())
            })
            .map(|exclude| exclude.written.value.clone())
            .collect()
    }

    /// The role that the configuration gives to `path`.
    pub(crate) fn role(&self, path: &str) -> Option<&RoleRule> {
        self.roles.iter().find(|rule| rule.base.relative(path).is_some_and(|path| rule.pattern.covers(&path)))
    }

    /// What `path` is judged by.
    pub(crate) fn for_file(&self, path: &str) -> FileSettings<'_> {
        let fallback = &self.scopes[self.scopes.len() - 1];
        let scope = self.scopes.iter().find(|scope| scope.base.relative(path).is_some()).unwrap_or(fallback);
        let nearest =
            |scopes: &'_ [PeerScope]| scopes.iter().position(|scope| scope.base.relative(path).is_some());
        let bandit = nearest(&self.bandit).map(|at| &self.bandit[at]);
        let ruff = nearest(&self.ruff).map(|at| &self.ruff[at]);
        let inside = scope.base.relative(path).unwrap_or_default();
        let ignored = scope
            .per_file_ignores
            .iter()
            .filter(|entry| entry.pattern.covers(&inside))
            .map(|entry| &entry.rules)
            .collect();
        let mut ignored_by_peer = Vec::new();
        for peer in [bandit, ruff].into_iter().flatten() {
            ignored_by_peer.push(&peer.ignored);
            let inside = peer.base.relative(path).unwrap_or_default();
            let matching = peer.per_file_ignores.iter().filter(|entry| entry.pattern.covers(&inside));
            ignored_by_peer.extend(matching.map(|entry| &entry.rules));
        }
        FileSettings { scope, bandit, ruff, ignored, ignored_by_peer }
    }
}

impl FileSettings<'_> {
    /// Why findings of the rule at `position` are hidden here, whatever their severity.
    pub(crate) fn rule_hidden(&self, position: usize) -> Option<HiddenBecause> {
        if self.ignored.iter().any(|set| set.contains(position)) {
            return Some(HiddenBecause::Ignored);
        }
        let wanted =
            [self.bandit, self.ruff].into_iter().flatten().any(|peer| peer.wanted.contains(position));
        match self.scope.states[position] {
            State::OffNotSelected => return Some(HiddenBecause::NotSelected),
            State::OffIgnored => return Some(HiddenBecause::Ignored),
            State::OffAudit if !wanted => return Some(HiddenBecause::Audit),
            State::OffAudit | State::On => {}
        }
        self.ignored_by_peer.iter().any(|set| set.contains(position)).then_some(HiddenBecause::IgnoredByPeer)
    }

    /// Why a finding of the rule at `position` is hidden here.
    pub(crate) fn hidden(
        &self,
        position: usize,
        severity: Severity,
        confidence: Confidence,
    ) -> Option<HiddenBecause> {
        self.rule_hidden(position).or_else(|| {
            if severity < self.scope.severity.value {
                Some(HiddenBecause::Severity)
            } else if confidence < self.scope.confidence.value {
                Some(HiddenBecause::Confidence)
            } else {
                None
            }
        })
    }
}
